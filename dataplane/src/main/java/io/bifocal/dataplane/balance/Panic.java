package io.bifocal.dataplane.balance;

/**
 * When health is ignored, because too few hosts have it.
 *
 * @param threshold fewer usable hosts of a priority, in percent, are too few; 0 for never
 * @param onChoice runs for every choice made so ({@code lb_healthy_panic})
 */
public record Panic(int threshold, Runnable onChoice) {
  /** Envoy's default, {@code healthy_panic_threshold} 50; told to nobody. */
  public static final Panic DEFAULT = new Panic(50, () -> {});
}
