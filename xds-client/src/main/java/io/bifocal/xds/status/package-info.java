/**
 * The client status discovery service (CSDS): what a client holds, asked for over gRPC by whoever
 * operates it.
 */
@NullMarked
package io.bifocal.xds.status;

import org.jspecify.annotations.NullMarked;
