package io.bifocal.dataplane.tcp.filter;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.extension.PassingFilter;
import io.bifocal.dataplane.worker.Worker;
import io.netty.channel.Channel;

/**
 * Sends a connection to the cluster whose name is the server that its TLS client asks for.
 *
 * <p>Source: {@code envoy.extensions.filters.network.sni_cluster.v3.SniCluster}.
 */
final class SniCluster implements PassingFilter {
  static SniCluster of(Any any) throws ConfigException {
    var unused =
        Unpack.as(
            io.envoyproxy.envoy.extensions.filters.network.sni_cluster.v3.SniCluster
                .getDefaultInstance(),
            any);
    return new SniCluster();
  }

  @Override
  public void onConnection(
      Channel downstream, Worker worker, DownstreamConnection connection, Runnable next) {
    if (!connection.serverName().isEmpty()) {
      connection.stream().upstreamCluster = connection.serverName();
    }
    next.run();
  }
}
