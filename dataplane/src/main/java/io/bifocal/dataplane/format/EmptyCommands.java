package io.bifocal.dataplane.format;

import java.util.Set;

/**
 * Commands that Envoy knows and that never have a value here: upstream connections' TLS, tracing,
 * wire bytes. A format that names one is accepted.
 */
final class EmptyCommands {
  private static final Set<String> NAMES =
      Set.of(
          "BYTES_RETRANSMITTED",
          "PACKETS_RETRANSMITTED",
          "CUSTOM_FLAGS",
          "UNIQUE_ID",
          "TRACE_ID",
          "SPAN_ID",
          "CLUSTER_METADATA",
          "UPSTREAM_METADATA",
          "METADATA",
          "UPSTREAM_FILTER_STATE",
          "TLS_JA3_FINGERPRINT",
          "TLS_JA4_FINGERPRINT",
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
          "DOWNSTREAM_HANDSHAKE_DURATION",
          "DOWNSTREAM_LOCAL_CLOSE_REASON",
          "DOWNSTREAM_DETECTED_CLOSE_TYPE",
          "UPSTREAM_LOCAL_CLOSE_REASON",
          "UPSTREAM_DETECTED_CLOSE_TYPE",
          "UPSTREAM_CONNECTION_ID",
          "UPSTREAM_CONNECTION_IDS_ATTEMPTED",
          "UPSTREAM_CONNECTION_POOL_READY_DURATION",
          "UPSTREAM_TLS_CIPHER",
          "UPSTREAM_TLS_VERSION",
          "UPSTREAM_TLS_SESSION_ID",
          "UPSTREAM_PEER_ISSUER",
          "UPSTREAM_PEER_CERT",
          "UPSTREAM_PEER_SUBJECT",
          "UPSTREAM_PEER_URI_SAN",
          "UPSTREAM_PEER_DNS_SAN",
          "UPSTREAM_PEER_IP_SAN",
          "UPSTREAM_PEER_EMAIL_SAN",
          "UPSTREAM_PEER_OTHERNAME_SAN",
          "UPSTREAM_LOCAL_EMAIL_SAN",
          "UPSTREAM_LOCAL_OTHERNAME_SAN",
          "DOWNSTREAM_PEER_OTHERNAME_SAN",
          "DOWNSTREAM_LOCAL_OTHERNAME_SAN",
          "DOWNSTREAM_LOCAL_ADDRESS_ENDPOINT_ID",
          "UPSTREAM_REMOTE_ADDRESS_ENDPOINT_ID",
          "UPSTREAM_PEER_CERT_V_START",
          "UPSTREAM_PEER_CERT_V_END",
          "UPSTREAM_LOCAL_SUBJECT",
          "UPSTREAM_LOCAL_URI_SAN",
          "UPSTREAM_LOCAL_DNS_SAN",
          "UPSTREAM_LOCAL_IP_SAN",
          "ROUNDTRIP_DURATION");

  private EmptyCommands() {}

  static boolean contains(String name) {
    return NAMES.contains(name);
  }
}
