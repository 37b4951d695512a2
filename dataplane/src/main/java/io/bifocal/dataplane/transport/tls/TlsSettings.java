package io.bifocal.dataplane.transport.tls;

import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How TLS is spoken to an upstream.
 *
 * @param sni the server's name that is asked for; empty for none
 * @param autoHostSni whether an upstream host's own name, where it has one, is asked for instead
 * @param alpn what is offered; when empty, what the connection's user speaks
 * @param min the oldest version
 * @param max the newest version
 * @param ciphers of versions up to 1.2; those of 1.3 are fixed
 * @param curves by BoringSSL's names; the JDK's provider chooses for itself
 * @param certificate our own, or null
 * @param verifier of the peer, or null to accept anybody
 * @param sessions how many sessions are kept to be resumed; 0 for none
 * @param renegotiates whether a server may ask for another handshake, before TLS 1.3
 */
public record TlsSettings(
    String sni,
    boolean autoHostSni,
    List<String> alpn,
    TlsVersion min,
    TlsVersion max,
    CipherList ciphers,
    List<String> curves,
    @Nullable OwnCertificate certificate,
    @Nullable PeerVerifier verifier,
    int sessions,
    boolean renegotiates) {

  /** Envoy's defaults for a client: TLS 1.2, and anybody is accepted. */
  public static final TlsSettings DEFAULT =
      new TlsSettings(
          "",
          false,
          List.of(),
          TlsVersion.TLS_1_2,
          TlsVersion.TLS_1_2,
          CipherList.DEFAULT,
          List.of("X25519MLKEM768", "X25519", "P-256"),
          null,
          null,
          1,
          false);

  public TlsSettings {
    alpn = List.copyOf(alpn);
    curves = List.copyOf(curves);
  }

  /** What is offered to a server, with these protocols. */
  Terms terms(List<String> protocols) {
    return new Terms(protocols, min, max, ciphers, curves);
  }

  /** The same, but another name is asked for. */
  public TlsSettings withSni(String name) {
    return with(draft -> draft.sni = name);
  }

  /** The same, but these protocols are offered. */
  public TlsSettings withAlpn(List<String> protocols) {
    return with(draft -> draft.alpn = protocols);
  }

  /** The same, but these versions are spoken. */
  public TlsSettings withVersions(TlsVersion oldest, TlsVersion newest) {
    return with(
        draft -> {
          draft.min = oldest;
          draft.max = newest;
        });
  }

  /** The same, but the peer is judged like this; null to accept anybody. */
  public TlsSettings withVerifier(@Nullable PeerVerifier judge) {
    return with(draft -> draft.verifier = judge);
  }

  /** The same, but we prove who we are with this. */
  public TlsSettings withCertificate(@Nullable OwnCertificate own) {
    return with(draft -> draft.certificate = own);
  }

  /** The same, but so many sessions are kept to be resumed. */
  public TlsSettings withSessions(int kept) {
    return with(draft -> draft.sessions = kept);
  }

  /** The same, but a server may, or may not, ask for another handshake. */
  TlsSettings withRenegotiation(boolean allowed) {
    return with(draft -> draft.renegotiates = allowed);
  }

  private TlsSettings with(Consumer<Draft> change) {
    Draft draft = new Draft();
    change.accept(draft);
    return draft.settings();
  }

  /** The parts while some of them change. */
  private final class Draft {
    String sni = TlsSettings.this.sni;
    List<String> alpn = TlsSettings.this.alpn;
    TlsVersion min = TlsSettings.this.min;
    TlsVersion max = TlsSettings.this.max;
    @Nullable OwnCertificate certificate = TlsSettings.this.certificate;
    @Nullable PeerVerifier verifier = TlsSettings.this.verifier;
    int sessions = TlsSettings.this.sessions;
    boolean renegotiates = TlsSettings.this.renegotiates;

    TlsSettings settings() {
      return new TlsSettings(
          sni,
          autoHostSni,
          alpn,
          min,
          max,
          ciphers,
          curves,
          certificate,
          verifier,
          sessions,
          renegotiates);
    }
  }
}
