package io.bifocal.dataplane.extension;

import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/** A number that a request's id stands for: the same at every proxy that the request passes. */
final class RequestIdChance {
  private static final int UUID_LENGTH = 36;
  private static final int DIGITS = 8;

  private RequestIdChance() {}

  /** Not negative; −1 where there is no id, or none that begins as a UUID does. */
  static long of(@Nullable HttpHeaders request) {
    String id = request == null ? null : request.get("x-request-id");
    if (id == null || id.length() != UUID_LENGTH) {
      return -1;
    }
    long number = 0;
    for (int i = 0; i < DIGITS; i++) {
      int digit = Character.digit(id.charAt(i), 16);
      if (digit < 0) {
        return -1;
      }
      number = number * 16 + digit;
    }
    return number;
  }
}
