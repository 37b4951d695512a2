package io.bifocal.dataplane.transport.tls;

import io.bifocal.dataplane.stats.Scope;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * When certificates in use expire: {@code ssl.certificate.<name>.expiration_unix_time_seconds} of a
 * cluster or listener, as long as one of its contexts has such a certificate. Confined to the
 * control loop.
 */
final class CertificateExpiries {
  private static final String GAUGE = "expiration_unix_time_seconds";

  /** How many contexts have it, by the gauge's prefix. */
  private final Map<String, Integer> users = new HashMap<>();

  /** The part of one context. */
  final class Shown {
    private final Scope ssl;
    private final Map<String, Scope> gauges = new HashMap<>();

    private Shown(Scope owner) {
      this.ssl = owner.scope("ssl");
    }

    /** These are all of its certificates, in seconds of the epoch. */
    void show(Map<String, Long> expiries) {
      for (String name : Set.copyOf(gauges.keySet())) {
        if (!expiries.containsKey(name)) {
          forget(name);
        }
      }
      expiries.forEach(
          (name, seconds) -> gauges.computeIfAbsent(name, this::begin).gauge(GAUGE).set(seconds));
    }

    private Scope begin(String name) {
      Scope scope = ssl.tagged("certificate", "envoy.tls_certificate", name);
      users.merge(scope.toString(), 1, Integer::sum);
      return scope;
    }

    private void forget(String name) {
      Scope scope = gauges.remove(name);
      if (scope != null
          && users.computeIfPresent(scope.toString(), (same, n) -> n == 1 ? null : n - 1) == null) {
        scope.remove();
      }
    }
  }

  Shown of(Scope owner) {
    return new Shown(owner);
  }
}
