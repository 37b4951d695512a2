/**
 * The demonstration: a real control plane, a data plane, a silent address, and the race drawn from
 * its events. {@code scripts/demo} runs {@code Demo}.
 */
@NullMarked
package io.bifocal.conformance.demo;

import org.jspecify.annotations.NullMarked;
