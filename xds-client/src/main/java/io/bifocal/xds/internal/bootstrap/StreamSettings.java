package io.bifocal.xds.internal.bootstrap;

import io.bifocal.api.JavaDuration;
import io.bifocal.api.SupportedFields;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource.ApiType;
import io.envoyproxy.envoy.config.core.v3.BackoffStrategy;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.RateLimitSettings;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How to speak to a control plane over gRPC: an {@code ApiConfigSource}, checked.
 *
 * @param delta whether incrementally
 * @param service where the server is
 * @param failover who is asked when it does not answer; null for nobody
 * @param nodeOnFirstMessageOnly whether later requests of a stream go without the node
 * @param backoffBase bound of the first delay before a broken stream is opened again
 * @param backoffMax bound of all of them
 * @param rate of requests; null for no limit
 */
public record StreamSettings(
    boolean delta,
    GrpcService service,
    @Nullable GrpcService failover,
    boolean nodeOnFirstMessageOnly,
    Duration backoffBase,
    Duration backoffMax,
    @Nullable Rate rate)
    implements SourceSettings {

  /** At most {@code burst} requests at once, and {@code perSecond} in the long run. */
  public record Rate(double burst, double perSecond) {}

  private static final Duration BACKOFF_BASE = Duration.ofMillis(500);
  private static final Duration BACKOFF_MAX = Duration.ofSeconds(30);

  private static final SupportedFields API =
      SupportedFields.of(ApiConfigSource.getDescriptor())
          .supports(
              "api_type",
              "transport_api_version",
              "grpc_services",
              "set_node_on_first_message_only",
              "rate_limit_settings")
          .ignores("only REST has use for it", "refresh_delay", "request_timeout");
  private static final SupportedFields SERVICE =
      SupportedFields.of(GrpcService.getDescriptor())
          .supports("envoy_grpc", "google_grpc", "initial_metadata")
          .ignores("a stream of resources has no end", "timeout")
          .ignores("the policy of envoy_grpc is obeyed", "retry_policy");
  private static final SupportedFields ENVOY =
      SupportedFields.of(GrpcService.EnvoyGrpc.getDescriptor())
          .supports("cluster_name", "authority", "retry_policy", "max_receive_message_length")
          .ignores("no such headers are sent", "skip_envoy_headers");

  /**
   * Checks the server of the aggregated stream.
   *
   * @throws IllegalArgumentException when it is not gRPC, names the wrong servers, or asks for what
   *     is not served, saying so
   */
  public static StreamSettings ofAds(ApiConfigSource source, Servers servers) {
    ApiType api = source.getApiType();
    if (api != ApiType.GRPC && api != ApiType.DELTA_GRPC) {
      throw Fields.refused(" type must be of non-aggregated gRPC");
    }
    return of(source, servers);
  }

  static StreamSettings of(ApiConfigSource source, Servers servers) {
    Fields.checkNames(source, servers);
    GrpcService service = source.getGrpcServices(0);
    Fields.check(API, source, "api_config_source");
    for (int i = 0; i < source.getGrpcServicesCount(); i++) {
      checkService(source.getGrpcServices(i), "api_config_source.grpc_services[" + i + "]");
      checkCluster(source.getGrpcServices(i), servers);
    }
    Duration base = BACKOFF_BASE;
    Duration max = BACKOFF_MAX;
    if (service.hasEnvoyGrpc() && service.getEnvoyGrpc().getRetryPolicy().hasRetryBackOff()) {
      BackoffStrategy given = service.getEnvoyGrpc().getRetryPolicy().getRetryBackOff();
      base = JavaDuration.of(given.getBaseInterval());
      max =
          given.hasMaxInterval() ? JavaDuration.of(given.getMaxInterval()) : base.multipliedBy(10);
      if (base.isZero() || base.isNegative() || max.compareTo(base) < 0) {
        throw new IllegalArgumentException(
            "retry_back_off: max_interval must be greater than or equal to the base_interval,"
                + " which must be positive");
      }
    }
    return new StreamSettings(
        source.getApiType() == ApiType.DELTA_GRPC,
        service,
        source.getGrpcServicesCount() > 1 ? source.getGrpcServices(1) : null,
        source.getSetNodeOnFirstMessageOnly(),
        base,
        max,
        source.hasRateLimitSettings() ? rate(source.getRateLimitSettings()) : null);
  }

  /** The server, and its failover if there is one. */
  public List<GrpcService> servers() {
    return failover == null ? List.of(service) : List.of(service, failover);
  }

  private static void checkService(GrpcService service, String path) {
    Fields.check(SERVICE, service, path);
    if (service.hasEnvoyGrpc()) {
      Fields.check(ENVOY, service.getEnvoyGrpc(), path + ".envoy_grpc");
    }
    if (service.hasGoogleGrpc()) {
      GoogleFields.check(service.getGoogleGrpc(), path + ".google_grpc");
    }
  }

  private static void checkCluster(GrpcService service, Servers servers) {
    String cluster = service.getEnvoyGrpc().getClusterName();
    if (service.hasEnvoyGrpc() && !servers.knowsCluster().test(cluster)) {
      throw new IllegalArgumentException("Unknown gRPC client cluster '" + cluster + "'");
    }
  }

  private static Rate rate(RateLimitSettings settings) {
    double perSecond = settings.hasFillRate() ? settings.getFillRate().getValue() : 10;
    if (!(perSecond > 0)) {
      throw new IllegalArgumentException("rate_limit_settings.fill_rate must be greater than 0");
    }
    return new Rate(
        settings.hasMaxTokens() ? Math.max(1, settings.getMaxTokens().getValue()) : 100, perSecond);
  }
}
