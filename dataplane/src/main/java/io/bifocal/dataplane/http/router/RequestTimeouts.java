package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.http.codec.HeaderNames;
import io.bifocal.dataplane.http.route.Hedging;
import io.bifocal.dataplane.http.route.RetryPolicy;
import io.bifocal.dataplane.http.route.RouteAction;
import io.bifocal.dataplane.http.route.Timeouts.GrpcBound;
import io.bifocal.dataplane.stream.GrpcStatus;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.time.Duration;

/**
 * How long a request and its tries may take, as its route and its own headers have it;
 * milliseconds, 0 for ever. Source: Envoy's {@code FilterUtility::finalTimeout}.
 */
final class RequestTimeouts {
  /** From the request's end to the answer's. */
  final long whole;

  /** Until the answer of one try begins. */
  final long perTry;

  /** Without anything from the upstream within a try. */
  final long perTryIdle;

  /** Whether a try that takes too long goes on beside the next one. */
  final boolean hedge;

  /** What a client gets when it took too long. */
  final int status;

  // What the request itself says instead of the cluster; negative when it does not.
  private final long stream;
  private final boolean tell;
  private final boolean tellGrpc;

  /** Takes out of the headers what was meant for the router, and tells the upstream its time. */
  RequestTimeouts(RouteAction.Forward route, HttpHeaders headers, RouterSettings settings) {
    GrpcBound bound = route.timeouts().grpcRoute();
    this.tell = !settings.suppressHeaders();
    this.tellGrpc = bound != null && GrpcStatus.isCall(headers);
    long all = tellGrpc && bound != null ? bounded(bound, headers) : route.timeout().toMillis();
    String expected =
        settings.respectExpectedTimeout()
            ? headers.get(HeaderNames.X_ENVOY_EXPECTED_RQ_TIMEOUT_MS)
            : null;
    if (expected != null) {
      long wanted = EnvoyHeaders.number(expected);
      all = wanted < 0 ? all : wanted;
    } else {
      all = take(headers, EnvoyHeaders.RQ_TIMEOUT, all);
    }
    RetryPolicy retry = route.retry();
    long one = retry == null ? 0 : retry.perTryTimeout().toMillis();
    one = take(headers, EnvoyHeaders.RQ_PER_TRY_TIMEOUT, one);
    this.whole = all;
    this.perTry = all != 0 && one >= all ? 0 : one;
    this.perTryIdle = retry == null ? 0 : retry.perTryIdleTimeout().toMillis();
    this.stream = take(headers, EnvoyHeaders.STREAM_DURATION, -1);
    this.hedge = hedge(route.hedging(), headers);
    this.status = headers.contains(EnvoyHeaders.RQ_TIMEOUT_ALT_RESPONSE) ? 204 : 504;
    if (status == 204) {
      headers.remove(EnvoyHeaders.RQ_TIMEOUT_ALT_RESPONSE);
    }
    tell(headers, 0);
  }

  /** How long one try may take in all, if the cluster has it so; zero for ever. */
  Duration stream(Duration clusters) {
    return stream < 0 ? clusters : Duration.ofMillis(stream);
  }

  private static long bounded(GrpcBound bound, HttpHeaders headers) {
    long asked = Math.max(0, GrpcTimeouts.of(headers));
    long offset = bound.offset().toMillis();
    if (offset < asked) {
      asked -= offset;
    }
    long most = bound.most().toMillis();
    return most != 0 && (asked == 0 || asked > most) ? most : asked;
  }

  private static long take(HttpHeaders headers, AsciiString name, long otherwise) {
    String value = headers.get(name);
    if (value == null) {
      return otherwise;
    }
    headers.remove(name);
    long number = EnvoyHeaders.number(value);
    return number < 0 ? otherwise : number;
  }

  private static boolean hedge(
      @org.jspecify.annotations.Nullable Hedging hedging, HttpHeaders headers) {
    String value = headers.get(EnvoyHeaders.HEDGE_ON_PER_TRY_TIMEOUT);
    if (value != null && (value.equals("true") || value.equals("false"))) {
      return value.equals("true");
    }
    return hedging != null && hedging.onPerTryTimeout();
  }

  /**
   * Tells the upstream how long it has for the next try.
   *
   * @param elapsed since the request's end
   */
  void tell(HttpHeaders headers, long elapsed) {
    long expected = hedge || perTry == 0 ? whole : perTry;
    if (expected == 0) {
      return;
    }
    if (whole > 0) {
      // Out of time: zero would be for ever.
      expected = elapsed >= whole ? 1 : Math.min(expected, whole - elapsed);
    }
    if (tell) {
      headers.set(HeaderNames.X_ENVOY_EXPECTED_RQ_TIMEOUT_MS, Long.toString(expected));
    }
    if (tellGrpc) {
      GrpcTimeouts.tell(expected, headers);
    }
  }
}
