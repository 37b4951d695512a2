package io.bifocal.dataplane.http;

import io.bifocal.dataplane.format.Percent;
import io.bifocal.dataplane.http.codec.HeaderNames;
import io.bifocal.dataplane.stream.TlsSession;
import io.bifocal.dataplane.stream.TlsSession.NameKind;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.ForwardClientCertDetails;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.SetCurrentClientCertDetails;
import io.netty.handler.codec.http.HttpHeaders;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the upstream hears of the client's certificate, in {@code x-forwarded-client-cert}.
 *
 * <p>Source: {@code forward_client_cert_details} and {@code set_current_client_cert_details}.
 */
record ClientCertHeader(
    ForwardClientCertDetails mode,
    boolean subject,
    boolean cert,
    boolean chain,
    boolean dns,
    boolean uri) {
  static ClientCertHeader of(ForwardClientCertDetails mode, SetCurrentClientCertDetails details) {
    return new ClientCertHeader(
        mode,
        details.getSubject().getValue(),
        details.getCert(),
        details.getChain(),
        details.getDns(),
        details.getUri());
  }

  /**
   * Sets, changes or removes it.
   *
   * @param tls null for a client that speaks no TLS
   */
  void apply(HttpHeaders headers, @Nullable TlsSession tls) {
    X509Certificate peer = tls == null ? null : tls.peerCertificate();
    if (mode == ForwardClientCertDetails.ALWAYS_FORWARD_ONLY) {
      join(headers);
    } else if (mode == ForwardClientCertDetails.SANITIZE || tls == null || peer == null) {
      headers.remove(HeaderNames.X_FORWARDED_CLIENT_CERT);
    } else if (mode == ForwardClientCertDetails.FORWARD_ONLY) {
      join(headers);
    } else {
      String told = tell(tls, peer);
      String before = mode == ForwardClientCertDetails.APPEND_FORWARD ? join(headers) : null;
      headers.set(HeaderNames.X_FORWARDED_CLIENT_CERT, before == null ? told : before + "," + told);
    }
  }

  /** Makes one line of several, as Envoy has it; null when there is none. */
  private static @Nullable String join(HttpHeaders headers) {
    List<String> all = headers.getAll(HeaderNames.X_FORWARDED_CLIENT_CERT);
    if (all.size() > 1) {
      headers.set(HeaderNames.X_FORWARDED_CLIENT_CERT, String.join(",", all));
    }
    return headers.get(HeaderNames.X_FORWARDED_CLIENT_CERT);
  }

  private String tell(TlsSession tls, X509Certificate peer) {
    StringBuilder out = new StringBuilder();
    for (String name : TlsSession.names(tls.localCertificate(), NameKind.URI)) {
      out.append("By=").append(name).append(';');
    }
    out.append("Hash=").append(TlsSession.digest(peer, "SHA-256"));
    if (cert) {
      out.append(";Cert=\"");
      out.append(Percent.encoded(TlsSession.pem(peer)));
      out.append('"');
    }
    if (chain) {
      out.append(";Chain=\"");
      for (X509Certificate certificate : tls.peerChain()) {
        out.append(Percent.encoded(TlsSession.pem(certificate)));
      }
      out.append('"');
    }
    if (subject) {
      out.append(";Subject=\"").append(TlsSession.text(peer.getSubjectX500Principal())).append('"');
    }
    if (uri) {
      List<String> names = TlsSession.names(peer, NameKind.URI);
      names.forEach(name -> out.append(";URI=").append(name));
      if (names.isEmpty()) {
        out.append(";URI=");
      }
    }
    if (dns) {
      TlsSession.names(peer, NameKind.DNS).forEach(name -> out.append(";DNS=").append(name));
    }
    return out.toString();
  }
}
