package io.bifocal.dataplane.http;

import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.http.codec.Protocol;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.codec.RequestReceiver;
import io.bifocal.dataplane.http.codec.ResetReason;
import io.bifocal.dataplane.http.codec.ResponseSender;
import io.bifocal.dataplane.http.filter.FilterChain;
import io.bifocal.dataplane.http.filter.LocalReply;
import io.bifocal.dataplane.http.filter.StreamFilters;
import io.bifocal.dataplane.http.route.InternalRedirects;
import io.bifocal.dataplane.http.route.RequestCounts;
import io.bifocal.dataplane.http.route.Route;
import io.bifocal.dataplane.http.route.RouteAction;
import io.bifocal.dataplane.http.route.RouteTable;
import io.bifocal.dataplane.http.route.Timeouts;
import io.bifocal.dataplane.http.router.RouterRequest;
import io.bifocal.dataplane.http.router.RouterSettings;
import io.bifocal.dataplane.http.router.StreamDurations;
import io.bifocal.dataplane.http.router.StrictHeaders;
import io.bifocal.dataplane.stream.LogType;
import io.bifocal.dataplane.stream.ResponseFlag;
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
final class Exchange implements RequestReceiver, Deadlines.Owner {
  final HttpConnection connection;
  final StreamInfo info = new StreamInfo();
  private final Protocol protocol;
  private final Deadlines deadlines;
  private final HttpStats stats;
  private final Response response;
  private @Nullable RequestHead request;
  private @Nullable RouterRequest router;
  private @Nullable Route route;
  // Null when there is nothing but the router.
  private @Nullable StreamFilters filters;
  private Origin origin = Origin.EXTERNAL;
  private long random;
  private long streamIdle;
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
    this.streamIdle = connection.settings.timeouts().streamIdle();
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
      deadlines.set(Deadlines.Kind.REQUEST, now, settings.timeouts().request());
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
    touch(now);
    deadlines.set(
        Deadlines.Kind.STREAM_DURATION, now, connection.settings.timeouts().streamDuration());
  }

  /** To the filters, and behind them to the router. */
  private void passOn(RequestHead head, boolean end, long now) {
    HttpSettings settings = connection.settings;
    findRoute();
    if (head.upgrade != null) {
      if (!settings.upgrades().allow(head, route)) {
        response.refuse(Refusal.UPGRADE);
        return;
      }
      upgraded = true;
      stats.cxUpgradesTotal.inc();
      stats.cxUpgradesActive.inc();
    }
    if (settings.logTimes() != null) {
      logBeforeEnd(settings.logTimes(), now);
    }
    FilterChain chain = connection.manager.filters();
    StreamFilters own = chain == null ? null : chain.forStream(new ChainEnds(this, response));
    if (own == null) {
      serve(end);
    } else {
      filters = own;
      own.decodeHead(end);
    }
  }

  // The cluster is known by then to Envoy, which tells of it.
  private void logBeforeEnd(HttpSettings.LogTimes times, long now) {
    info.upstreamCluster = route == null ? "" : route.clusterName();
    if (times.onNewRequest()) {
      log(LogType.DOWNSTREAM_START, now);
    }
    deadlines.set(Deadlines.Kind.LOG, now, times.interval());
  }

  /** An answer begins, and with it perhaps the tunnel that was asked for. */
  void logTunnel(int status, long now) {
    HttpSettings.LogTimes times = connection.settings.logTimes();
    boolean there = status == 101 || (status == 200 && request().isConnect());
    if (upgraded && there && times != null && times.onTunnel()) {
      log(LogType.DOWNSTREAM_TUNNEL_SUCCESSFULLY_ESTABLISHED, now);
    }
  }

  private void log(LogType type, long now) {
    info.logType = type;
    info.endNanos = now;
    connection.log(info);
    info.endNanos = -1;
    info.logType = LogType.DOWNSTREAM_END;
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
    response.routed(found);
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
    stats.routed.inc();
    RequestHead head = request();
    Route found = route;
    if (found == null) {
      stats.noRoute.inc();
      if (head.path.isEmpty()) {
        // What would follow is a tunnel's payload.
        response.closeAfterwards();
      }
      response.localReply(StreamReplies.NO_ROUTE);
      return;
    }
    RouteAction action = found.action();
    if (action instanceof RouteAction.Forward forward) {
      forward(forward, found, head, end);
    } else if (action instanceof RouteAction.DirectResponse direct) {
      stats.directResponse.inc();
      response.direct(direct);
    } else if (action instanceof RouteAction.Redirect redirect) {
      stats.directResponse.inc();
      response.redirect(redirect, found);
    }
  }

  private void forward(RouteAction.Forward forward, Route found, RequestHead head, boolean end) {
    long now = connection.loop.nanoTime();
    WorkerCluster cluster = connection.here.clusters.find(forward.clusterName());
    if (cluster == null) {
      stats.noCluster.inc();
      response.localReply(
          new LocalReply(
              forward.notFoundStatus(), "", ResponseFlag.NO_CLUSTER_FOUND, "cluster_not_found"));
      return;
    }
    info.upstreamCluster = cluster.config().observabilityName();
    info.cluster = cluster.config().proto();
    if (forward.timeouts().idle() != null) {
      streamIdle = forward.timeouts().idle().toNanos();
      touch(now);
    }
    RouterSettings settings = connection.manager.router();
    if (!settings.strictHeaders().isEmpty()) {
      LocalReply refusal = StrictHeaders.refusal(settings.strictHeaders(), head.headers);
      if (refusal != null) {
        response.localReply(refusal);
        return;
      }
    }
    Timeouts timeouts = forward.timeouts();
    if (timeouts.stream() != null || timeouts.grpc() != null) {
      long most =
          StreamDurations.of(
              timeouts, head.headers, connection.settings.timeouts().streamDuration());
      deadlines.set(Deadlines.Kind.STREAM_DURATION, info.startNanos, most);
    }
    RequestCounts virtualCluster = found.virtualCluster(head);
    if (virtualCluster != null) {
      info.virtualCluster = virtualCluster.name();
    }
    RouterRequest next =
        new RouterRequest(
            connection.here.router,
            cluster,
            response,
            forward,
            virtualCluster,
            found.counts(),
            end);
    RouteHeaders.finalizeRequest(found, forward, head, info, connection.settings);
    if (end) {
      deadlines.set(Deadlines.Kind.ROUTE, now, next.timeout());
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
      deadlines.set(Deadlines.Kind.ROUTE, now, out.timeout());
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
    deadlines.clear(Deadlines.Kind.REQUEST);
  }

  /** The request's end, with fields behind the body, for the router. */
  void serveTrailers(HttpHeaders trailers, long now) {
    RouterRequest out = router;
    if (out != null && !ended) {
      deadlines.set(Deadlines.Kind.ROUTE, now, out.timeout());
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
    InternalRedirect before =
        redirects == null ? new InternalRedirect(connection, random) : redirects;
    InternalRedirect.Redirected next = before.next(policy, status, request(), answer, info);
    if (next == null) {
      return null;
    }
    return body -> follow(before, status, answer, next, body);
  }

  // As by Envoy it is another stream, with a line of its own in the access log: the line of the
  // first one tells of the second one's request already.
  private void follow(
      InternalRedirect redirect,
      int status,
      HttpHeaders answer,
      InternalRedirect.Redirected to,
      ByteBuf body) {
    RequestHead head = to.head();
    Exchange next = new Exchange(connection, response.sender());
    next.redirects = redirect;
    next.origin = origin;
    next.info.bytesReceived = info.bytesReceived;
    successor = next;
    info.responseCode = status;
    info.responseHeaders = answer;
    info.responseCodeDetails = "internal_redirect";
    info.method = head.method;
    info.authority = head.authority;
    info.path = head.path;
    info.requestHeaders = head.headers;
    info.routeName = to.route().name();
    if (to.route().action() instanceof RouteAction.Forward forward) {
      info.upstreamCluster = forward.clusterName();
    }
    end();
    next.goOn(head, body);
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
      info.flag(ResponseFlag.DOWNSTREAM_CONNECTION_TERMINATION);
      info.responseCodeDetails = "downstream_remote_disconnect";
      connection.cutOff();
    } else if (protocol.isMultiplexed()) {
      onStreamReset(reason);
    } else if (!response.begun()) {
      stats.cxProtocolError.inc();
      response.localReply(StreamReplies.codecError(protocol));
      return;
    } else {
      stats.cxProtocolError.inc();
      info.flag(ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR);
      info.responseCodeDetails = protocol.codecError();
    }
    end();
  }

  // The connection, and what else it carries, may live on.
  private void onStreamReset(ResetReason reason) {
    switch (reason) {
      case REMOTE_RESET -> {
        info.flag(ResponseFlag.DOWNSTREAM_REMOTE_RESET);
        info.responseCodeDetails =
            protocol == Protocol.HTTP_3 ? "http3.remote_reset" : "http2.remote_reset";
      }
      case OVERLOAD_MANAGER -> {
        info.flag(ResponseFlag.OVERLOAD_MANAGER);
        info.responseCodeDetails = "overload";
      }
      case REMOTE_REFUSED_STREAM_RESET -> {
        info.flag(ResponseFlag.DOWNSTREAM_REMOTE_RESET);
        info.responseCodeDetails = "http2.remote_refuse";
      }
      case INCONSISTENT_LENGTH -> {
        info.flag(ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR);
        info.responseCodeDetails = "http3.inconsistent_content_length";
      }
      default -> {
        info.flag(ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR);
        info.responseCodeDetails = protocol.codecError();
      }
    }
  }

  @Override
  public void onDeadline(Deadlines.Kind kind) {
    RouterRequest out = router;
    switch (kind) {
      case ROUTE -> {
        if (out != null) {
          out.onTimeout();
        }
      }
      case REQUEST -> {
        stats.rqTimeout.inc();
        giveUp(StreamReplies.REQUEST_TIMEOUT);
      }
      case STREAM_IDLE -> {
        stats.rqIdleTimeout.inc();
        giveUp(StreamReplies.idle(requestEnded));
      }
      case LOG -> {
        HttpSettings.LogTimes times = connection.settings.logTimes();
        long now = connection.loop.nanoTime();
        log(LogType.DOWNSTREAM_PERIODIC, now);
        deadlines.set(Deadlines.Kind.LOG, now, times == null ? 0 : times.interval());
      }
      case STREAM_DURATION -> {
        stats.rqMaxDuration.inc();
        giveUp(StreamReplies.tooLong(requestEnded));
      }
      default -> {}
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
      deadlines.set(Deadlines.Kind.STREAM_IDLE, now, streamIdle);
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
    connection.log(info);
    connection.ended(info);
  }
}
