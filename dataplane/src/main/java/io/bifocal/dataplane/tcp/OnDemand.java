package io.bifocal.dataplane.tcp;

import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.cluster.ClusterQuestions;
import io.bifocal.dataplane.ondemand.Question;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import java.time.Duration;

/**
 * Where a cluster that is missing is asked for, and how long a connection waits for it.
 *
 * <p>Source: {@code TcpProxy.on_demand}.
 */
record OnDemand(
    ClusterQuestions clusters,
    TcpProxy.OnDemand proto,
    Loop control,
    Counter attempt,
    Counter success,
    Counter missing,
    Counter timeout) {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final SupportedFields FIELDS =
      SupportedFields.of(TcpProxy.OnDemand.getDescriptor()).supports("odcds_config", "timeout");

  /**
   * Reads it.
   *
   * @param scope where it counts, {@code tcp.<stat_prefix>.}
   */
  static OnDemand of(
      TcpProxy.OnDemand proto, ClusterQuestions clusters, Loop control, Scope scope, String path)
      throws ConfigException {
    FIELDS.check(proto, path + ".on_demand");
    return new OnDemand(
        clusters,
        proto,
        control,
        scope.counter("on_demand_cluster_attempt"),
        scope.counter("on_demand_cluster_success"),
        scope.counter("on_demand_cluster_missing"),
        scope.counter("on_demand_cluster_timeout"));
  }

  Question question(String cluster) {
    return clusters.question(
        proto.getOdcdsConfig(),
        cluster,
        proto.hasTimeout() ? JavaDuration.of(proto.getTimeout()) : TIMEOUT);
  }
}
