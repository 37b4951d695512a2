package io.bifocal.dataplane.expression;

import com.google.common.primitives.UnsignedLong;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.stream.TlsSession;
import io.bifocal.dataplane.stream.TlsSession.NameKind;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** {@code connection.…}, {@code source.…}, {@code destination.…}. */
final class ConnectionAttributes {
  private ConnectionAttributes() {}

  static Attributes.Table ofConnection() {
    Attributes.Table table =
        new Attributes.Table()
            .put("id", s -> UnsignedLong.valueOf(s.connectionId))
            .put("mtls", s -> s.downstreamTls != null && s.downstreamTls.peerCertificate() != null)
            .put("requested_server_name", s -> s.requestedServerName)
            .put("termination_details", s -> orNull(s.connectionTerminationDetails))
            .put("transport_failure_reason", s -> orNull(s.downstreamTransportFailureReason));
    return tls(table, s -> s.downstreamTls);
  }

  static Attributes.Table ofSource() {
    return peer(s -> s.downstreamRemote);
  }

  static Attributes.Table ofDestination() {
    return peer(s -> s.downstreamLocal);
  }

  static @Nullable String orNull(String text) {
    return text.isEmpty() ? null : text;
  }

  private static Attributes.Table peer(Function<StreamInfo, @Nullable Address> of) {
    return new Attributes.Table()
        .put(
            "address",
            s -> {
              Address address = of.apply(s);
              return address == null ? null : address.text();
            })
        .put("port", s -> of.apply(s) instanceof Address.Ip ip ? (long) ip.port() : null);
  }

  /** What is told of either side's TLS; of alternative names the first. */
  static Attributes.Table tls(
      Attributes.Table table, Function<StreamInfo, @Nullable TlsSession> session) {
    table.put(
        "tls_version",
        s -> {
          TlsSession tls = session.apply(s);
          return tls == null ? null : tls.version();
        });
    certificate(table, "local", session, TlsSession::localCertificate);
    certificate(table, "peer", session, TlsSession::peerCertificate);
    table.put(
        "sha256_peer_certificate_digest",
        s -> {
          TlsSession tls = session.apply(s);
          X509Certificate peer = tls == null ? null : tls.peerCertificate();
          return peer == null ? null : TlsSession.digest(peer, "SHA-256");
        });
    return table;
  }

  private static void certificate(
      Attributes.Table table,
      String whose,
      Function<StreamInfo, @Nullable TlsSession> session,
      Function<TlsSession, @Nullable X509Certificate> of) {
    table.put(
        "subject_" + whose + "_certificate",
        s -> {
          TlsSession tls = session.apply(s);
          X509Certificate certificate = tls == null ? null : of.apply(tls);
          return certificate == null
              ? (tls == null ? null : "")
              : TlsSession.text(certificate.getSubjectX500Principal());
        });
    for (NameKind kind : List.of(NameKind.URI, NameKind.DNS)) {
      String name = kind == NameKind.URI ? "uri_san_" : "dns_san_";
      table.put(
          name + whose + "_certificate",
          s -> {
            TlsSession tls = session.apply(s);
            List<String> names = tls == null ? List.of() : TlsSession.names(of.apply(tls), kind);
            return names.isEmpty() ? null : names.get(0);
          });
    }
  }
}
