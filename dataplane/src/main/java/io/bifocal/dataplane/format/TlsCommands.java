package io.bifocal.dataplane.format;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.stream.TlsSession;
import io.bifocal.dataplane.stream.TlsSession.NameKind;
import io.bifocal.dataplane.transport.tls.CipherSuite;
import io.bifocal.dataplane.transport.tls.OtherName;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * {@code DOWNSTREAM_TLS_…}, {@code DOWNSTREAM_PEER_…}, {@code DOWNSTREAM_LOCAL_…}, and those of
 * them that Envoy has for upstreams.
 */
final class TlsCommands {
  /** Makes a command from its parameters. */
  @FunctionalInterface
  interface Factory {
    Command of(String parameters) throws ConfigException;
  }

  private final Map<String, Factory> table = new TreeMap<>();
  private final String side;
  private final Function<StreamInfo, @Nullable TlsSession> session;

  private TlsCommands(String side, Function<StreamInfo, @Nullable TlsSession> session) {
    this.side = side;
    this.session = session;
  }

  static Map<String, Factory> ofDownstream() {
    TlsCommands commands = new TlsCommands("DOWNSTREAM_", stream -> stream.downstreamTls);
    commands.both();
    commands.peer("SERIAL", TlsSession::serial);
    commands.peer("FINGERPRINT_1", certificate -> TlsSession.digest(certificate, "SHA-1"));
    commands.peer("FINGERPRINT_256", certificate -> TlsSession.digest(certificate, "SHA-256"));
    commands.issuer("SERIAL", TlsSession::serial);
    commands.issuer("FINGERPRINT_256", certificate -> TlsSession.digest(certificate, "SHA-256"));
    commands.chain("CHAIN_SERIALS", TlsSession::serial);
    commands.chain("CHAIN_FINGERPRINTS_1", certificate -> TlsSession.digest(certificate, "SHA-1"));
    commands.chain(
        "CHAIN_FINGERPRINTS_256", certificate -> TlsSession.digest(certificate, "SHA-256"));
    commands.name("PEER_", TlsSession::peerCertificate, NameKind.EMAIL);
    commands.name("LOCAL_", TlsSession::localCertificate, NameKind.EMAIL);
    commands.otherName("PEER_", TlsSession::peerCertificate);
    commands.otherName("LOCAL_", TlsSession::localCertificate);
    commands.subject("LOCAL_", TlsSession::localCertificate);
    return commands.table;
  }

  static Map<String, Factory> ofUpstream() {
    TlsCommands commands = new TlsCommands("UPSTREAM_", stream -> stream.upstreamTls);
    commands.both();
    commands.text("SERVER_NAME", TlsSession::askedFor);
    return commands.table;
  }

  private void both() {
    text("TLS_VERSION", TlsSession::version);
    text("TLS_CIPHER", tls -> CipherSuite.openSslName(tls.cipher()));
    text("TLS_GROUP", tls -> tls.group().isEmpty() ? null : tls.group());
    text("TLS_SESSION_ID", TlsSession::sessionId);
    peer("ISSUER", certificate -> TlsSession.text(certificate.getIssuerX500Principal()));
    peer("CERT", certificate -> Percent.encoded(TlsSession.pem(certificate)));
    time("CERT_V_START", TlsSession::validFrom);
    time("CERT_V_END", TlsSession::validUntil);
    subject("PEER_", TlsSession::peerCertificate);
    for (NameKind kind : List.of(NameKind.URI, NameKind.DNS, NameKind.IP)) {
      name("PEER_", TlsSession::peerCertificate, kind);
      name("LOCAL_", TlsSession::localCertificate, kind);
    }
  }

  private void subject(String whom, Function<TlsSession, @Nullable X509Certificate> whose) {
    text(
        whom + "SUBJECT",
        tls -> {
          X509Certificate certificate = whose.apply(tls);
          return certificate == null
              ? null
              : TlsSession.text(certificate.getSubjectX500Principal());
        });
  }

  private void name(
      String whom, Function<TlsSession, @Nullable X509Certificate> whose, NameKind kind) {
    text(whom + kind + "_SAN", tls -> String.join(",", TlsSession.names(whose.apply(tls), kind)));
  }

  private void otherName(String whom, Function<TlsSession, @Nullable X509Certificate> whose) {
    text(
        whom + "OTHERNAME_SAN",
        tls -> {
          X509Certificate certificate = whose.apply(tls);
          return certificate == null
              ? null
              : OtherName.of(certificate).stream()
                  .map(OtherName::value)
                  .collect(Collectors.joining(","));
        });
  }

  private void peer(String name, Function<X509Certificate, String> of) {
    text(
        "PEER_" + name,
        tls -> {
          X509Certificate certificate = tls.peerCertificate();
          return certificate == null ? null : of.apply(certificate);
        });
  }

  private void issuer(String name, Function<X509Certificate, String> of) {
    text(
        "PEER_ISSUER_" + name,
        tls -> tls.peerChain().size() < 2 ? null : of.apply(tls.peerChain().get(1)));
  }

  private void chain(String name, Function<X509Certificate, String> of) {
    text("PEER_" + name, tls -> tls.peerChain().stream().map(of).collect(Collectors.joining(",")));
  }

  private void time(String name, ToLongFunction<X509Certificate> millis) {
    table.put(
        side + "PEER_" + name,
        format -> {
          TimeFormat time = TimeFormat.of(format);
          return (stream, out) -> {
            TlsSession tls = session.apply(stream);
            X509Certificate certificate = tls == null ? null : tls.peerCertificate();
            if (certificate == null) {
              return false;
            }
            time.append(millis.applyAsLong(certificate), out);
            return true;
          };
        });
  }

  private void text(String name, Function<TlsSession, @Nullable String> of) {
    Command command =
        Command.text(
            stream -> {
              TlsSession tls = session.apply(stream);
              return tls == null ? null : of.apply(tls);
            });
    table.put(
        side + name,
        parameters -> {
          if (!parameters.isEmpty()) {
            throw new ConfigException(side + name + " does not take any parameters or length");
          }
          return command;
        });
  }
}
