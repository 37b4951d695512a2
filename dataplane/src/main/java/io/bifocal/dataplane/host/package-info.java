/**
 * The host model: an endpoint of a cluster with its primary address, the ordered list of all its
 * addresses, its place (locality, priority) and its health. Hosts are immutable; what lives longer
 * than one update (identity, health flags, counters) is in {@link
 * io.bifocal.dataplane.host.HostState}, which successive versions of a host share.
 */
@NullMarked
package io.bifocal.dataplane.host;

import org.jspecify.annotations.NullMarked;
