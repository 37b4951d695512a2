package io.bifocal.dataplane.transport.tls;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.secret.Secrets;
import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.dataplane.transport.TransportSocketFactory;
import io.bifocal.dataplane.transport.TransportSocketOptions;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Transport sockets that speak TLS. What the connections of a cluster share is made when its
 * secrets are there, and serves all workers.
 */
public final class UpstreamTls implements TransportSocketFactory {
  private final String sni;
  private final Secrets secrets;
  private final SecretContext<UpstreamContexts> contexts;
  private final PeerRules overQuic;

  private UpstreamTls(
      String sni, Secrets secrets, SecretContext<UpstreamContexts> contexts, PeerRules overQuic) {
    this.sni = sni;
    this.secrets = secrets;
    this.contexts = contexts;
    this.overQuic = overQuic;
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
    return new UpstreamTls(
        settings.sni(),
        Secrets.NONE,
        SecretContext.of(new UpstreamContexts(settings, provider, null)),
        PeerRules.VERIFIED);
  }

  /**
   * With credentials in place of the settings' own, as a cluster has it.
   *
   * @throws SSLException as {@link #of(TlsSettings, TlsProvider)} does
   */
  static UpstreamTls of(
      TlsSettings settings,
      CredentialsPlan plan,
      Secrets secrets,
      TlsContexts contexts,
      TlsProvider provider,
      @Nullable KeyLog keyLog)
      throws SSLException, ConfigException {
    return new UpstreamTls(
        settings.sni(),
        secrets,
        new SecretContext<>(
            plan,
            contexts,
            credentials ->
                new UpstreamContexts(
                    settings
                        .withCertificate(
                            credentials.certificates().stream().findFirst().orElse(null))
                        .withVerifier(credentials.verifier()),
                    provider,
                    keyLog)),
        PeerRules.VERIFIED_AND_NAMED);
  }

  @Override
  public boolean negotiates() {
    return true;
  }

  @Override
  public PerWorker on(Scope cluster, int shard) {
    TlsStats stats = TlsStats.ofCluster(cluster, shard);
    Cell notReady = SocketFactoryStats.upstreamNotReady(cluster, shard);
    return new OnWorker(sni, contexts, stats, notReady);
  }

  private record OnWorker(
      String serverName, SecretContext<UpstreamContexts> contexts, TlsStats stats, Cell notReady)
      implements PerWorker {
    @Override
    public TransportSocket socket(ApplicationProtocol protocol, String hostname) {
      return new TlsSocket(contexts, protocol, hostname, "", null, stats, notReady);
    }

    @Override
    public TransportSocket socket(
        ApplicationProtocol protocol,
        String hostname,
        TransportSocketOptions options,
        Metadata host) {
      return new TlsSocket(
          contexts,
          protocol,
          hostname,
          options.serverName(),
          options.verifiedName(),
          stats,
          notReady);
    }
  }

  /** The TLS within QUIC, counted as that over TCP is; one worker's. */
  public UpstreamQuicTls quic(Scope cluster, int shard) {
    return new UpstreamQuicTls(
        contexts,
        overQuic,
        TlsStats.ofCluster(cluster, shard),
        SocketFactoryStats.upstreamNotReady(cluster, shard));
  }

  @Override
  public void start(Scope cluster, InitManager init) {
    contexts.start(cluster, secrets, init, SocketFactoryStats.upstreamUpdates(cluster)::inc);
  }

  @Override
  public void close() {
    contexts.close();
  }
}
