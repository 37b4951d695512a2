package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.http.route.Timeouts;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;

/**
 * How long a stream may take, by its route ({@code max_stream_duration}). Source: Envoy's {@code
 * refreshDurationTimeout}.
 */
public final class StreamDurations {
  private StreamDurations() {}

  /**
   * In nanoseconds from the stream's beginning; zero for ever.
   *
   * @param otherwise when the route does not say
   */
  public static long of(Timeouts timeouts, HttpHeaders headers, long otherwise) {
    Timeouts.GrpcBound bound = timeouts.grpc();
    long asked = bound == null ? 0 : GrpcTimeouts.of(headers);
    if (bound != null && asked > 0) {
      long most = bound.most().toMillis();
      long millis = most == 0 ? asked : Math.min(asked, most);
      long offset = bound.offset().toMillis();
      return Duration.ofMillis(offset < millis ? millis - offset : millis).toNanos();
    }
    Duration stream = timeouts.stream();
    return stream == null ? otherwise : stream.toNanos();
  }
}
