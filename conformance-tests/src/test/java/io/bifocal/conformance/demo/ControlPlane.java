package io.bifocal.conformance.demo;

import io.envoyproxy.controlplane.cache.v3.SimpleCache;
import io.envoyproxy.controlplane.cache.v3.Snapshot;
import io.envoyproxy.controlplane.server.V3DiscoveryServer;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/** java-control-plane, unmodified, serving one snapshot to everybody over ADS. */
public final class ControlPlane implements AutoCloseable {
  private static final String EVERYBODY = "all";

  private final SimpleCache<String> cache = new SimpleCache<>(node -> EVERYBODY);
  private final Server server;

  /** Listens on a free port of the IPv4 loopback address. */
  public ControlPlane() throws IOException {
    server =
        NettyServerBuilder.forAddress(
                new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0))
            .addService(new V3DiscoveryServer(cache).getAggregatedDiscoveryServiceImpl())
            .build()
            .start();
  }

  /** Pushes a snapshot to whoever is subscribed. */
  public void push(Snapshot snapshot) {
    cache.setSnapshot(EVERYBODY, snapshot);
  }

  public int port() {
    return server.getPort();
  }

  @Override
  public void close() {
    try {
      server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
