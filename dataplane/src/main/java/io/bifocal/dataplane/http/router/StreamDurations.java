package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.http.route.Timeouts;
import io.bifocal.dataplane.stream.GrpcStatus;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;

/**
 * How long a stream may take, by its route ({@code max_stream_duration}). Source: Envoy's {@code
 * refreshDurationTimeout}.
 */
public final class StreamDurations {
  private static final long AT_ONCE = 1;

  private StreamDurations() {}

  /**
   * In nanoseconds from the stream's beginning; zero for ever. If it is a call, its upstream is
   * told.
   *
   * @param otherwise when the route does not say
   */
  public static long of(Timeouts timeouts, HttpHeaders headers, long otherwise) {
    Timeouts.GrpcBound bound = timeouts.grpc();
    long asked = bound == null ? -1 : GrpcTimeouts.of(headers);
    if (bound != null && asked >= 0) {
      long most = bound.most().toMillis();
      long millis = most == 0 ? asked : Math.min(asked, most);
      long left = Math.max(0, millis - bound.offset().toMillis());
      tell(left, headers);
      return left == 0 ? AT_ONCE : Duration.ofMillis(left).toNanos();
    }
    Duration stream = timeouts.stream();
    if (stream == null) {
      return otherwise;
    }
    if (!stream.isZero()) {
      tell(stream.toMillis(), headers);
    }
    return stream.toNanos();
  }

  private static void tell(long millis, HttpHeaders headers) {
    if (GrpcStatus.isCall(headers)) {
      GrpcTimeouts.tell(millis, headers);
    }
  }
}
