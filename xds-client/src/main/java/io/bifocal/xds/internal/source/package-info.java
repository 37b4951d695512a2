/** Where resources come from: today, one aggregated gRPC stream for all types. */
@NullMarked
package io.bifocal.xds.internal.source;

import org.jspecify.annotations.NullMarked;
