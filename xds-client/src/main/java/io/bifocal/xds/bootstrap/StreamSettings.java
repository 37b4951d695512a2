package io.bifocal.xds.bootstrap;

import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource.ApiType;
import io.envoyproxy.envoy.config.core.v3.BackoffStrategy;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.RateLimitSettings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How to speak to a control plane over gRPC: an {@code ApiConfigSource}, checked.
 *
 * @param delta whether incrementally
 * @param service where the server is
 * @param nodeOnFirstMessageOnly whether later requests of a stream go without the node
 * @param backoffBase bound of the first delay before a broken stream is opened again
 * @param backoffMax bound of all of them
 * @param rate of requests; null for no limit
 */
public record StreamSettings(
    boolean delta,
    GrpcService service,
    boolean nodeOnFirstMessageOnly,
    Duration backoffBase,
    Duration backoffMax,
    @Nullable Rate rate) {

  /** At most {@code burst} requests at once, and {@code perSecond} in the long run. */
  public record Rate(double burst, double perSecond) {}

  private static final Duration BACKOFF_BASE = Duration.ofMillis(500);
  private static final Duration BACKOFF_MAX = Duration.ofSeconds(30);

  /**
   * Checks.
   *
   * @throws IllegalArgumentException when it is not gRPC, or not exactly one service, saying so
   */
  public static StreamSettings of(ApiConfigSource source) {
    ApiType api = source.getApiType();
    if (api != ApiType.GRPC && api != ApiType.DELTA_GRPC) {
      throw new IllegalArgumentException(
          "api_type " + api + " is not served: GRPC and DELTA_GRPC are");
    }
    if (source.getGrpcServicesCount() != 1) {
      throw new IllegalArgumentException(
          api
              + (source.getGrpcServicesCount() == 0
                  ? " must have one gRPC service specified: none is"
                  : " must have no more than 1 gRPC services specified"));
    }
    GrpcService service = source.getGrpcServices(0);
    Duration base = BACKOFF_BASE;
    Duration max = BACKOFF_MAX;
    if (service.hasEnvoyGrpc() && service.getEnvoyGrpc().getRetryPolicy().hasRetryBackOff()) {
      BackoffStrategy given = service.getEnvoyGrpc().getRetryPolicy().getRetryBackOff();
      base = duration(given.getBaseInterval());
      max = given.hasMaxInterval() ? duration(given.getMaxInterval()) : base.multipliedBy(10);
      if (base.isZero() || base.isNegative() || max.compareTo(base) < 0) {
        throw new IllegalArgumentException(
            "retry_back_off: max_interval must be greater than or equal to the base_interval,"
                + " which must be positive");
      }
    }
    return new StreamSettings(
        api == ApiType.DELTA_GRPC,
        service,
        source.getSetNodeOnFirstMessageOnly(),
        base,
        max,
        source.hasRateLimitSettings() ? rate(source.getRateLimitSettings()) : null);
  }

  private static Rate rate(RateLimitSettings settings) {
    double perSecond = settings.hasFillRate() ? settings.getFillRate().getValue() : 10;
    if (!(perSecond > 0)) {
      throw new IllegalArgumentException("rate_limit_settings.fill_rate must be greater than 0");
    }
    return new Rate(
        settings.hasMaxTokens() ? Math.max(1, settings.getMaxTokens().getValue()) : 100, perSecond);
  }

  private static Duration duration(com.google.protobuf.Duration duration) {
    return Duration.ofNanos(Durations.toNanos(duration));
  }
}
