package io.bifocal.dataplane.http.codec;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;

/** How much of an answer's content is to come, where its head promises it (RFC 9110, 8.6). */
final class AnswerLength {
  private static final long ANY = -1;

  private final boolean toHead;
  private long left = ANY;

  /** Nothing is promised yet in answer to a request with {@code method}. */
  AnswerLength(String method) {
    toHead = method.equals("HEAD");
  }

  /** The final head has come; if it has a length, that is a number. */
  void promise(int status, HttpHeaders head) {
    if (toHead || status == 204 || status == 304) {
      left = 0;
    } else {
      String length = head.get(HttpHeaderNames.CONTENT_LENGTH);
      left = length == null ? ANY : Long.parseLong(length);
    }
  }

  /** Whether so much more of it may come, as has now. */
  boolean admit(int bytes) {
    if (left == ANY) {
      return true;
    }
    left -= bytes;
    return left >= 0;
  }

  /** Whether this may be its end. */
  boolean isWhole() {
    return left <= 0;
  }
}
