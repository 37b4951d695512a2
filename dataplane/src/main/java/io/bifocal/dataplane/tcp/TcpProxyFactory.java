package io.bifocal.dataplane.tcp;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.cluster.WorkerClusters;
import io.bifocal.dataplane.extension.AccessLogs;
import io.bifocal.dataplane.extension.ListenerContext;
import io.bifocal.dataplane.extension.NetworkFilter;
import io.bifocal.dataplane.extension.NetworkFilterFactory;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.worker.Worker;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;

/**
 * Makes TCP proxies. Source: {@code envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy}, under
 * whose type URL it is to be registered.
 */
public final class TcpProxyFactory implements NetworkFilterFactory {
  public static final String TYPE_URL =
      "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";

  private final Function<Worker, WorkerClusters> clusters;
  private final AccessLogs accessLogs;
  private final StatsStore stats;

  public TcpProxyFactory(
      Function<Worker, WorkerClusters> clusters, AccessLogs accessLogs, StatsStore stats) {
    this.clusters = clusters;
    this.accessLogs = accessLogs;
    this.stats = stats;
  }

  @Override
  public NetworkFilter create(Any any, ListenerContext context) throws ConfigException {
    TcpProxyConfig config = TcpProxyConfig.parse(any);
    return new TcpProxyFilter(
        config,
        clusters,
        accessLogs.read(config.proto().getAccessLogList()),
        stats.root().tagged("tcp", "envoy.tcp_prefix", config.statPrefix()),
        () -> ThreadLocalRandom.current().nextLong(Long.MAX_VALUE));
  }
}
