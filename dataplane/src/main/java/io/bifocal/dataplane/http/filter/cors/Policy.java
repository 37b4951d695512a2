package io.bifocal.dataplane.http.filter.cors;

import com.google.protobuf.BoolValue;
import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.match.StringMatch;
import io.bifocal.dataplane.runtime.RuntimeFraction;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one level of a route says; empty texts and nulls leave a less specific level in force.
 *
 * @param enabled null for all requests
 * @param shadow of requests for which the policy is not in force, those that count nevertheless
 */
record Policy(
    List<StringMatch> origins,
    String methods,
    String headers,
    String exposed,
    String maxAge,
    @Nullable Boolean credentials,
    @Nullable Boolean privateNetwork,
    @Nullable Boolean forwardOthers,
    @Nullable RuntimeFraction enabled,
    @Nullable RuntimeFraction shadow) {
  private static final SupportedFields FIELDS =
      SupportedFields.of(CorsPolicy.getDescriptor())
          .supports(
              "allow_origin_string_match",
              "allow_methods",
              "allow_headers",
              "expose_headers",
              "max_age",
              "allow_credentials",
              "filter_enabled",
              "shadow_enabled",
              "allow_private_network_access",
              "forward_not_matching_preflights");

  Policy {
    origins = List.copyOf(origins);
  }

  static Policy of(CorsPolicy config, String path, RuntimeReader runtime) throws ConfigException {
    FIELDS.check(config, path);
    List<StringMatch> origins = new ArrayList<>();
    for (StringMatcher matcher : config.getAllowOriginStringMatchList()) {
      origins.add(StringMatch.of(matcher, path + ".allow_origin_string_match"));
    }
    return new Policy(
        origins,
        config.getAllowMethods(),
        config.getAllowHeaders(),
        config.getExposeHeaders(),
        config.getMaxAge(),
        config.hasAllowCredentials() ? value(config.getAllowCredentials()) : null,
        config.hasAllowPrivateNetworkAccess() ? value(config.getAllowPrivateNetworkAccess()) : null,
        config.hasForwardNotMatchingPreflights()
            ? value(config.getForwardNotMatchingPreflights())
            : null,
        config.hasFilterEnabled() ? RuntimeFraction.of(config.getFilterEnabled(), runtime) : null,
        config.hasShadowEnabled() ? RuntimeFraction.of(config.getShadowEnabled(), runtime) : null);
  }

  private static Boolean value(BoolValue wrapped) {
    return wrapped.getValue();
  }

  /** Whether this level is in force for the request that {@code random} stands for. */
  boolean isEnabled(long random) {
    return enabled == null || enabled.includes(random);
  }

  boolean isShadow(long random) {
    return shadow != null && shadow.includes(random);
  }

  // A condition that would take a star takes every origin.
  boolean allows(String origin) {
    for (int i = 0; i < origins.size(); i++) {
      if (origins.get(i).matches("*") || origins.get(i).matches(origin)) {
        return true;
      }
    }
    return false;
  }
}
