/** HTTP/2 towards upstreams, beside the real Envoy: one corpus, one upstream, both proxies. */
@NullMarked
package io.bifocal.conformance.http2;

import org.jspecify.annotations.NullMarked;
