/** HTTP from end to end, beside the real Envoy: one configuration, the same bytes, both proxies. */
@NullMarked
package io.bifocal.conformance.http;

import org.jspecify.annotations.NullMarked;
