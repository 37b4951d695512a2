/**
 * HTTP/3 with clients that are not ours, beside Envoy: what they get, what upstreams see, what is
 * logged and counted.
 */
@NullMarked
package io.bifocal.conformance.http3;

import org.jspecify.annotations.NullMarked;
