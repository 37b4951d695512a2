package io.bifocal.dataplane.http.route;

import io.bifocal.api.ConfigException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a route and its virtual host say of limits ({@code rate_limits}).
 *
 * @param includesHosts whether the virtual host's count beside the route's, whatever the filter
 *     says
 */
public record RouteRateLimits(
    List<RateLimitRule> routes, List<RateLimitRule> hosts, boolean includesHosts) {

  public RouteRateLimits {
    routes = List.copyOf(routes);
    hosts = List.copyOf(hosts);
  }

  /**
   * Those of one route; null when there are none, as when it forwards nothing.
   *
   * @param hosts of its virtual host
   */
  @SuppressWarnings("deprecation") // what takes its place is a filter of its own
  static @Nullable RouteRateLimits of(
      io.envoyproxy.envoy.config.route.v3.Route route, List<RateLimitRule> hosts, String path)
      throws ConfigException {
    var action = route.getRoute();
    List<RateLimitRule> own =
        RateLimitRule.ofRoutes(action.getRateLimitsList(), path + ".route.rate_limits");
    return own.isEmpty() && (hosts.isEmpty() || !route.hasRoute())
        ? null
        : new RouteRateLimits(own, hosts, action.getIncludeVhRateLimits().getValue());
  }
}
