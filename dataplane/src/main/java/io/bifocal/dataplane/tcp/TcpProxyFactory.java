package io.bifocal.dataplane.tcp;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.cluster.ClusterQuestions;
import io.bifocal.dataplane.cluster.WorkerClusters;
import io.bifocal.dataplane.extension.AccessLogs;
import io.bifocal.dataplane.extension.ListenerContext;
import io.bifocal.dataplane.extension.NetworkFilter;
import io.bifocal.dataplane.extension.NetworkFilterFactory;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.xds.time.Loop;
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
  private final ClusterQuestions questions;
  private final Loop control;

  /**
   * Makes the factory.
   *
   * @param clusters each worker's own view
   * @param accessLogs what an {@code access_log} may name
   * @param questions where a missing cluster is asked for
   */
  public TcpProxyFactory(
      Function<Worker, WorkerClusters> clusters,
      AccessLogs accessLogs,
      StatsStore stats,
      ClusterQuestions questions,
      Loop control) {
    this.questions = questions;
    this.control = control;
    this.clusters = clusters;
    this.accessLogs = accessLogs;
    this.stats = stats;
  }

  @Override
  public NetworkFilter create(Any any, ListenerContext context) throws ConfigException {
    TcpProxyConfig config = TcpProxyConfig.parse(any);
    Scope scope = stats.root().tagged("tcp", "envoy.tcp_prefix", config.statPrefix());
    OnDemand onDemand =
        config.proto().hasOnDemand() && config.proto().getOnDemand().hasOdcdsConfig()
            ? OnDemand.of(config.proto().getOnDemand(), questions, control, scope, config.path())
            : null;
    return new TcpProxyFilter(
        config,
        onDemand,
        clusters,
        accessLogs.read(config.proto().getAccessLogList()),
        scope,
        () -> ThreadLocalRandom.current().nextLong(Long.MAX_VALUE));
  }
}
