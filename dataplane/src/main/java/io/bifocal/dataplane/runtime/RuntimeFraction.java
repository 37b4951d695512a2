package io.bifocal.dataplane.runtime;

import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;

/**
 * A share of all requests that the runtime may change while they come.
 *
 * @param key empty for one that is fixed
 */
public record RuntimeFraction(String key, Fraction otherwise, RuntimeReader runtime) {
  public static RuntimeFraction of(RuntimeFractionalPercent config, RuntimeReader runtime) {
    return new RuntimeFraction(
        config.getRuntimeKey(), Fraction.of(config.getDefaultValue()), runtime);
  }

  /**
   * Whether the request that {@code random} stands for belongs to the share of now.
   *
   * @param random not negative
   */
  public boolean includes(long random) {
    Fraction share = key.isEmpty() ? otherwise : runtime.snapshot().fraction(key, otherwise);
    return share.includes(random);
  }
}
