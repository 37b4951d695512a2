package io.bifocal.dataplane.format;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.stream.TlsSession;
import io.bifocal.dataplane.stream.TlsSession.NameKind;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** {@code DOWNSTREAM_TLS_…}, {@code DOWNSTREAM_PEER_…}, {@code DOWNSTREAM_LOCAL_…}. */
final class TlsCommands {
  /** Makes a command from its parameters. */
  @FunctionalInterface
  interface Factory {
    Command of(String parameters) throws ConfigException;
  }

  private final Map<String, Factory> table = new TreeMap<>();

  private TlsCommands() {}

  static Map<String, Factory> ofDownstream() {
    TlsCommands commands = new TlsCommands();
    commands.session();
    commands.peer();
    commands.names("DOWNSTREAM_PEER_", TlsSession::peerCertificate);
    commands.names("DOWNSTREAM_LOCAL_", TlsSession::localCertificate);
    return commands.table;
  }

  private void session() {
    text("DOWNSTREAM_TLS_VERSION", TlsSession::version);
    text("DOWNSTREAM_TLS_CIPHER", TlsSession::cipher);
    text("DOWNSTREAM_TLS_SESSION_ID", TlsSession::sessionId);
  }

  private void peer() {
    peer("ISSUER", certificate -> TlsSession.text(certificate.getIssuerX500Principal()));
    peer("SERIAL", TlsSession::serial);
    peer("FINGERPRINT_1", certificate -> TlsSession.digest(certificate, "SHA-1"));
    peer("FINGERPRINT_256", certificate -> TlsSession.digest(certificate, "SHA-256"));
    peer("CERT", certificate -> Percent.encoded(TlsSession.pem(certificate)));
    chain("CHAIN_SERIALS", TlsSession::serial);
    chain("CHAIN_FINGERPRINTS_1", certificate -> TlsSession.digest(certificate, "SHA-1"));
    chain("CHAIN_FINGERPRINTS_256", certificate -> TlsSession.digest(certificate, "SHA-256"));
    time("CERT_V_START", TlsSession::validFrom);
    time("CERT_V_END", TlsSession::validUntil);
  }

  private void names(String prefix, Function<TlsSession, @Nullable X509Certificate> whose) {
    text(
        prefix + "SUBJECT",
        tls -> {
          X509Certificate certificate = whose.apply(tls);
          return certificate == null
              ? null
              : TlsSession.text(certificate.getSubjectX500Principal());
        });
    for (NameKind kind : NameKind.values()) {
      text(
          prefix + kind + "_SAN",
          tls -> String.join(",", TlsSession.names(whose.apply(tls), kind)));
    }
  }

  private void peer(String name, Function<X509Certificate, String> of) {
    text(
        "DOWNSTREAM_PEER_" + name,
        tls -> {
          X509Certificate certificate = tls.peerCertificate();
          return certificate == null ? null : of.apply(certificate);
        });
  }

  private void chain(String name, Function<X509Certificate, String> of) {
    text(
        "DOWNSTREAM_PEER_" + name,
        tls -> tls.peerChain().stream().map(of).collect(Collectors.joining(",")));
  }

  private void time(String name, ToLongFunction<X509Certificate> millis) {
    table.put(
        "DOWNSTREAM_PEER_" + name,
        format -> {
          TimeFormat time = TimeFormat.of(format);
          return (stream, out) -> {
            X509Certificate certificate = certificate(stream);
            if (certificate == null) {
              return false;
            }
            time.append(millis.applyAsLong(certificate), out);
            return true;
          };
        });
  }

  private static @Nullable X509Certificate certificate(StreamInfo stream) {
    return stream.downstreamTls == null ? null : stream.downstreamTls.peerCertificate();
  }

  private void text(String name, Function<TlsSession, @Nullable String> of) {
    Command command =
        Command.text(
            stream -> stream.downstreamTls == null ? null : of.apply(stream.downstreamTls));
    table.put(
        name,
        parameters -> {
          if (!parameters.isEmpty()) {
            throw new ConfigException(name + " does not take any parameters or length");
          }
          return command;
        });
  }
}
