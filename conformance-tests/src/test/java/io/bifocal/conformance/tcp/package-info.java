/**
 * Connections below HTTP, beside the real Envoy: listeners, their filters and chains, TCP proxy.
 */
@NullMarked
package io.bifocal.conformance.tcp;

import org.jspecify.annotations.NullMarked;
