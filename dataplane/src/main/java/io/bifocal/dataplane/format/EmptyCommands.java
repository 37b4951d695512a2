package io.bifocal.dataplane.format;

import java.util.Set;

/**
 * Commands that Envoy knows and that never have a value here: tracing, fingerprints of clients. A
 * format that names one is accepted.
 */
final class EmptyCommands {
  private static final Set<String> NAMES =
      Set.of(
          "TRACE_ID",
          "SPAN_ID",
          "TLS_JA3_FINGERPRINT",
          "TLS_JA4_FINGERPRINT",
          "ROUTE_RESOLUTION_TIME_US",
          "ROUNDTRIP_DURATION");

  private EmptyCommands() {}

  static boolean contains(String name) {
    return NAMES.contains(name);
  }
}
