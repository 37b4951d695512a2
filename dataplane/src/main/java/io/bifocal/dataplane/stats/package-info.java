/**
 * Counters, gauges, histograms and text readouts under Envoy's names. Whoever owns a shard (a
 * worker, or the control loop) bumps its own cell without a lock or an atomic; whoever reads adds
 * the cells up.
 */
@NullMarked
package io.bifocal.dataplane.stats;

import org.jspecify.annotations.NullMarked;
