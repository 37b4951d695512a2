package io.bifocal.dataplane.runtime;

import io.envoyproxy.envoy.type.v3.FractionalPercent;

/**
 * A share of all there is.
 *
 * @param denominator positive; a numerator beyond it means all
 */
public record Fraction(long numerator, long denominator) {
  public static Fraction of(FractionalPercent config) {
    return new Fraction(Integer.toUnsignedLong(config.getNumerator()), of(config.getDenominator()));
  }

  static long of(FractionalPercent.DenominatorType type) {
    return switch (type) {
      case TEN_THOUSAND -> 10_000;
      case MILLION -> 1_000_000;
      default -> 100;
    };
  }

  /**
   * Whether the one that {@code random} stands for belongs to the share.
   *
   * @param random not negative
   */
  public boolean includes(long random) {
    return random % denominator < numerator;
  }
}
