package io.bifocal.dataplane.transport.tls;

import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.transport.TransportSocketOptions;
import io.bifocal.dataplane.transport.tls.PeerVerifier.Rejection;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.quic.QuicSslEngine;
import org.jspecify.annotations.Nullable;

/**
 * The TLS within QUIC to a cluster's hosts, by the newest secrets. Confined to its worker's loop.
 */
public final class UpstreamQuicTls {
  private final SecretContext<UpstreamContexts> contexts;
  private final PeerRules rules;
  private final TlsStats stats;
  private final Cell notReady;

  UpstreamQuicTls(
      SecretContext<UpstreamContexts> contexts, PeerRules rules, TlsStats stats, Cell notReady) {
    this.contexts = contexts;
    this.rules = rules;
    this.stats = stats;
    this.notReady = notReady;
  }

  /**
   * One connection's handshake; null while secrets are missing.
   *
   * @param hostname the host's own name, or empty
   * @param wanted which names those want who will use it
   */
  public @Nullable Session begin(
      ByteBufAllocator allocator, String hostname, TransportSocketOptions wanted) {
    UpstreamContexts now = contexts.current();
    if (now == null) {
      notReady.inc();
      return null;
    }
    String sni = wanted.serverName().isEmpty() ? now.sni(hostname) : wanted.serverName();
    Handshake handshake = new Handshake(now.verifier(), sni, wanted.verifiedName(), rules, stats);
    return new Session(now.quic().engine(allocator, sni, handshake), sni, handshake);
  }

  /** Why there is none. */
  public static Exception noSecret() {
    return TlsException.noSecret();
  }

  /** TLS of one connection. */
  public static final class Session {
    private final QuicSslEngine engine;
    private final String sni;
    private final Handshake handshake;

    private Session(QuicSslEngine engine, String sni, Handshake handshake) {
      this.engine = engine;
      this.sni = sni;
      this.handshake = handshake;
    }

    public QuicSslEngine engine() {
      return engine;
    }

    /** The name that is asked for; empty for none. */
    public String sni() {
      return sni;
    }

    /** Counts a handshake that came to its end. */
    public void succeeded() {
      handshake.succeeded(engine);
    }

    /** Counts one that failed, and says why in the words of TLS; null when it was not TLS. */
    public @Nullable String failed(Throwable cause) {
      handshake.failed(cause);
      Rejection rejection = handshake.rejection();
      return rejection == null
          ? null
          : TlsErrors.text(new PeerRejectedException(rejection.reason()));
    }
  }
}
