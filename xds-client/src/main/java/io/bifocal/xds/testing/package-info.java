/**
 * Fakes for tests of what is built on the client: a control plane that says what a script says, in
 * this thread and without a wire.
 */
@NullMarked
package io.bifocal.xds.testing;

import org.jspecify.annotations.NullMarked;
