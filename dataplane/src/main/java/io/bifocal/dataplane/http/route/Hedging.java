package io.bifocal.dataplane.http.route;

import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.envoyproxy.envoy.config.route.v3.HedgePolicy;

/**
 * Whether a try that takes too long goes on beside the next one ({@code hedge_policy}).
 *
 * @param onPerTryTimeout {@code hedge_on_per_try_timeout}
 */
public record Hedging(boolean onPerTryTimeout) {
  private static final String NOT_BY_ENVOY = "nor does Envoy use it";

  static final SupportedFields FIELDS =
      SupportedFields.of(HedgePolicy.getDescriptor())
          .supports("hedge_on_per_try_timeout")
          .ignores(NOT_BY_ENVOY, "initial_requests", "additional_request_chance");

  static Hedging of(HedgePolicy config, String where) throws ConfigException {
    RouteFields.check(FIELDS, config, where);
    return new Hedging(config.getHedgeOnPerTryTimeout());
  }
}
