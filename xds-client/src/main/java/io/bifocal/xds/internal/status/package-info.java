/**
 * The client status discovery service (CSDS): what a client holds, asked for over gRPC by whoever
 * operates it.
 */
@NullMarked
package io.bifocal.xds.internal.status;

import org.jspecify.annotations.NullMarked;
