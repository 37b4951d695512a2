/**
 * The way to a control plane that is polled over HTTP. {@link io.bifocal.xds.rest.RestTransport} is
 * the seam: a data plane sends over its own clusters, an embedder over the JDK's client.
 */
@NullMarked
package io.bifocal.xds.rest;

import org.jspecify.annotations.NullMarked;
