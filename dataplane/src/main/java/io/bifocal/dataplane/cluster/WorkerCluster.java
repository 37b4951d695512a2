package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.balance.LoadBalancerContext;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.pool.CircuitBreakers;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportSocketOptions;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import org.jspecify.annotations.Nullable;

/** One cluster as one worker uses it. Confined to the worker's loop. */
public interface WorkerCluster {
  ClusterConfig config();

  /** What requests meet on their way to its connections; null for nothing of its own. */
  default @Nullable UpstreamFilters filters() {
    return null;
  }

  UpstreamStats stats();

  /** The requests that are dropped, by the word of the control plane; null for none. */
  default @Nullable DropOverload drops() {
    return null;
  }

  /** Where a request counts that is answered here because there are too many. */
  default DroppedRequests dropped() {
    return DroppedRequests.UNREAD;
  }

  /** The limits for requests of ordinary priority. */
  default CircuitBreakers breakers() {
    return breakers(RoutingPriority.DEFAULT);
  }

  /** The limits for requests whose route has this priority. */
  CircuitBreakers breakers(RoutingPriority priority);

  /** A host for the next request, or null when none is usable ({@code no healthy upstream}). */
  default @Nullable Host chooseHost() {
    return chooseHost(LoadBalancerContext.NONE);
  }

  /** The same by what counts of a request. */
  @Nullable Host chooseHost(LoadBalancerContext context);

  /**
   * Connections for requests, kept and used again; by HTTP/2 many at once. Null when there are too
   * many pools already ({@code max_connection_pools}).
   *
   * @param priority the route's
   * @param downstream what the client speaks, for clusters that speak the same
   */
  @Nullable ConnectionPool httpPool(
      Host host, RoutingPriority priority, ApplicationProtocol downstream);

  /**
   * Connections for a channel to a control plane, which speaks HTTP/2: each is used once.
   *
   * @param options what is wanted of them beside; null for nothing
   */
  ConnectionPool http2Pool(Host host, @Nullable TransportSocketOptions options);

  /** Connections for a TCP proxy: each is used once. */
  ConnectionPool tcpPool(Host host);

  /** Whether its hosts are told which client a connection serves: then it serves no other. */
  default boolean tellsOfClients() {
    return false;
  }

  /** Connections for requests that want the same. */
  default @Nullable ConnectionPool httpPool(
      Host host,
      RoutingPriority priority,
      ApplicationProtocol downstream,
      TransportSocketOptions options) {
    return httpPool(host, priority, downstream);
  }

  /** Connections for a TCP proxy that wants this. */
  default ConnectionPool tcpPool(Host host, TransportSocketOptions options) {
    return tcpPool(host);
  }
}
