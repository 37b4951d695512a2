package io.bifocal.dataplane.http.filter.fault;

import io.bifocal.dataplane.runtime.Fraction;
import io.bifocal.dataplane.runtime.RuntimeSnapshot;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * How many requests a fault is for.
 *
 * @param key in the runtime
 * @param header by which a client may ask for less; null when it has no say
 */
record Share(String key, Fraction configured, @Nullable AsciiString header) {
  static Share of(
      String key, String otherwise, FractionalPercent percentage, @Nullable AsciiString header) {
    return new Share(key.isEmpty() ? otherwise : key, Fraction.of(percentage), header);
  }

  /**
   * Whether one request is among them.
   *
   * @param ofCluster the key for requests from its cluster; empty when that is not known
   */
  boolean includesOne(RuntimeSnapshot runtime, String ofCluster, HttpHeaders headers) {
    Fraction share = runtime.fraction(ofCluster.isEmpty() ? key : ofCluster, asAsked(headers));
    return share.includes(ThreadLocalRandom.current().nextLong() >>> 1);
  }

  private Fraction asAsked(HttpHeaders headers) {
    long asked = header == null ? -1 : Numbers.unsigned(headers.get(header));
    return asked < 0
        ? configured
        : new Fraction(Math.min(asked, configured.numerator()), configured.denominator());
  }
}
