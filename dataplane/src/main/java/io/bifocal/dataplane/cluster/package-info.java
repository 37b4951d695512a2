/**
 * The cluster manager: clusters from the bootstrap and from CDS, warmed and then swapped in; their
 * hosts from the configuration, from EDS or from a resolver. A worker sees them as an immutable
 * map, and keeps what is its own (pools, balancer cursors) beside it.
 */
@NullMarked
package io.bifocal.dataplane.cluster;

import org.jspecify.annotations.NullMarked;
