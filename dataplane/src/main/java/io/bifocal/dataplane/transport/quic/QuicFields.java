package io.bifocal.dataplane.transport.quic;

import io.bifocal.api.SupportedFields;
import io.envoyproxy.envoy.extensions.transport_sockets.quic.v3.QuicUpstreamTransport;

/** What transport sockets of QUIC may carry. */
final class QuicFields {
  static final SupportedFields UPSTREAM =
      SupportedFields.of(QuicUpstreamTransport.getDescriptor()).supports("upstream_tls_context");

  private QuicFields() {}
}
