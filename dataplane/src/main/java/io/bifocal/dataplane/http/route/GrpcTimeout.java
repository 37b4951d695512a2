package io.bifocal.dataplane.http.route;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.netty.util.AsciiString;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** {@code grpc-timeout}, by which a client says how long it waits. Source: gRPC over HTTP/2. */
final class GrpcTimeout {
  private static final AsciiString NAME = AsciiString.cached("grpc-timeout");
  private static final long MOST_DIGITS = 99_999_999;

  private GrpcTimeout() {}

  /** Null when there is none that can be read. */
  static @Nullable Duration of(RequestHead head) {
    String text = head.headers.get(NAME);
    if (text == null || text.length() < 2) {
      return null;
    }
    long number;
    try {
      number = Long.parseLong(text.substring(0, text.length() - 1));
    } catch (NumberFormatException e) {
      return null;
    }
    if (number < 0 || number > MOST_DIGITS) {
      return null;
    }
    return switch (text.charAt(text.length() - 1)) {
      case 'H' -> Duration.ofHours(number);
      case 'M' -> Duration.ofMinutes(number);
      case 'S' -> Duration.ofSeconds(number);
      case 'm' -> Duration.ofMillis(number);
      case 'u' -> Duration.ofMillis((number + 999) / 1000);
      case 'n' -> Duration.ofMillis((number + 999_999) / 1_000_000);
      default -> null;
    };
  }
}
