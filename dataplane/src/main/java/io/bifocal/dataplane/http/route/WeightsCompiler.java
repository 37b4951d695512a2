package io.bifocal.dataplane.http.route;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.balance.MetadataCriteria;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster.ClusterWeight;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The shares of a route's weighted clusters, each of which is the route in its own way. */
final class WeightsCompiler {
  private static final long LARGEST_SUM = 0xFFFFFFFFL;

  private final io.envoyproxy.envoy.config.route.v3.Route route;
  private final WeightedCluster config;
  private final String where;
  private final Predicate<String> exists;
  private final RuntimeReader runtime;
  private final FilterOverrides overrides;

  WeightsCompiler(
      io.envoyproxy.envoy.config.route.v3.Route route,
      String where,
      Predicate<String> exists,
      RuntimeReader runtime,
      FilterOverrides overrides) {
    this.route = route;
    this.config = route.getRoute().getWeightedClusters();
    this.where = where + ".route.weighted_clusters";
    this.exists = exists;
    this.runtime = runtime;
    this.overrides = overrides;
  }

  /** The route with a choice in the place of its cluster. */
  Route compile(Route whole) throws ConfigException {
    RouteFields.check(RouteFields.WEIGHTED, config, where);
    List<ClusterChoice.Share> shares = new ArrayList<>();
    long total = 0;
    for (ClusterWeight cluster : config.getClustersList()) {
      ClusterChoice.Share share = share(cluster, whole);
      total += share.weight();
      shares.add(share);
    }
    if (total > LARGEST_SUM) {
      throw new ConfigException(
          "The sum of weights of all weighted clusters of route %s exceeds %d"
              .formatted(route.getName(), LARGEST_SUM));
    }
    if (total == 0) {
      throw new ConfigException("Sum of weights in the weighted_cluster must be greater than 0.");
    }
    return whole.to(
        new ClusterChoice.Weighted(
            shares,
            total,
            header(config.getHeaderName()),
            config.getRuntimeKeyPrefix().isEmpty() ? null : runtime));
  }

  private ClusterChoice.Share share(ClusterWeight config, Route whole) throws ConfigException {
    String at = where + ".clusters '" + config.getName() + "'";
    RouteFields.check(RouteFields.WEIGHT, config, at);
    if (config.getName().isEmpty() == config.getClusterHeader().isEmpty()) {
      throw new ConfigException(
          config.getName().isEmpty()
              ? "At least one of name or cluster_header need to be specified"
              : "Only one of name or cluster_header can be specified");
    }
    String host = config.getHostRewriteLiteral().isEmpty() ? null : config.getHostRewriteLiteral();
    if (!config.getName().isEmpty() && !exists.test(config.getName())) {
      throw new ConfigException("route: unknown weighted cluster '" + config.getName() + "'");
    }
    if (!config.hasWeight()) {
      throw new ConfigException("Field 'weight' is missing in: " + at);
    }
    Route own =
        new Route(
            whole.name(),
            whole.path(),
            whole.conditions(),
            like(
                config.getMetadataMatch(),
                whole.to(new ClusterChoice.Named(config.getName(), host)).action()),
            before(
                HeaderChanges.of(
                    config.getRequestHeadersToAddList(),
                    config.getRequestHeadersToRemoveList(),
                    at),
                whole.requestChanges()),
            before(
                HeaderChanges.of(
                    config.getResponseHeadersToAddList(),
                    config.getResponseHeadersToRemoveList(),
                    at),
                whole.responseChanges()),
            overrides.over(whole.filters(), config.getTypedPerFilterConfigMap()),
            whole.counts(),
            whole.virtualClusters(),
            whole.rateLimits(),
            whole.origin());
    return new ClusterChoice.Share(
        Integer.toUnsignedLong(config.getWeight().getValue()),
        this.config.getRuntimeKeyPrefix() + "." + config.getName(),
        own,
        header(config.getClusterHeader()),
        host);
  }

  // What is said of the cluster counts before what is said of the route.
  private static RouteAction like(Metadata wanted, RouteAction action) {
    return action instanceof RouteAction.Forward forward
        ? forward.like(
            MetadataCriteria.merged(
                forward.criteria(), wanted.getFilterMetadataMap().get(MetadataCriteria.NAMESPACE)))
        : action;
  }

  private static @Nullable AsciiString header(String name) {
    return name.isEmpty() ? null : AsciiString.cached(name.toLowerCase(Locale.ROOT));
  }

  private static List<HeaderChanges> before(HeaderChanges first, List<HeaderChanges> rest) {
    if (first.equals(HeaderChanges.NONE)) {
      return rest;
    }
    List<HeaderChanges> all = new ArrayList<>(List.of(first));
    all.addAll(rest);
    return all;
  }
}
