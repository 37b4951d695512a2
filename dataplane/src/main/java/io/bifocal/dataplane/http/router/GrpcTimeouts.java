package io.bifocal.dataplane.http.router;

import io.netty.handler.codec.http.HttpHeaders;

/** The header {@code grpc-timeout}; milliseconds. Source: gRPC over HTTP/2, "Requests". */
final class GrpcTimeouts {
  private static final long MOST = 99_999_999;

  private GrpcTimeouts() {}

  /** What the client asks for; negative when it does not. */
  static long of(HttpHeaders headers) {
    String text = headers.get(EnvoyHeaders.GRPC_TIMEOUT);
    if (text == null || text.length() < 2 || text.length() > 9) {
      return -1;
    }
    int last = text.length() - 1;
    long number = EnvoyHeaders.number(text.substring(0, last));
    if (number < 0) {
      return -1;
    }
    return switch (text.charAt(last)) {
      case 'H' -> number * 3_600_000;
      case 'M' -> number * 60_000;
      case 'S' -> number * 1000;
      case 'm' -> number;
      case 'u' -> (number + 999) / 1000;
      case 'n' -> (number + 999_999) / 1_000_000;
      default -> -1;
    };
  }

  /** Tells the upstream how long it has; in the largest unit that is needed for eight digits. */
  static void tell(long millis, HttpHeaders headers) {
    long time = millis;
    char unit = 'm';
    if (time > MOST) {
      time /= 1000;
      unit = 'S';
    }
    if (time > MOST) {
      time /= 60;
      unit = 'M';
    }
    if (time > MOST) {
      time = Math.min(MOST, time / 60);
      unit = 'H';
    }
    headers.set(EnvoyHeaders.GRPC_TIMEOUT, time + String.valueOf(unit));
  }
}
