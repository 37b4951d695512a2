package io.bifocal.dataplane.http;

import io.bifocal.dataplane.http.filter.FilterChain;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The filters of requests for protocols that have some of their own; shared by all workers.
 *
 * @param byName by the protocol's name in lower case
 */
record UpgradeChains(Map<String, FilterChain> byName) {
  UpgradeChains {
    byName = Map.copyOf(byName);
  }

  /** A protocol's own, or the usual ones. */
  @Nullable FilterChain of(String protocol, @Nullable FilterChain usual) {
    FilterChain own = byName.get(protocol.toLowerCase(Locale.ROOT));
    return own == null ? usual : own;
  }

  void close() {
    byName.values().forEach(FilterChain::close);
  }
}
