package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.runtime.Fraction;
import io.bifocal.dataplane.runtime.RuntimeReader;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a balancer needs beside its policy.
 *
 * @param panic when health is ignored
 * @param localities whether and how localities are told apart
 * @param runtime where some of both may be changed
 * @param local where this proxy is among others; null when that is not known
 * @param chance 64 random bits at every call
 * @param nanoTime the worker's clock
 * @param stats what is counted
 * @param onTable hears of every table of hashes that is made
 */
public record Surroundings(
    Panic panic,
    LocalitySpread localities,
    RuntimeReader runtime,
    @Nullable LocalZone local,
    LongSupplier chance,
    LongSupplier nanoTime,
    LbStats stats,
    Consumer<TableShape> onTable) {
  /** Envoy's defaults, and a clock that stands still. */
  public static Surroundings of(LongSupplier chance) {
    return new Surroundings(
        Panic.DEFAULT,
        LocalitySpread.ZoneAware.DEFAULT,
        RuntimeReader.NONE,
        null,
        chance,
        () -> 0,
        LbStats.NONE,
        shape -> {});
  }

  public Surroundings with(Panic other) {
    return new Surroundings(other, localities, runtime, local, chance, nanoTime, stats, onTable);
  }

  /** Fewer usable hosts of a priority, in percent, are too few now; 0 for never. */
  int panicThreshold() {
    return (int)
        Math.min(
            100, runtime.snapshot().number("upstream.healthy_panic_threshold", panic.threshold()));
  }

  /** Healthy hosts, below which it is not worth it now to tell zones apart. */
  long minClusterSize(LocalitySpread.ZoneAware how) {
    return runtime
        .snapshot()
        .number("upstream.zone_routing.min_cluster_size", how.minClusterSize());
  }

  /** The share of the requests for which the own zone is tried now. */
  Fraction zoneShare(Fraction otherwise) {
    return runtime.snapshot().fraction("upstream.zone_routing.enabled", otherwise);
  }
}
