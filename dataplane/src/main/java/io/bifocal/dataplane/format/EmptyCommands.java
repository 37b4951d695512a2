package io.bifocal.dataplane.format;

import java.util.Set;

/**
 * Commands that Envoy knows and that never have a value here: tracing, fingerprints of clients,
 * what was agreed on that the TLS library does not tell, bytes as they are on the wire. A format
 * that names one is accepted.
 */
final class EmptyCommands {
  private static final Set<String> NAMES =
      Set.of(
          "TRACE_ID",
          "UPSTREAM_WIRE_BYTES_SENT",
          "UPSTREAM_WIRE_BYTES_RECEIVED",
          "UPSTREAM_HEADER_BYTES_SENT",
          "UPSTREAM_HEADER_BYTES_RECEIVED",
          "UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT",
          "UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED",
          "DOWNSTREAM_WIRE_BYTES_SENT",
          "DOWNSTREAM_WIRE_BYTES_RECEIVED",
          "DOWNSTREAM_HEADER_BYTES_SENT",
          "DOWNSTREAM_HEADER_BYTES_RECEIVED",
          "DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT",
          "DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED",
          "SPAN_ID",
          "TLS_JA3_FINGERPRINT",
          "TLS_JA4_FINGERPRINT",
          "DOWNSTREAM_TLS_GROUP",
          "UPSTREAM_TLS_GROUP",
          "DOWNSTREAM_PEER_OTHERNAME_SAN",
          "DOWNSTREAM_LOCAL_OTHERNAME_SAN",
          "ROUTE_RESOLUTION_TIME_US",
          "ROUNDTRIP_DURATION");

  private EmptyCommands() {}

  static boolean contains(String name) {
    return NAMES.contains(name);
  }
}
