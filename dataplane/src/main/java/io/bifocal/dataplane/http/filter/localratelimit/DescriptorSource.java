package io.bifocal.dataplane.http.filter.localratelimit;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.http.filter.FilterStream;
import io.bifocal.dataplane.http.route.RateLimitDescriptor;
import io.bifocal.dataplane.http.route.RateLimitRule;
import io.bifocal.dataplane.http.route.RateLimitSubject;
import io.bifocal.dataplane.http.route.Route;
import io.bifocal.dataplane.http.route.RouteRateLimits;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.VhRateLimitsOptions;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import java.util.ArrayList;
import java.util.List;

/**
 * By which rules a request's descriptors are made: the filter's own when it has any, else those of
 * the route and of its virtual host.
 *
 * @param any whether there is a descriptor to find them
 * @param stage of the rules of routes and virtual hosts that count
 * @param hosts whether a virtual host's count
 */
record DescriptorSource(
    boolean any, List<RateLimitRule> own, int stage, VhRateLimitsOptions hosts, String ownCluster) {

  static DescriptorSource of(LocalRateLimit config, String ownCluster, String path)
      throws ConfigException {
    return new DescriptorSource(
        config.getDescriptorsCount() > 0,
        RateLimitRule.ofFilters(config.getRateLimitsList(), path + ".rate_limits"),
        config.getStage(),
        config.getVhRateLimits(),
        ownCluster);
  }

  /** A request's descriptors, in the order of the rules that make them. */
  List<RateLimitDescriptor> of(FilterStream stream) {
    if (!any) {
      return List.of();
    }
    Route route = stream.route();
    RouteRateLimits limits = route == null ? null : route.rateLimits();
    if (own.isEmpty() && limits == null) {
      return List.of();
    }
    RateLimitSubject request =
        new RateLimitSubject(stream.request(), stream.info(), stream.cluster(), ownCluster);
    List<RateLimitDescriptor> made = new ArrayList<>();
    if (!own.isEmpty()) {
      for (int i = 0; i < own.size(); i++) {
        RateLimitRule rule = own.get(i);
        if (!rule.onStreamDone()) {
          add(rule, request, made);
        }
      }
    } else if (limits != null) {
      addStaged(limits.routes(), request, made);
      if (hostsCount(limits)) {
        addStaged(limits.hosts(), request, made);
      }
    }
    return made;
  }

  private boolean hostsCount(RouteRateLimits limits) {
    return limits.includesHosts()
        || switch (hosts) {
          case INCLUDE -> true;
          case IGNORE, UNRECOGNIZED -> false;
          case OVERRIDE -> limits.routes().isEmpty();
        };
  }

  private void addStaged(
      List<RateLimitRule> rules, RateLimitSubject request, List<RateLimitDescriptor> made) {
    for (int i = 0; i < rules.size(); i++) {
      RateLimitRule rule = rules.get(i);
      // Envoy leaves out a rule with a key, whatever the runtime says.
      if (rule.stage() == stage && rule.disableKey().isEmpty()) {
        add(rule, request, made);
      }
    }
  }

  private static void add(
      RateLimitRule rule, RateLimitSubject request, List<RateLimitDescriptor> made) {
    RateLimitDescriptor descriptor = rule.descriptor(request);
    if (descriptor != null) {
      made.add(descriptor);
    }
  }
}
