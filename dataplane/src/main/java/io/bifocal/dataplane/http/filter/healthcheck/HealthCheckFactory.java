package io.bifocal.dataplane.http.filter.healthcheck;

import com.google.protobuf.Any;
import com.google.protobuf.util.Durations;
import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.SupportedFields;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.bifocal.dataplane.http.filter.HttpFilterContext;
import io.bifocal.dataplane.http.filter.HttpFilterFactory;
import io.bifocal.dataplane.http.route.HeaderMatch;
import io.bifocal.dataplane.stats.StatsStore;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.extensions.filters.http.health_check.v3.HealthCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Makes {@code envoy.filters.http.health_check}. */
public final class HealthCheckFactory implements HttpFilterFactory {
  private static final SupportedFields FIELDS =
      SupportedFields.of(HealthCheck.getDescriptor())
          .supports(
              "pass_through_mode", "cache_time", "cluster_min_healthy_percentages", "headers");

  private final StatsStore stats;
  private final String ownCluster;
  private final BooleanSupplier failing;

  /**
   * Makes the factory.
   *
   * @param stats where the members of clusters are counted
   * @param ownCluster the cluster that this proxy belongs to
   * @param failing whether an operator wants this proxy to fail; on any thread
   */
  public HealthCheckFactory(StatsStore stats, String ownCluster, BooleanSupplier failing) {
    this.stats = stats;
    this.ownCluster = ownCluster;
    this.failing = failing;
  }

  @Override
  public String kind() {
    return "envoy.filters.http.health_check";
  }

  @Override
  public String typeUrl() {
    return MessageTypes.url(HealthCheck.getDescriptor());
  }

  @Override
  public HttpFilter.Maker create(Any any, HttpFilterContext context) throws ConfigException {
    HealthCheck config = Unpack.as(HealthCheck.getDefaultInstance(), any);
    FIELDS.check(config, context.path());
    boolean passThrough = config.getPassThroughMode().getValue();
    if (!passThrough && config.hasCacheTime()) {
      throw new ConfigException("cache_time_ms must not be set when path_through_mode is disabled");
    }
    if (passThrough && config.getClusterMinHealthyPercentagesCount() > 0) {
      throw new ConfigException(
          "cluster_min_healthy_percentages must not be set when path_through_mode is enabled");
    }
    List<HeaderMatch> headers = new ArrayList<>();
    for (HeaderMatcher header : config.getHeadersList()) {
      headers.add(HeaderMatch.of(header, context.path() + ".headers"));
    }
    HealthCheckStats counters = HealthCheckStats.in(context.scope());
    AnswerCache cache =
        config.hasCacheTime()
            ? new AnswerCache(Duration.ofNanos(Durations.toNanos(config.getCacheTime())))
            : null;
    Members members = members(config);
    HealthCheckConfig read =
        new HealthCheckConfig(passThrough, headers, cache, members, ownCluster, failing, counters);
    return stream -> new HealthCheckFilter(stream, read);
  }

  private @Nullable Members members(HealthCheck config) {
    if (config.getClusterMinHealthyPercentagesCount() == 0) {
      return null;
    }
    TreeMap<String, Integer> least = new TreeMap<>();
    config
        .getClusterMinHealthyPercentagesMap()
        .forEach((name, percent) -> least.put(name, (int) percent.getValue()));
    return new Members(stats, least);
  }
}
