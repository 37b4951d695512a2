package io.bifocal.dataplane.balance;

import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a balancer needs beside its policy.
 *
 * @param panic when health is ignored
 * @param localities whether and how localities are told apart
 * @param local where this proxy is among others; null when that is not known
 * @param chance 64 random bits at every call
 * @param nanoTime the worker's clock
 * @param stats what is counted
 * @param onTable hears of every table of hashes that is made
 */
public record Surroundings(
    Panic panic,
    LocalitySpread localities,
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
        null,
        chance,
        () -> 0,
        LbStats.NONE,
        shape -> {});
  }

  public Surroundings with(Panic other) {
    return new Surroundings(other, localities, local, chance, nanoTime, stats, onTable);
  }
}
