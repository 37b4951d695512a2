package io.bifocal.dataplane.transport.quic;

import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.DatagramTransport;
import io.bifocal.dataplane.transport.QuicOptions;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.dataplane.transport.TransportSocketFactory;
import io.bifocal.dataplane.transport.TransportSocketOptions;
import io.bifocal.dataplane.transport.tls.UpstreamQuicTls;
import io.bifocal.dataplane.transport.tls.UpstreamTls;
import io.envoyproxy.envoy.config.core.v3.Metadata;

/**
 * Transport sockets of {@code QuicUpstreamTransport}: QUIC, and beside it TLS over TCP with the
 * same credentials, for when QUIC fails.
 */
public final class UpstreamQuic implements TransportSocketFactory {
  private final UpstreamTls tls;

  public UpstreamQuic(UpstreamTls tls) {
    this.tls = tls;
  }

  @Override
  public boolean speaksQuic() {
    return true;
  }

  @Override
  public boolean negotiates() {
    return true;
  }

  @Override
  public PerWorker on(Scope cluster, int shard) {
    return new OnWorker(tls.on(cluster, shard), tls.quic(cluster, shard));
  }

  private record OnWorker(PerWorker overTcp, UpstreamQuicTls tls) implements PerWorker {
    @Override
    public String serverName() {
      return overTcp.serverName();
    }

    @Override
    public TransportSocket socket(ApplicationProtocol protocol, String hostname) {
      return protocol == ApplicationProtocol.HTTP_3
          ? quic(hostname, TransportSocketOptions.NONE)
          : overTcp.socket(protocol, hostname);
    }

    @Override
    public TransportSocket socket(
        ApplicationProtocol protocol,
        String hostname,
        TransportSocketOptions options,
        Metadata host) {
      return protocol == ApplicationProtocol.HTTP_3
          ? quic(hostname, options)
          : overTcp.socket(protocol, hostname, options, host);
    }

    private DatagramTransport quic(String hostname, TransportSocketOptions wanted) {
      return new UpstreamQuicSocket(QuicOptions.DEFAULT, tls, hostname, wanted);
    }
  }

  @Override
  public void start(Scope cluster, InitManager init) {
    tls.start(cluster, init);
  }

  @Override
  public void close() {
    tls.close();
  }
}
