package io.bifocal.dataplane.http.route;

import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.type.v3.FractionalPercent;

/** A share of all requests; the runtime key is not looked up, its default counts. */
record RuntimeFraction(long numerator, long denominator) {
  static RuntimeFraction of(RuntimeFractionalPercent config) {
    FractionalPercent share = config.getDefaultValue();
    long denominator =
        switch (share.getDenominator()) {
          case TEN_THOUSAND -> 10_000;
          case MILLION -> 1_000_000;
          default -> 100;
        };
    return new RuntimeFraction(Integer.toUnsignedLong(share.getNumerator()), denominator);
  }

  boolean includes(long random) {
    return random % denominator < numerator;
  }
}
