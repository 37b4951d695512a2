/**
 * Bifocal beside the real Envoy: one scripted control plane drives both, and what they say on the
 * wire and in their statistics is compared, step by step.
 */
@NullMarked
package io.bifocal.conformance.envoy;

import org.jspecify.annotations.NullMarked;
