/**
 * The life of one stream to a control plane: opened, broken, opened again after a jittered delay;
 * its rate limit and its flow control; and the two dialects spoken on it. {@link
 * io.bifocal.xds.internal.stream.Transport} is the seam to gRPC.
 */
@NullMarked
package io.bifocal.xds.internal.stream;

import org.jspecify.annotations.NullMarked;
