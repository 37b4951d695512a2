package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.http.codec.HeaderNames;
import io.bifocal.dataplane.http.route.InternalRedirects;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.function.Consumer;

/**
 * What becomes of the head of an upstream's answer: another try follows it, or another request, or
 * the client gets it. Source: Envoy's {@code Filter::onUpstreamHeaders}.
 */
final class UpstreamAnswer {
  private UpstreamAnswer() {}

  static void onHead(
      RouterRequest router, UpstreamRequest attempt, int status, HttpHeaders headers, boolean end) {
    if (isFailedHandshake(router, status)) {
      refuseHandshake(router, status, headers);
    } else if (!router.accepts(attempt, status, headers)) {
      router.tries.remove(attempt);
      attempt.drop();
    } else if (!isFollowed(router, attempt, status, headers)) {
      pass(router, attempt, status, headers, end);
    }
  }

  // A refusal is passed on whole; any other answer but 101 cannot be what the client waits for.
  private static boolean isFailedHandshake(RouterRequest router, int status) {
    String upgrade = router.downstream.request().upgrade;
    return upgrade != null
        && status < 400
        && status != 101
        && upgrade.equalsIgnoreCase("websocket");
  }

  private static void refuseHandshake(RouterRequest router, int status, HttpHeaders headers) {
    router.cancel();
    headers.remove(HttpHeaderNames.CONTENT_LENGTH);
    headers.remove(HttpHeaderNames.CONTENT_TYPE);
    headers.remove(HttpHeaderNames.TRANSFER_ENCODING);
    router.downstream.info().responseCodeDetails = "websocket_handshake_unsuccessful";
    router.downstream.respondHead(status, headers, true);
    router.downstream.flush();
  }

  /** Whether it is a redirect that is followed here; then the router's request is over. */
  private static boolean isFollowed(
      RouterRequest router, UpstreamRequest attempt, int status, HttpHeaders headers) {
    InternalRedirects redirects = router.route.internalRedirects();
    if (redirects == null || !redirects.statuses().contains(status)) {
      return false;
    }
    RequestBody body = router.body;
    Consumer<ByteBuf> next =
        body.ended() && body.replayable()
            ? router.downstream.redirection(redirects, status, headers)
            : null;
    if (next == null) {
      router.cluster.stats().internalRedirectFailed.inc();
      return false;
    }
    router.cluster.stats().internalRedirectSucceeded.inc();
    ByteBuf whole = body.take();
    router.tries.remove(attempt);
    attempt.drop();
    router.cancel();
    if (status == 303 && !isRead(router.downstream.request().method)) {
      whole.release();
      whole = Unpooled.EMPTY_BUFFER;
    }
    next.accept(whole);
    return true;
  }

  private static boolean isRead(String method) {
    return method.equals("GET") || method.equals("HEAD");
  }

  /** It is the one that the client gets. */
  private static void pass(
      RouterRequest router, UpstreamRequest attempt, int status, HttpHeaders headers, boolean end) {
    DownstreamStream downstream = router.downstream;
    router.settleOn(attempt);
    router.charges.answered(status, attempt.host(), headers, end);
    router.body.forget();
    attempt.answer();
    if (router.attempts() > 1) {
      attempt.tell(downstream.info());
    }
    downstream.info().responseCodeDetails = "via_upstream";
    long took = router.relay.sinceEnd(downstream.info().firstUpstreamRxNanos);
    if (took >= 0 && !router.here.settings().suppressHeaders()) {
      headers.set(HeaderNames.X_ENVOY_UPSTREAM_SERVICE_TIME, Long.toString(took / 1_000_000));
    }
    router.attempts.tell(headers);
    if (end) {
      router.onUpstreamEnd(attempt, null);
    }
    downstream.respondHead(status, headers, end);
    if (end) {
      downstream.flush();
    }
  }
}
