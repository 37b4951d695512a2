package io.bifocal.dataplane.http.router;

import io.netty.util.AsciiString;

/** Names of headers by which a request or an answer tells the router what to do. */
final class EnvoyHeaders {
  static final AsciiString RETRY_ON = AsciiString.cached("x-envoy-retry-on");
  static final AsciiString RETRY_GRPC_ON = AsciiString.cached("x-envoy-retry-grpc-on");
  static final AsciiString MAX_RETRIES = AsciiString.cached("x-envoy-max-retries");
  static final AsciiString RETRIABLE_STATUS_CODES =
      AsciiString.cached("x-envoy-retriable-status-codes");
  static final AsciiString RETRIABLE_HEADER_NAMES =
      AsciiString.cached("x-envoy-retriable-header-names");
  static final AsciiString HEDGE_ON_PER_TRY_TIMEOUT =
      AsciiString.cached("x-envoy-hedge-on-per-try-timeout");
  static final AsciiString RQ_TIMEOUT = AsciiString.cached("x-envoy-upstream-rq-timeout-ms");
  static final AsciiString RQ_PER_TRY_TIMEOUT =
      AsciiString.cached("x-envoy-upstream-rq-per-try-timeout-ms");
  static final AsciiString STREAM_DURATION =
      AsciiString.cached("x-envoy-upstream-stream-duration-ms");
  static final AsciiString RQ_TIMEOUT_ALT_RESPONSE =
      AsciiString.cached("x-envoy-upstream-rq-timeout-alt-response");
  static final AsciiString IS_TIMEOUT_RETRY = AsciiString.cached("x-envoy-is-timeout-retry");
  static final AsciiString INTERNAL = AsciiString.cached("x-envoy-internal");
  static final AsciiString RATE_LIMITED = AsciiString.cached("x-envoy-ratelimited");
  static final AsciiString UPSTREAM_CANARY = AsciiString.cached("x-envoy-upstream-canary");
  static final AsciiString UPSTREAM_ALT_STAT_NAME =
      AsciiString.cached("x-envoy-upstream-alt-stat-name");
  static final AsciiString DROP_OVERLOAD = AsciiString.cached("x-envoy-drop-overload");
  static final AsciiString UNCONDITIONAL_DROP_OVERLOAD =
      AsciiString.cached("x-envoy-unconditional-drop-overload");
  static final AsciiString ORIGINAL_URL = AsciiString.cached("x-envoy-original-url");
  static final AsciiString IMMEDIATE_HEALTH_CHECK_FAIL =
      AsciiString.cached("x-envoy-immediate-health-check-fail");
  static final AsciiString GRPC_TIMEOUT = AsciiString.cached("grpc-timeout");
  static final AsciiString GRPC_STATUS = AsciiString.cached("grpc-status");

  private EnvoyHeaders() {}

  /** A number without a sign, or -1 when it is none. */
  static long number(CharSequence text) {
    int length = text.length();
    if (length == 0 || length > 18) {
      return -1;
    }
    long number = 0;
    for (int i = 0; i < length; i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      number = number * 10 + digit;
    }
    return number;
  }
}
