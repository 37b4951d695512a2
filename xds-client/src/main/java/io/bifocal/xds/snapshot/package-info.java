/**
 * Resolved trees: a listener or a cluster with all that it names, immutable and of one piece. A
 * tree is published when each of its parts is there or known to be missing; a part that is missing
 * says why. Until a changed tree is whole, the one before it stays.
 */
@NullMarked
package io.bifocal.xds.snapshot;

import org.jspecify.annotations.NullMarked;
