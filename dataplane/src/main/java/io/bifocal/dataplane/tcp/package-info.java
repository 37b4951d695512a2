/**
 * The TCP proxy: a connection that was accepted is joined to one of a cluster's, both ways, with
 * back-pressure and half-close.
 */
@NullMarked
package io.bifocal.dataplane.tcp;

import org.jspecify.annotations.NullMarked;
