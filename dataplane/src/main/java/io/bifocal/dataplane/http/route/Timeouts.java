package io.bifocal.dataplane.http.route;

import io.bifocal.api.JavaDuration;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long a route's requests may take. Null is not configured; zero is for ever.
 *
 * @param route {@code timeout}, from the request's end to the answer's
 * @param idle {@code idle_timeout} of the stream, instead of the connection manager's
 * @param stream {@code max_stream_duration}, instead of the connection manager's
 * @param grpc how a client's {@code grpc-timeout} bounds the stream; null for not at all
 * @param grpcRoute how it takes the place of {@code route} ({@code max_grpc_timeout})
 */
public record Timeouts(
    Duration route,
    @Nullable Duration idle,
    @Nullable Duration stream,
    @Nullable GrpcBound grpc,
    @Nullable GrpcBound grpcRoute) {
  private static final Duration DEFAULT = Duration.ofSeconds(15);

  /**
   * What a client may ask for by {@code grpc-timeout}.
   *
   * @param most zero for anything
   * @param offset taken off what is asked for
   */
  public record GrpcBound(Duration most, Duration offset) {}

  @SuppressWarnings("deprecation") // control planes still send the old pair
  static Timeouts of(RouteAction action) {
    RouteAction.MaxStreamDuration stream = action.getMaxStreamDuration();
    return new Timeouts(
        route(action),
        action.hasIdleTimeout() ? JavaDuration.of(action.getIdleTimeout()) : null,
        stream.hasMaxStreamDuration() ? JavaDuration.of(stream.getMaxStreamDuration()) : null,
        stream.hasGrpcTimeoutHeaderMax()
            ? new GrpcBound(
                JavaDuration.of(stream.getGrpcTimeoutHeaderMax()),
                JavaDuration.of(stream.getGrpcTimeoutHeaderOffset()))
            : null,
        action.hasMaxGrpcTimeout() && !action.hasMaxStreamDuration()
            ? new GrpcBound(
                JavaDuration.of(action.getMaxGrpcTimeout()),
                JavaDuration.of(action.getGrpcTimeoutOffset()))
            : null);
  }

  // What bounds the stream takes its place.
  private static Duration route(RouteAction action) {
    if (action.hasMaxStreamDuration()) {
      return Duration.ZERO;
    }
    return action.hasTimeout() ? JavaDuration.of(action.getTimeout()) : DEFAULT;
  }
}
