package io.bifocal.dataplane.cluster;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.stats.Scope;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import java.util.List;

/**
 * The filters between the router and a cluster's connections; what they are knows who has read
 * them. To be closed on the control loop.
 */
public interface UpstreamFilters extends AutoCloseable {
  /** Reads {@code http_filters} of clusters, on the control loop. */
  @FunctionalInterface
  interface Reader {
    /** For clusters whose requests meet no filters. */
    Reader NONE =
        (filters, path, scope, init) -> {
          throw new ConfigException(path + ".http_filters: there are none here");
        };

    /**
     * Reads those of a cluster.
     *
     * @param filters in order; not none
     * @param path of the message that has them
     * @param scope {@code cluster.<name>.}
     * @param init waits for what is discovered
     * @throws ConfigException in Envoy's words where it has any; nothing is left subscribed then
     */
    UpstreamFilters read(List<HttpFilter> filters, String path, Scope scope, InitManager init)
        throws ConfigException;
  }

  /** The cluster is gone; whoever holds them still may go on with them. */
  @Override
  void close();
}
