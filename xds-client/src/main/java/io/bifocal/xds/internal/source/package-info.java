/**
 * Where resources come from: the stream that all types share, a stream of their own, a server that
 * is polled, or a file. {@link io.bifocal.xds.internal.source.Sources} finds the right one for each
 * subscription.
 */
@NullMarked
package io.bifocal.xds.internal.source;

import org.jspecify.annotations.NullMarked;
