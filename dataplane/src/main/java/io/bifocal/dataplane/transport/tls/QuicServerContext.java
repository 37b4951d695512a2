package io.bifocal.dataplane.transport.tls;

import io.netty.handler.codec.quic.BoringSSLContextOption;
import io.netty.handler.codec.quic.Quic;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicSslEngine;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** What a filter chain's connections of QUIC have in common; {@link ServerTlsContext}'s twin. */
final class QuicServerContext {
  private final ServerTlsSettings settings;
  private final QuicSslContext netty;
  private final Map<SSLEngine, Handshake> handshakes = new ConcurrentHashMap<>();
  // Whose keys are written down.
  private final Set<SSLEngine> logged = ConcurrentHashMap.newKeySet();

  QuicServerContext(ServerTlsSettings settings) throws SSLException {
    if (!Quic.isAvailable()) {
      throw new SSLException(
          "QUIC does not load on this machine: " + Quic.unavailabilityCause().getMessage());
    }
    this.settings = settings;
    PeerVerifier verifier = settings.verifier();
    QuicSslContextBuilder builder =
        QuicSslContextBuilder.forServer(
                new CertificateChooser(
                    settings.certificates(), engine -> handshake(engine).askedOfUs()),
                null)
            .trustManager(
                new VerifyingTrustManager(
                    TlsProvider.BORINGSSL,
                    this::handshake,
                    verifier == null ? List.of() : verifier.trustedCertificates()))
            .clientAuth(ServerTlsContext.clientAuth(settings))
            .sni(name -> context()) // so that the name is told
            .applicationProtocols(settings.terms().alpn().toArray(new String[0]))
            .sessionTimeout(settings.sessionTimeout().toSeconds())
            .earlyData(false);
    if (!settings.terms().curves().isEmpty()) {
      builder.option(
          BoringSSLContextOption.GROUPS, settings.terms().curves().toArray(new String[0]));
    }
    KeyLog keyLog = settings.keyLog();
    if (keyLog != null) {
      builder.keylog((engine, line) -> keys(keyLog, engine, line));
    }
    this.netty = builder.build();
    if (settings.tickets()) {
      // Who resumes is judged when the handshake is over, by the certificate of the first time: so
      // where clients are judged each version has keys of its own.
      TicketKeys keys = verifier == null ? settings.ticketKeys() : TicketKeys.NONE;
      netty.sessionContext().setTicketKeys(keys.ofQuic());
    }
  }

  private void keys(KeyLog log, SSLEngine engine, String line) {
    if (logged.contains(engine)) {
      log.write(line);
    }
  }

  private QuicSslContext context() {
    return netty;
  }

  /** For one more connection, whose handshake is judged and counted. */
  QuicSslEngine engine(QuicChannel channel, TlsStats stats) {
    QuicSslEngine engine = netty.newEngine(channel.alloc());
    handshakes.put(engine, new Handshake(settings.verifier(), "", null, stats));
    channel.closeFuture().addListener(closed -> handshakes.remove(engine));
    KeyLog keyLog = settings.keyLog();
    if (keyLog != null
        && keyLog.concerns(channel.localSocketAddress(), channel.remoteSocketAddress())) {
      logged.add(engine);
      channel.closeFuture().addListener(closed -> logged.remove(engine));
    }
    return engine;
  }

  /** Of an engine made here; null when its connection is closed. */
  @Nullable Handshake known(@Nullable SSLEngine engine) {
    return engine == null ? null : handshakes.get(engine);
  }

  private Handshake handshake(SSLEngine engine) {
    Handshake known = handshakes.get(engine);
    return known == null ? Handshake.of(engine) : known;
  }
}
