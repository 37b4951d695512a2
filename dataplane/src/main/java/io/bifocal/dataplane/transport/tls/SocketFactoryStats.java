package io.bifocal.dataplane.transport.tls;

import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;

/**
 * What is counted of the making of sockets: {@code client_ssl_socket_factory.*} of a cluster,
 * {@code server_ssl_socket_factory.*} of a listener.
 */
final class SocketFactoryStats {
  private static final String UPDATES = "ssl_context_update_by_sds";
  private static final String UPSTREAM = "upstream_context_secrets_not_ready";
  private static final String DOWNSTREAM = "downstream_context_secrets_not_ready";

  private SocketFactoryStats() {}

  /** A connection to an upstream found no context; one worker's cell. */
  static Cell upstreamNotReady(Scope cluster, int shard) {
    return list(cluster.scope("client_ssl_socket_factory")).counter(UPSTREAM).at(shard);
  }

  /** A connection from a client found no context; one worker's cell. */
  static Cell downstreamNotReady(Scope listener, int shard) {
    return list(listener.scope("server_ssl_socket_factory")).counter(DOWNSTREAM).at(shard);
  }

  static Cell upstreamUpdates(Scope cluster) {
    return cluster.scope("client_ssl_socket_factory").counter(UPDATES).at(StatsStore.CONTROL);
  }

  static Cell downstreamUpdates(Scope listener) {
    return listener.scope("server_ssl_socket_factory").counter(UPDATES).at(StatsStore.CONTROL);
  }

  // As Envoy does, all three are listed whoever it is.
  private static Scope list(Scope factory) {
    factory.counter(UPDATES);
    factory.counter(UPSTREAM);
    factory.counter(DOWNSTREAM);
    return factory;
  }
}
