package io.bifocal.dataplane.http.filter.localratelimit;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.bifocal.dataplane.http.filter.HttpFilterContext;
import io.bifocal.dataplane.http.filter.HttpFilterFactory;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stats.Gauge;
import io.bifocal.dataplane.stats.Scope;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes {@code envoy.filters.http.local_ratelimit}; what the most specific level of a route says
 * counts, with buckets of its own.
 */
public final class LocalRateLimitFactory implements HttpFilterFactory {
  static final Logger log = LoggerFactory.getLogger(LocalRateLimitFactory.class);

  private final LimitSettings.Surroundings surroundings;

  /**
   * Makes the factory.
   *
   * @param root of all statistics, as they are not under the connection manager's
   * @param bootstrap which says of which cluster this proxy is, and which has the proxies like it
   */
  public LocalRateLimitFactory(Scope root, RuntimeReader runtime, Bootstrap bootstrap) {
    String proxies = bootstrap.getClusterManager().getLocalClusterName();
    this.surroundings =
        new LimitSettings.Surroundings(
            prefix -> LimitStats.in(root, prefix),
            runtime,
            bootstrap.getNode().getCluster(),
            proxies.isEmpty() ? null : members(root, countedAs(proxies, bootstrap)));
  }

  // It is a static one, as every configuration may refer to it.
  private static String countedAs(String cluster, Bootstrap bootstrap) {
    for (Cluster each : bootstrap.getStaticResources().getClustersList()) {
      if (each.getName().equals(cluster) && !each.getAltStatName().isEmpty()) {
        return each.getAltStatName();
      }
    }
    return cluster;
  }

  private static Gauge members(Scope root, String statName) {
    return root.tagged("cluster", "envoy.cluster_name", statName.replace(':', '_'))
        .gauge("membership_total");
  }

  @Override
  public String kind() {
    return "envoy.filters.http.local_ratelimit";
  }

  @Override
  public String typeUrl() {
    return MessageTypes.url(LocalRateLimit.getDescriptor());
  }

  @Override
  public HttpFilter.Maker create(Any any, HttpFilterContext context) throws ConfigException {
    LocalRateLimit config = Unpack.as(LocalRateLimit.getDefaultInstance(), any);
    LimitSettings settings = LimitSettings.of(config, context.path(), surroundings);
    return stream -> new LocalRateLimitFilter(stream, settings);
  }

  @Override
  public Object routeConfig(Any any) throws ConfigException {
    LocalRateLimit config = Unpack.as(LocalRateLimit.getDefaultInstance(), any);
    if (!config.hasTokenBucket()) {
      throw new ConfigException("local rate limit token bucket must be set for per filter configs");
    }
    return LimitSettings.of(config, "typed_per_filter_config", surroundings);
  }
}
