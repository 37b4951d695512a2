package io.bifocal.dataplane.http.route;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.config.route.v3.CorsPolicy;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import java.util.ArrayList;
import java.util.List;

/**
 * Policies in the fields {@code cors} of a virtual host and its routes, from before filters had
 * configurations there. They count where {@code typed_per_filter_config} says nothing to the
 * filter.
 */
final class CorsFields {
  private static final String FILTER = "envoy.filters.http.cors";

  private final RouteContext.FilterConfigs reader;
  private final List<Object> ofHost = new ArrayList<>(1);

  /** Of a virtual host, whose policy all its routes have in common. */
  @SuppressWarnings("deprecation") // control planes still send them
  CorsFields(RouteContext.FilterConfigs reader, VirtualHost host) throws ConfigException {
    this.reader = reader;
    if (host.hasCors()) {
      add(host.getCors(), ofHost);
    }
  }

  /** What is said to a route, the most specific last. */
  @SuppressWarnings("deprecation")
  List<Object> of(io.envoyproxy.envoy.config.route.v3.RouteAction action) throws ConfigException {
    if (!action.hasCors()) {
      return ofHost;
    }
    List<Object> policies = new ArrayList<>(ofHost);
    add(action.getCors(), policies);
    return policies;
  }

  private void add(CorsPolicy policy, List<Object> policies) throws ConfigException {
    Object read = reader.read(FILTER, Any.pack(successor(policy)));
    if (read != null) {
      policies.add(read);
    }
  }

  private static io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy successor(
      CorsPolicy old) {
    var policy =
        io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy.newBuilder()
            .addAllAllowOriginStringMatch(old.getAllowOriginStringMatchList())
            .setAllowMethods(old.getAllowMethods())
            .setAllowHeaders(old.getAllowHeaders())
            .setExposeHeaders(old.getExposeHeaders())
            .setMaxAge(old.getMaxAge());
    if (old.hasAllowCredentials()) {
      policy.setAllowCredentials(old.getAllowCredentials());
    }
    if (old.hasFilterEnabled()) {
      policy.setFilterEnabled(old.getFilterEnabled());
    }
    if (old.hasShadowEnabled()) {
      policy.setShadowEnabled(old.getShadowEnabled());
    }
    if (old.hasAllowPrivateNetworkAccess()) {
      policy.setAllowPrivateNetworkAccess(old.getAllowPrivateNetworkAccess());
    }
    if (old.hasForwardNotMatchingPreflights()) {
      policy.setForwardNotMatchingPreflights(old.getForwardNotMatchingPreflights());
    }
    return policy.build();
  }
}
