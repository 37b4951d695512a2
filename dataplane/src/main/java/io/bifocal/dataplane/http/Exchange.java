package io.bifocal.dataplane.http;

import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.http.codec.HeaderNames;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.codec.RequestReceiver;
import io.bifocal.dataplane.http.codec.ResetReason;
import io.bifocal.dataplane.http.codec.ResponseSender;
import io.bifocal.dataplane.http.route.HeaderChanges;
import io.bifocal.dataplane.http.route.Route;
import io.bifocal.dataplane.http.route.RouteAction;
import io.bifocal.dataplane.http.route.RouteTable;
import io.bifocal.dataplane.http.router.DownstreamStream;
import io.bifocal.dataplane.http.router.RouterRequest;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** One request and its answer. Confined to the worker's loop. */
final class Exchange implements RequestReceiver, DownstreamStream {
  private final HttpConnection connection;
  private final HttpStats stats;
  private final HttpSettings settings;
  private final ResponseSender response;
  private final StreamInfo info = new StreamInfo();
  private @Nullable RequestHead request;
  private @Nullable RouterRequest router;
  private @Nullable Route route;
  private RouteAction.@Nullable Weight weight;
  private long streamIdle;
  private long routeTimeout;
  private boolean requestEnded;
  private boolean answering;
  private boolean ended;

  Exchange(HttpConnection connection, ResponseSender response) {
    this.connection = connection;
    this.stats = connection.stats;
    this.settings = connection.manager.settings();
    this.response = response;
    this.streamIdle = settings.streamIdle();
  }

  @Override
  public void onHead(RequestHead head, boolean end) {
    long now = connection.loop.nanoTime();
    request = head;
    requestEnded = end;
    stats.rqTotal.inc();
    stats.rqHttp1Total.inc();
    stats.rqActive.inc();
    connection.begin(info, now);
    info.method = head.method;
    info.path = head.path;
    info.authority = head.authority;
    info.requestHeaders = head.headers;
    if (end) {
      info.lastDownstreamRxNanos = now;
    }
    touch(now);
    if (!check(head)) {
      return;
    }
    if (head.headers.contains(HttpHeaderNames.EXPECT)
        && HttpHeaderValues.CONTINUE.contentEqualsIgnoreCase(
            head.headers.get(HttpHeaderNames.EXPECT, ""))) {
      head.headers.remove(HttpHeaderNames.EXPECT);
      response.writeContinue();
      response.flush();
    }
    RequestHeaders.prepare(head, settings, connection.downstream.remote());
    if (!end) {
      connection.deadlines.set(Deadlines.Kind.REQUEST, now, settings.requestTimeout());
    }
    dispatch(head, now);
  }

  private boolean cleanPath(RequestHead head) {
    if (head.path.indexOf('#') >= 0) {
      return false;
    }
    if (!head.path.startsWith("/")) {
      return true;
    }
    String path = settings.normalizePath() ? PathNormalization.normalize(head.path) : head.path;
    if (path == null) {
      return false;
    }
    head.path = settings.mergeSlashes() ? PathNormalization.mergeSlashes(path) : path;
    info.path = head.path;
    return true;
  }

  // What Envoy refuses before it looks for a route.
  private boolean check(RequestHead head) {
    if (head.authority.isEmpty() && !head.hasHost) {
      response.closeAfterwards();
      localReply(400, "", null, "missing_host_header");
      return false;
    }
    if (!cleanPath(head)) {
      stats.rqFailedNormalization.inc();
      response.closeAfterwards();
      localReply(400, "", null, "path_normalization_failed");
      return false;
    }
    if (head.path.equals("*")) {
      stats.rqNonRelativePath.inc();
      localReply(404, "", null, "absolute_path_rejected");
      return false;
    }
    if (RequestHeaders.asksForUpgrade(head.headers)) {
      stats.rqWsOnNonWs.inc();
      response.closeAfterwards();
      localReply(403, "", null, "upgrade_failed");
      return false;
    }
    return true;
  }

  private void dispatch(RequestHead head, long now) {
    stats.routed.inc();
    RouteTable table = connection.manager.routes().current();
    long random = ThreadLocalRandom.current().nextLong() >>> 1;
    Route found = table == null || !settings.hasRouter() ? null : table.match(head, random);
    if (found == null) {
      stats.noRoute.inc();
      if (head.path.isEmpty()) {
        // What would follow is a tunnel's payload.
        response.closeAfterwards();
      }
      localReply(404, "", ResponseFlag.NO_ROUTE_FOUND, "route_not_found");
      return;
    }
    route = found;
    info.routeName = found.name();
    RouteAction action = found.action();
    if (action instanceof RouteAction.Forward forward) {
      forward(forward, found, head, random, now);
    } else if (action instanceof RouteAction.DirectResponse direct) {
      stats.directResponse.inc();
      HttpHeaders headers = LocalHeaders.empty();
      if (direct.status() == 201 || direct.status() / 100 == 3) {
        headers.set(HttpHeaderNames.LOCATION, "http://" + head.authority + head.path);
      }
      localReply(direct.status(), headers, direct.body(), null, "direct_response");
    } else if (action instanceof RouteAction.Redirect redirect) {
      stats.directResponse.inc();
      HttpHeaders headers = LocalHeaders.empty();
      headers.set(HttpHeaderNames.LOCATION, Redirects.location(redirect, found, head));
      localReply(redirect.status(), headers, "", null, "direct_response");
    }
  }

  private void forward(
      RouteAction.Forward forward, Route found, RequestHead head, long random, long now) {
    String name = clusterName(forward, head, random);
    WorkerCluster cluster = connection.here.clusters.find(name);
    if (cluster == null) {
      stats.noCluster.inc();
      localReply(forward.notFoundStatus(), "", ResponseFlag.NO_CLUSTER_FOUND, "cluster_not_found");
      return;
    }
    info.upstreamCluster = cluster.config().observabilityName();
    if (forward.idleTimeout() != null) {
      streamIdle = forward.idleTimeout().toNanos();
      touch(now);
    }
    routeTimeout = forward.timeout().toNanos();
    rewrite(forward, found, head);
    if (requestEnded) {
      connection.deadlines.set(Deadlines.Kind.ROUTE, now, routeTimeout);
    }
    RouterRequest next =
        new RouterRequest(
            connection.loop,
            cluster,
            this,
            forward.retry(),
            forward.autoHostRewrite(),
            found.attemptCount(),
            settings.suppressEnvoyHeaders(),
            requestEnded);
    router = next;
    next.start();
  }

  private String clusterName(RouteAction.Forward forward, RequestHead head, long random) {
    RouteAction.ClusterChoice choice = forward.cluster();
    if (choice instanceof RouteAction.Named named) {
      return named.name();
    }
    if (choice instanceof RouteAction.InHeader inHeader) {
      return head.headers.get(inHeader.header(), "");
    }
    RouteAction.Weight chosen = ((RouteAction.Weighted) choice).choose(random);
    weight = chosen;
    return chosen.name();
  }

  private void rewrite(RouteAction.Forward forward, Route found, RequestHead head) {
    HttpHeaders headers = head.headers;
    if (routeTimeout > 0 && !settings.suppressEnvoyHeaders()) {
      headers.set(
          HeaderNames.X_ENVOY_EXPECTED_RQ_TIMEOUT_MS, Long.toString(routeTimeout / 1_000_000));
    }
    RouteAction.Weight chosen = weight;
    if (chosen != null) {
      chosen.request().apply(headers, info);
    }
    List<HeaderChanges> changes = found.requestChanges();
    for (int i = 0; i < changes.size(); i++) {
      changes.get(i).apply(headers, info);
    }
    String prefix = forward.prefixRewrite();
    if (prefix != null) {
      if (!settings.suppressEnvoyHeaders()) {
        headers.set(HeaderNames.X_ENVOY_ORIGINAL_PATH, head.path);
      }
      head.path = found.rewritten(head, prefix);
      info.path = head.path;
    }
    RouteAction.PathRewrite pathRewrite = forward.pathRewrite();
    if (pathRewrite != null) {
      if (!settings.suppressEnvoyHeaders()) {
        headers.set(HeaderNames.X_ENVOY_ORIGINAL_PATH, head.path);
      }
      head.path = pathRewrite.apply(head);
      info.path = head.path;
    }
    String host =
        chosen != null && chosen.hostRewrite() != null
            ? chosen.hostRewrite()
            : forward.hostRewrite();
    if (host != null) {
      if (!settings.suppressEnvoyHeaders()) {
        headers.set(HeaderNames.X_ENVOY_ORIGINAL_HOST, head.authority);
      }
      head.authority = host;
      info.authority = host;
    }
  }

  @Override
  public void onBody(ByteBuf data, boolean end) {
    long now = connection.loop.nanoTime();
    info.bytesReceived += data.readableBytes();
    touch(now);
    RouterRequest out = router;
    if (end) {
      requestEnded = true;
      info.lastDownstreamRxNanos = now;
      connection.deadlines.clear(Deadlines.Kind.REQUEST);
      if (out != null && !ended) {
        connection.deadlines.set(Deadlines.Kind.ROUTE, now, routeTimeout);
      }
    }
    if (out != null && !ended) {
      out.onRequestBody(data, end);
    } else {
      data.release();
    }
  }

  @Override
  public void onReadComplete() {
    RouterRequest out = router;
    if (out != null && !ended) {
      out.onDownstreamReadComplete();
    }
  }

  @Override
  public void onReset(ResetReason reason) {
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
      stats.cxDestroyActiveRq.inc();
      stats.cxDestroyRemoteActiveRq.inc();
    } else if (!answering) {
      stats.cxProtocolError.inc();
      localReply(400, "Bad Request", ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR, "http1.codec_error");
      return;
    } else {
      stats.cxProtocolError.inc();
      info.flag(ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR);
      info.responseCodeDetails = "http1.codec_error";
    }
    end();
  }

  @Override
  public void onWritabilityChanged(boolean writable) {
    RouterRequest out = router;
    if (out != null) {
      out.onDownstreamWritable(writable);
    }
  }

  void onDeadline(Deadlines.Kind kind) {
    RouterRequest out = router;
    switch (kind) {
      case ROUTE -> {
        if (out != null) {
          out.onTimeout();
        }
      }
      case REQUEST -> {
        stats.rqTimeout.inc();
        give(
            408,
            "request timeout",
            ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR,
            "request_overall_timeout");
      }
      case STREAM_IDLE -> {
        stats.rqIdleTimeout.inc();
        give(
            requestEnded ? 504 : 408,
            "stream timeout",
            ResponseFlag.STREAM_IDLE_TIMEOUT,
            "stream_idle_timeout");
      }
      default -> {}
    }
  }

  private void give(int status, String body, ResponseFlag flag, String details) {
    RouterRequest out = router;
    if (out != null) {
      out.cancel();
    }
    if (answering) {
      reset(flag, details);
    } else {
      localReply(status, body, flag, details);
    }
  }

  private void touch(long now) {
    connection.deadlines.set(Deadlines.Kind.STREAM_IDLE, now, streamIdle);
  }

  @Override
  public RequestHead request() {
    RequestHead head = request;
    if (head == null) {
      throw new IllegalStateException("no request yet");
    }
    return head;
  }

  @Override
  public StreamInfo info() {
    return info;
  }

  @Override
  public void respondHead(int status, HttpHeaders headers, boolean end) {
    long now = connection.loop.nanoTime();
    answering = true;
    info.responseCode = status;
    info.responseHeaders = headers;
    info.firstDownstreamTxNanos = now;
    RequestHeaders.dropHopByHop(headers);
    changeResponse(headers);
    if (!headers.contains(HttpHeaderNames.DATE)) {
      headers.set(
          HttpHeaderNames.DATE,
          connection.here.date.at(info.startEpochMillis + (now - info.startNanos) / 1_000_000));
    }
    serverHeader(headers);
    if (settings.alwaysSetRequestId()) {
      String id = request().headers.get(HeaderNames.X_REQUEST_ID);
      if (id != null) {
        headers.set(HeaderNames.X_REQUEST_ID, id);
      }
    }
    if (!requestEnded) {
      stats.rqBeforeComplete.inc();
    }
    if (connection.manager.draining()) {
      stats.cxDrainClose.inc();
      response.closeAfterwards();
    }
    touch(now);
    if (end) {
      end();
    }
    response.writeHead(status, headers, end);
  }

  private void serverHeader(HttpHeaders headers) {
    switch (settings.serverHeader()) {
      case APPEND_IF_ABSENT -> {
        if (!headers.contains(HttpHeaderNames.SERVER)) {
          headers.set(HttpHeaderNames.SERVER, settings.serverName());
        }
      }
      case PASS_THROUGH -> {}
      default -> headers.set(HttpHeaderNames.SERVER, settings.serverName());
    }
  }

  private void changeResponse(HttpHeaders headers) {
    RouteAction.Weight chosen = weight;
    if (chosen != null) {
      chosen.response().apply(headers, info);
    }
    Route found = route;
    if (found != null) {
      List<HeaderChanges> changes = found.responseChanges();
      for (int i = 0; i < changes.size(); i++) {
        changes.get(i).apply(headers, info);
      }
    }
  }

  @Override
  public void respondBody(ByteBuf data, boolean end) {
    info.bytesSent += data.readableBytes();
    touch(connection.loop.nanoTime());
    if (end) {
      end();
    }
    response.writeBody(data, end);
  }

  @Override
  public void flush() {
    response.flush();
  }

  @Override
  public void localReply(int status, String body, @Nullable ResponseFlag flag, String details) {
    if (flag != null) {
      info.flag(flag);
    }
    localReply(status, LocalHeaders.empty(), body, flag, details);
  }

  private void localReply(
      int status, HttpHeaders headers, String body, @Nullable ResponseFlag flag, String details) {
    if (flag != null) {
      info.flag(flag);
    }
    info.responseCodeDetails = details;
    if (flag == ResponseFlag.UPSTREAM_OVERFLOW) {
      headers.set(HeaderNames.X_ENVOY_OVERLOADED, "true");
    }
    if (!body.isEmpty()) {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      headers.set(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(bytes.length));
      headers.set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.TEXT_PLAIN);
      boolean bodiless = info.method.equals("HEAD");
      respondHead(status, headers, bodiless);
      if (!bodiless) {
        respondBody(Unpooled.wrappedBuffer(bytes), true);
      }
    } else {
      respondHead(status, headers, true);
    }
    flush();
  }

  @Override
  public void reset(ResponseFlag flag, String details) {
    info.flag(flag);
    info.responseCodeDetails = details;
    stats.rqTxReset.inc();
    stats.resetAfterStart.inc();
    end();
    response.reset();
  }

  @Override
  public void readRequest(boolean on) {
    if (!ended && !requestEnded) {
      response.readRequest(on);
    }
  }

  @Override
  public boolean isWritable() {
    return response.isWritable();
  }

  @Override
  public int bufferLimit() {
    return connection.downstream.bufferLimit();
  }

  private void end() {
    if (ended) {
      return;
    }
    ended = true;
    long now = connection.loop.nanoTime();
    info.endNanos = now;
    connection.deadlines.clear(Deadlines.Kind.ROUTE);
    connection.deadlines.clear(Deadlines.Kind.REQUEST);
    connection.deadlines.clear(Deadlines.Kind.STREAM_IDLE);
    connection.ended();
    stats.rqActive.dec();
    if (info.responseCode != 0) {
      stats.answered(info.responseCode);
    }
    stats.rqTime.record(stats.shard, (now - info.startNanos) / 1_000_000);
    connection.log(info);
  }
}
