/**
 * Two ledgers per type: who is interested, and what the server thinks we hold. {@link
 * io.bifocal.xds.internal.state.TypeState} keeps both and turns responses into verdicts and
 * verdicts into requests; everything here belongs to the client's loop.
 */
@NullMarked
package io.bifocal.xds.internal.state;

import org.jspecify.annotations.NullMarked;
