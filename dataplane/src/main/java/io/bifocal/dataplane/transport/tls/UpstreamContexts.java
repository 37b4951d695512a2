package io.bifocal.dataplane.transport.tls;

import io.bifocal.dataplane.transport.ApplicationProtocol;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * What the connections of a cluster share while its secrets are the same, sessions among it, for
 * each list of protocols that is offered. Thread-safe.
 */
final class UpstreamContexts {
  private final TlsSettings settings;
  private final TlsProvider provider;
  private final @Nullable KeyLog keyLog;
  private final Map<List<String>, TlsContext> contexts = new ConcurrentHashMap<>();
  private volatile @Nullable UpstreamQuicContext quic; // made when it is needed

  /**
   * @param keyLog where keys are written down, or null
   * @throws SSLException when the provider cannot do what the settings want
   */
  UpstreamContexts(TlsSettings settings, TlsProvider provider, @Nullable KeyLog keyLog)
      throws SSLException {
    this.keyLog = keyLog;
    this.settings = settings;
    this.provider = provider;
    contexts.put(settings.alpn(), new TlsContext(settings, provider, settings.alpn(), keyLog));
  }

  @Nullable KeyLog keyLog() {
    return keyLog;
  }

  @Nullable PeerVerifier verifier() {
    return settings.verifier();
  }

  /** The name that a host is asked for. */
  String sni(String hostname) {
    return settings.autoHostSni() && !hostname.isEmpty() ? hostname : settings.sni();
  }

  TlsContext of(ApplicationProtocol protocol) {
    return contexts.computeIfAbsent(alpn(protocol), this::make);
  }

  /** What is configured; but whoever speaks HTTP/1.1 does not offer HTTP/2. */
  private List<String> alpn(ApplicationProtocol protocol) {
    List<String> alpn = settings.alpn();
    if (protocol == ApplicationProtocol.HTTP_1_1) {
      alpn = alpn.stream().filter(p -> !ApplicationProtocol.HTTP_2.alpn().contains(p)).toList();
    }
    return alpn.isEmpty() ? protocol.alpn() : alpn;
  }

  /** The same credentials for QUIC, which is TLS 1.3 with other ciphers' settings of its own. */
  UpstreamQuicContext quic() {
    UpstreamQuicContext known = quic;
    if (known == null) {
      synchronized (this) {
        known = quic == null ? new UpstreamQuicContext(settings) : quic;
        quic = known;
      }
    }
    return known;
  }

  private TlsContext make(List<String> alpn) {
    try {
      return new TlsContext(settings, provider, alpn, keyLog);
    } catch (SSLException e) {
      throw new IllegalStateException("one with other protocols could be made", e);
    }
  }
}
