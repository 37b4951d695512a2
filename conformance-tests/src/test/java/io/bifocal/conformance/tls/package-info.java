/** TLS towards upstreams, beside the real Envoy: what is taken, what is refused, and how. */
@NullMarked
package io.bifocal.conformance.tls;

import org.jspecify.annotations.NullMarked;
