/**
 * The composition root, and the door for embedders: {@link io.bifocal.dataplane.Proxy#start} takes
 * an Envoy bootstrap and runs a data plane by it. Only this package knows all the others.
 */
@NullMarked
package io.bifocal.dataplane;

import org.jspecify.annotations.NullMarked;
