package io.bifocal.dataplane.tcp;

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

/** A TCP proxy: what its connections share. */
final class TcpProxyFilter implements NetworkFilter {
  private final TcpProxyConfig config;
  private final Function<Worker, WorkerClusters> clusters;
  private final List<AccessLog> accessLogs;
  private final Scope scope;
  private final LongSupplier chance;
  private final Map<Integer, TcpStats> stats = new ConcurrentHashMap<>();

  TcpProxyFilter(
      TcpProxyConfig config,
      Function<Worker, WorkerClusters> clusters,
      List<AccessLog> accessLogs,
      Scope scope,
      LongSupplier chance) {
    this.config = config;
    this.clusters = clusters;
    this.accessLogs = accessLogs;
    this.scope = scope;
    this.chance = chance;
  }

  @Override
  public void onConnection(Channel downstream, Worker worker, DownstreamConnection connection) {
    StreamInfo info = new StreamInfo();
    info.startEpochMillis = worker.loop().wallTime().toEpochMilli();
    info.startNanos = worker.loop().nanoTime();
    info.connectionId = connection.id();
    info.downstreamLocal = connection.local();
    info.downstreamRemote = connection.remote();
    info.filterChainName = connection.filterChainName();
    info.upstreamCluster = config.cluster(chance.getAsLong());
    TcpStats cells = stats.computeIfAbsent(worker.shard(), s -> new TcpStats(scope, s));
    new TcpSession(
            config,
            worker,
            clusters.apply(worker).find(info.upstreamCluster),
            downstream,
            info,
            cells,
            accessLogs)
        .begin();
  }
}
