package io.bifocal.dataplane.tcp.filter;

import com.google.common.collect.MapMaker;
import io.bifocal.dataplane.extension.NetworkFilterFactory;
import io.bifocal.dataplane.extension.Registry;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stats.Scope;
import java.util.Map;

/** The filters of this package, by type. */
public final class NetworkFilters {
  private static final String PREFIX = "type.googleapis.com/envoy.extensions.filters.network.";

  private NetworkFilters() {}

  /**
   * Registers them.
   *
   * @param root where they count
   */
  public static Registry<NetworkFilterFactory> register(
      Registry<NetworkFilterFactory> filters, Scope root, RuntimeReader runtime) {
    // A shared bucket lives as long as a filter that draws from it.
    Map<LocalRateLimit.Shared, LocalRateLimit.Bucket> buckets =
        new MapMaker().weakValues().makeMap();
    return filters
        .register(
            PREFIX + "connection_limit.v3.ConnectionLimit",
            (any, context) -> ConnectionLimit.of(any, root, runtime))
        .register(PREFIX + "direct_response.v3.Config", (any, context) -> DirectResponse.of(any))
        .register(PREFIX + "echo.v3.Echo", (any, context) -> Echo.of(any))
        .register(
            PREFIX + "local_ratelimit.v3.LocalRateLimit",
            (any, context) -> LocalRateLimit.of(any, root, runtime, buckets))
        .register(PREFIX + "sni_cluster.v3.SniCluster", (any, context) -> SniCluster.of(any));
  }
}
