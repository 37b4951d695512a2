package io.bifocal.dataplane.http;

import io.bifocal.dataplane.http.codec.Protocol;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.codec.RequestReceiver;
import io.bifocal.dataplane.http.codec.ResetReason;
import io.bifocal.dataplane.http.codec.ResponseSender;
import io.bifocal.dataplane.http.filter.FilterChain;
import io.bifocal.dataplane.http.filter.LocalReply;
import io.bifocal.dataplane.http.filter.StreamFilters;
import io.bifocal.dataplane.http.route.InternalRedirects;
import io.bifocal.dataplane.http.route.Route;
import io.bifocal.dataplane.http.route.RouteTable;
import io.bifocal.dataplane.http.router.RouterRequest;
import io.bifocal.dataplane.stream.StreamInfo;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request from its head to the end of its answer: it is checked, routed, watched by its
 * deadlines, and counted and logged when it is over. Confined to the worker's loop.
 */
final class Exchange implements RequestReceiver {
  final HttpConnection connection;
  final StreamInfo info = new StreamInfo();
  private final Protocol protocol;
  private final StreamDeadlines deadlines;
  private final HttpStats stats;
  private final Response response;
  private @Nullable RequestHead request;
  private @Nullable RouterRequest router;
  private @Nullable Route route;
  // Null when there is nothing but the router.
  private @Nullable StreamFilters filters;
  private Origin origin = Origin.EXTERNAL;
  private long random;
  // Null until a redirect has been followed.
  private @Nullable InternalRedirect redirects;
  // What serves on after a redirect; null until then.
  private @Nullable Exchange successor;
  private boolean requestEnded;
  private boolean upgraded;
  private boolean ended;

  Exchange(HttpConnection connection, ResponseSender sender) {
    this.connection = connection;
    this.stats = connection.stats;
    this.protocol = sender.protocol();
    this.deadlines = connection.streamDeadlines.take(this);
    this.response = new Response(this, sender);
  }

  RequestHead request() {
    RequestHead head = request;
    if (head == null) {
      throw new IllegalStateException("no request yet");
    }
    return head;
  }

  /** Whether the request is whole. */
  boolean requestEnded() {
    return requestEnded;
  }

  StreamDeadlines deadlines() {
    return deadlines;
  }

  /** Whether it is over: the answer has ended, or will never come. */
  boolean ended() {
    return ended;
  }

  // ---- the request

  @Override
  public void onHead(RequestHead head, boolean end) {
    long now = connection.loop.nanoTime();
    begin(head, end, now);
    if (connection.manager.overloaded()) {
      stats.rqOverloadClose.inc();
      response.localReply(StreamReplies.OVERLOADED);
      return;
    }
    if (!connection.admission.admits(head, info, response)) {
      return;
    }
    HttpSettings settings = connection.settings;
    if (!settings.proxyContinue() && RequestHeaders.takeExpectation(head.headers)) {
      response.askForBody();
    }
    origin = RequestHeaders.prepare(head, settings, connection.downstream, info);
    info.scheme = head.scheme;
    if (!end && head.upgrade == null) {
      deadlines.awaitRequest(now);
    }
    passOn(head, end, now);
  }

  private void begin(RequestHead head, boolean end, long now) {
    request = head;
    requestEnded = end;
    stats.rqTotal.inc();
    stats.rqTotal(protocol).inc();
    stats.rqActive.inc();
    connection.begin(info, protocol, now);
    info.downstreamBytes = response.sender().bytes();
    info.method = head.method;
    info.path = head.path;
    info.authority = head.authority;
    info.requestHeaders = head.headers;
    if (end) {
      info.lastDownstreamRxNanos = now;
    }
    deadlines.begin(now);
  }

  /** To the filters, and behind them to the router. */
  private void passOn(RequestHead head, boolean end, long now) {
    findRoute();
    if (head.upgrade != null && !upgrade(head)) {
      return;
    }
    connection.logs.routed(info, route, deadlines, now);
    FilterChain chain = connection.manager.filters(head);
    StreamFilters own = chain == null ? null : chain.forStream(new ChainEnds(this, response));
    if (own == null) {
      serve(end);
    } else {
      filters = own;
      own.decodeHead(end);
    }
  }

  private boolean upgrade(RequestHead head) {
    if (!connection.settings.upgrades().allow(head, route)) {
      LocalAnswer.refuse(response, Refusal.UPGRADE);
      return false;
    }
    upgraded = true;
    stats.cxUpgradesTotal.inc();
    stats.cxUpgradesActive.inc();
    return true;
  }

  /** Whether an answer of that status begins the tunnel that was asked for. */
  boolean isTunnel(int status) {
    return upgraded && (status == 101 || (status == 200 && request().isConnect()));
  }

  /** Where the request comes from. */
  Origin origin() {
    return origin;
  }

  /** Looks for the route; another time with the same chance. */
  void findRoute() {
    RouteTable table = connection.manager.routes().current(request());
    if (table != null) {
      table.sanitize(request());
    }
    if (random == 0) {
      random = ThreadLocalRandom.current().nextLong() >>> 1;
    }
    Route found =
        table == null || !connection.settings.hasRouter()
            ? null
            : table.match(request(), info, random);
    route = found;
    info.routeName = found == null ? "" : found.name();
    info.route = found == null ? null : found.origin();
    info.routeLookups++;
  }

  @Nullable Route route() {
    return route;
  }

  @Nullable StreamFilters filters() {
    return filters;
  }

  /**
   * Does what the route says: the router's part.
   *
   * @param end whether there is no body
   */
  void serve(boolean end) {
    RouterRequest next = connection.router.decodeHead(this, response, end);
    if (next == null) {
      return;
    }
    if (end) {
      deadlines.awaitAnswer(connection.loop.nanoTime(), next);
    }
    router = next;
    next.start();
  }

  @Override
  public void onBody(ByteBuf data, boolean end) {
    if (ended) {
      data.release();
      return;
    }
    long now = connection.loop.nanoTime();
    info.bytesReceived += data.readableBytes();
    touch(now);
    if (end) {
      requestEnded(now);
    }
    StreamFilters own = filters;
    if (own == null) {
      serveBody(data, end, now);
    } else {
      own.decodeData(data, end);
    }
  }

  /** A part of the body, for the router. */
  void serveBody(ByteBuf data, boolean end, long now) {
    RouterRequest out = router;
    if (out == null || ended) {
      data.release();
      return;
    }
    if (end) {
      deadlines.awaitAnswer(now, out);
    }
    out.onRequestBody(data, end);
  }

  @Override
  public void onTrailers(HttpHeaders trailers) {
    if (ended) {
      return;
    }
    long now = connection.loop.nanoTime();
    touch(now);
    requestEnded(now);
    StreamFilters own = filters;
    if (own == null) {
      serveTrailers(trailers, now);
    } else {
      own.decodeTrailers(trailers);
    }
  }

  private void requestEnded(long now) {
    requestEnded = true;
    info.lastDownstreamRxNanos = now;
    deadlines.requestEnded();
  }

  /** The request's end, with fields behind the body, for the router. */
  void serveTrailers(HttpHeaders trailers, long now) {
    RouterRequest out = router;
    if (out != null && !ended) {
      deadlines.awaitAnswer(now, out);
      out.onRequestTrailers(trailers);
    }
  }

  // ---- an upstream's redirect

  /**
   * What follows the redirect of an upstream, given the request's body; null when it is the
   * client's to follow.
   */
  @Nullable Consumer<ByteBuf> redirection(
      InternalRedirects policy, int status, HttpHeaders answer) {
    InternalRedirect known =
        redirects == null ? new InternalRedirect(connection, random) : redirects;
    InternalRedirect.Redirected next = known.next(policy, status, request(), answer, info);
    return next == null ? null : body -> follow(known, next, body);
  }

  // As by Envoy it is another stream, with a line of its own in the access log.
  private void follow(InternalRedirect redirect, InternalRedirect.Redirected to, ByteBuf body) {
    Exchange next = new Exchange(connection, response.sender());
    next.redirects = redirect;
    next.origin = origin;
    next.info.bytesReceived = info.bytesReceived;
    successor = next;
    to.tell(info);
    end();
    next.goOn(to.head(), body);
  }

  private void goOn(RequestHead head, ByteBuf body) {
    boolean end = !body.isReadable();
    long now = connection.loop.nanoTime();
    begin(head, end, now);
    info.scheme = head.scheme;
    passOn(head, end, now);
    if (end) {
      body.release();
    } else {
      onBody(body, true);
    }
    onReadComplete();
  }

  @Override
  public void onReadComplete() {
    if (successor != null) {
      successor.onReadComplete();
      return;
    }
    RouterRequest out = router;
    if (out != null && !ended) {
      out.onDownstreamReadComplete();
    }
  }

  @Override
  public void onWritabilityChanged(boolean writable) {
    if (successor != null) {
      successor.onWritabilityChanged(writable);
      return;
    }
    RouterRequest out = router;
    if (out != null) {
      out.onDownstreamWritable(writable && response.isWritable());
    }
  }

  // ---- its end

  @Override
  public void onReset(ResetReason reason) {
    if (successor != null) {
      successor.onReset(reason);
      return;
    }
    if (ended) {
      return;
    }
    RouterRequest out = router;
    if (out != null) {
      out.cancel();
    }
    stats.rqRxReset.inc();
    if (reason == ResetReason.CONNECTION_TERMINATION) {
      connection.cutOff();
    } else if (!protocol.isMultiplexed()) {
      stats.cxProtocolError.inc();
      if (!response.begun()) {
        response.localReply(StreamReplies.codecError(protocol));
        return;
      }
    }
    StreamResets.tell(info, protocol, reason);
    end();
  }

  /** The answer is not whole in the time that its route gives it. */
  void onRouteTimeout() {
    RouterRequest out = router;
    if (out != null) {
      out.onTimeout();
    }
  }

  /** No answer is waited for: gives this one, unless one has begun, which is broken off. */
  void giveUp(LocalReply reply) {
    cancel();
    response.giveUp(reply);
  }

  /** The answer does not fit where it must wait. */
  void responseTooLarge() {
    cancel();
    response.tooLarge();
  }

  private void cancel() {
    RouterRequest out = router;
    if (out != null) {
      out.cancel();
    }
    if (filters != null) {
      filters.answeredHere();
    }
  }

  /** Something moves: the stream is not idle. */
  void touch(long now) {
    if (!ended) { // else they are another exchange's
      deadlines.touch(now);
    }
  }

  /** It is over. */
  void end() {
    if (ended) {
      return;
    }
    ended = true;
    long now = connection.loop.nanoTime();
    info.endNanos = now;
    connection.streamDeadlines.give(deadlines);
    if (filters != null) {
      filters.destroy();
    }
    stats.rqActive.dec();
    if (upgraded) {
      stats.cxUpgradesActive.dec();
    }
    if (info.responseCode != 0 && successor == null) {
      stats.answered(info.responseCode);
    }
    stats.rqTime.record(stats.shard, (now - info.startNanos) / 1_000_000);
    connection.logs.log(info);
    connection.ended(info);
  }
}
