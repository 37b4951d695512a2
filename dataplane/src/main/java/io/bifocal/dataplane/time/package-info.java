/** Netty's event loops behind the seam of {@link io.bifocal.xds.time.Loop}. */
@NullMarked
package io.bifocal.dataplane.time;

import org.jspecify.annotations.NullMarked;
