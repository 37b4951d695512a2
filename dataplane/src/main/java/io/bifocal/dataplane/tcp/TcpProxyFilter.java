package io.bifocal.dataplane.tcp;

import io.bifocal.dataplane.balance.MetadataCriteria;
import io.bifocal.dataplane.cluster.WorkerClusters;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.extension.NetworkFilter;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stream.AccessLog;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.worker.Worker;
import io.netty.channel.Channel;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A TCP proxy: what its connections share. */
final class TcpProxyFilter implements NetworkFilter {
  private final TcpProxyConfig config;
  private final @Nullable OnDemand onDemand;
  private final Function<Worker, WorkerClusters> clusters;
  private final List<AccessLog> accessLogs;
  private final Scope scope;
  private final LongSupplier chance;
  private final Map<Integer, TcpStats> stats = new ConcurrentHashMap<>();

  TcpProxyFilter(
      TcpProxyConfig config,
      @Nullable OnDemand onDemand,
      Function<Worker, WorkerClusters> clusters,
      List<AccessLog> accessLogs,
      Scope scope,
      LongSupplier chance) {
    this.config = config;
    this.onDemand = onDemand;
    this.clusters = clusters;
    this.accessLogs = accessLogs;
    this.scope = scope;
    this.chance = chance;
  }

  @Override
  public void onConnection(Channel downstream, Worker worker, DownstreamConnection connection) {
    StreamInfo info = connection.stream();
    MetadataCriteria criteria = config.criteria();
    if (info.upstreamCluster.isEmpty() || config.isWeighted()) { // no filter before has a say
      TcpProxyConfig.Weighted chosen = config.cluster(chance.getAsLong());
      info.upstreamCluster = chosen.cluster();
      criteria = chosen.criteria();
    }
    new TcpSession(this, worker, downstream, info, criteria).begin();
  }

  TcpProxyConfig config() {
    return config;
  }

  @Nullable OnDemand onDemand() {
    return onDemand;
  }

  WorkerClusters clusters(Worker worker) {
    return clusters.apply(worker);
  }

  TcpStats stats(Worker worker) {
    return stats.computeIfAbsent(worker.shard(), shard -> new TcpStats(scope, shard));
  }

  List<AccessLog> accessLogs() {
    return accessLogs;
  }

  long chance() {
    return chance.getAsLong();
  }
}
