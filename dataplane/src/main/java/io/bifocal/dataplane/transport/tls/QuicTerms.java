package io.bifocal.dataplane.transport.tls;

import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters.TlsProtocol;
import java.util.List;

/** What of a TLS context says nothing to QUIC, which is TLS 1.3 (RFC 9001, section 4.2). */
final class QuicTerms {
  private QuicTerms() {}

  /** Tells what of {@code common}, which is at {@code path}, has no effect there. */
  static void warn(CommonTlsContext common, String path, List<String> warnings) {
    TlsParameters params = common.getTlsParams();
    TlsProtocol newest = params.getTlsMaximumProtocolVersion();
    if (newest != TlsProtocol.TLS_AUTO && newest != TlsProtocol.TLSv1_3) {
      warnings.add(
          path + ".tls_params.tls_maximum_protocol_version has no effect over QUIC: it is TLS 1.3");
    }
    if (params.getCipherSuitesCount() > 0) {
      warnings.add(
          path + ".tls_params.cipher_suites has no effect over QUIC: those of TLS 1.3 are fixed");
    }
  }
}
