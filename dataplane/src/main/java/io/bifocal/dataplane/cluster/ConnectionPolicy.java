package io.bifocal.dataplane.cluster;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;

/**
 * When connections are made before they are needed, and closed before they are idle.
 *
 * @param preconnect {@code per_upstream_preconnect_ratio}: connections for each request at a host
 * @param predictivePreconnect {@code predictive_preconnect_ratio}: connections for each request, at
 *     the hosts that are next in turn
 * @param closeOnHostSetChange {@code close_connections_on_host_set_change}
 * @param ofOneClient {@code connection_pool_per_downstream_connection}: whether those for requests
 *     serve one client's connection alone, and end with it
 */
public record ConnectionPolicy(
    double preconnect,
    double predictivePreconnect,
    boolean closeOnHostSetChange,
    boolean ofOneClient) {
  public static final ConnectionPolicy DEFAULT = new ConnectionPolicy(1, 0, false, false);

  static ConnectionPolicy of(Cluster cluster) {
    Cluster.PreconnectPolicy preconnect = cluster.getPreconnectPolicy();
    return new ConnectionPolicy(
        preconnect.hasPerUpstreamPreconnectRatio()
            ? preconnect.getPerUpstreamPreconnectRatio().getValue()
            : 1,
        preconnect.hasPredictivePreconnectRatio()
            ? preconnect.getPredictivePreconnectRatio().getValue()
            : 0,
        cluster.getCommonLbConfig().getCloseConnectionsOnHostSetChange(),
        cluster.getConnectionPoolPerDownstreamConnection());
  }
}
