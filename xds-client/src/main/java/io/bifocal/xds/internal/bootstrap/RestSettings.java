package io.bifocal.xds.internal.bootstrap;

import io.bifocal.api.JavaDuration;
import io.bifocal.api.SupportedFields;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import java.time.Duration;

/**
 * How a control plane is polled: an {@code ApiConfigSource} of type {@code REST}, checked.
 *
 * @param cluster where the server is
 * @param refreshDelay between an answer and the next request, at least; at most twice that
 * @param requestTimeout how long an answer may take
 */
public record RestSettings(String cluster, Duration refreshDelay, Duration requestTimeout)
    implements SourceSettings {
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(1);

  private static final SupportedFields API =
      SupportedFields.of(ApiConfigSource.getDescriptor())
          .supports(
              "api_type",
              "transport_api_version",
              "cluster_names",
              "refresh_delay",
              "request_timeout")
          .ignores("every request tells the node in full", "set_node_on_first_message_only")
          .ignores("the refresh delay limits the requests", "rate_limit_settings");

  static RestSettings of(ApiConfigSource source, Servers servers) {
    Fields.checkNames(source, servers);
    Fields.check(API, source, "api_config_source");
    if (!source.hasRefreshDelay()) {
      throw new IllegalArgumentException(
          "refresh_delay is required for REST API configuration sources");
    }
    Duration delay = JavaDuration.of(source.getRefreshDelay());
    if (delay.isZero() || delay.isNegative()) {
      throw new IllegalArgumentException("api_config_source.refresh_delay must be positive");
    }
    String cluster = source.getClusterNames(0);
    if (!servers.knowsCluster().test(cluster)) {
      throw Fields.refused(
          " must have a statically defined non-EDS cluster: '"
              + cluster
              + "' does not exist, was added via api, or is an EDS cluster");
    }
    return new RestSettings(
        cluster,
        delay,
        source.hasRequestTimeout() ? JavaDuration.of(source.getRequestTimeout()) : REQUEST_TIMEOUT);
  }
}
