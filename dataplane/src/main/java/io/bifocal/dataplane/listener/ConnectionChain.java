package io.bifocal.dataplane.listener;

import io.bifocal.dataplane.extension.NetworkFilter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import org.jspecify.annotations.Nullable;

/**
 * A filter chain that was made, with the connections that it took. It may outlive a listener's
 * version: an update that leaves it alone does not disturb its connections.
 *
 * @param transport what is between its connections and the filter
 * @param filter the terminal filter; null for a chain without filters, which closes what it gets
 */
record ConnectionChain(
    FilterChain proto,
    ChainTransport transport,
    @Nullable NetworkFilter filter,
    LiveConnections connections) {

  /** Asks its connections to end when they can. */
  void drain() {
    if (filter != null) {
      filter.drain();
    }
  }

  void close() {
    transport.factory().close();
    if (filter != null) {
      filter.close();
    }
  }
}
