package io.bifocal.dataplane.transport.tls;

import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.dataplane.transport.TransportSocketFactory;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLException;

/**
 * Transport sockets that speak TLS. What the connections of a cluster share, sessions among it, is
 * made once and serves all workers.
 */
public final class UpstreamTls implements TransportSocketFactory {
  private final TlsSettings settings;
  private final TlsProvider provider;
  private final Map<List<String>, TlsContext> contexts = new ConcurrentHashMap<>();

  private UpstreamTls(TlsSettings settings, TlsProvider provider) {
    this.settings = settings;
    this.provider = provider;
  }

  /** With the best provider that there is. */
  public static UpstreamTls of(TlsSettings settings) throws SSLException {
    return of(settings, TlsProvider.best());
  }

  /**
   * With a certain provider.
   *
   * @throws SSLException when the provider cannot do what the settings want
   */
  public static UpstreamTls of(TlsSettings settings, TlsProvider provider) throws SSLException {
    UpstreamTls tls = new UpstreamTls(settings, provider);
    tls.contexts.put(settings.alpn(), new TlsContext(settings, provider, settings.alpn()));
    return tls;
  }

  @Override
  public PerWorker on(Scope cluster, int shard) {
    TlsStats stats = new TlsStats(cluster, shard);
    return (protocol, hostname) -> socket(protocol, hostname, stats);
  }

  private TransportSocket socket(ApplicationProtocol protocol, String hostname, TlsStats stats) {
    String sni = settings.autoHostSni() && !hostname.isEmpty() ? hostname : settings.sni();
    return new TlsSocket(context(protocol), settings.verifier(), sni, stats);
  }

  private TlsContext context(ApplicationProtocol protocol) {
    return contexts.computeIfAbsent(alpn(protocol), this::context);
  }

  /** What is configured; but whoever speaks HTTP/1.1 does not offer HTTP/2. */
  private List<String> alpn(ApplicationProtocol protocol) {
    List<String> alpn = settings.alpn();
    if (protocol == ApplicationProtocol.HTTP_1_1) {
      alpn = alpn.stream().filter(p -> !ApplicationProtocol.HTTP_2.alpn().contains(p)).toList();
    }
    return alpn.isEmpty() ? protocol.alpn() : alpn;
  }

  private TlsContext context(List<String> alpn) {
    try {
      return new TlsContext(settings, provider, alpn);
    } catch (SSLException e) {
      throw new IllegalStateException("one with other protocols could be made", e);
    }
  }
}
