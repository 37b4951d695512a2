package io.bifocal.dataplane.balance;

/** How the load of a priority is spread over localities. Source: {@code LocalityLbConfig}. */
public sealed interface LocalitySpread {
  /** By the weights that the assignment gives them. */
  record Weighted() implements LocalitySpread {}

  /**
   * To this proxy's own zone as far as that is fair to the others, where it is known which proxies
   * there are; else evenly.
   *
   * @param enabledPercent of the requests for which it is tried
   * @param minClusterSize healthy hosts, below which it is not worth it
   * @param failOnPanic whether nobody serves when there is panic
   * @param forceDirect whether all goes to the own zone while it has a healthy host
   */
  record ZoneAware(
      int enabledPercent, long minClusterSize, boolean failOnPanic, boolean forceDirect)
      implements LocalitySpread {
    public static final ZoneAware DEFAULT = new ZoneAware(100, 6, false, false);
  }
}
