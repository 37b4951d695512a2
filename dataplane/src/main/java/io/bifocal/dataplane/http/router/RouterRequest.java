package io.bifocal.dataplane.http.router;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.balance.LoadBalancerContext;
import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.http.codec.HeaderNames;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.codec.ResetReason;
import io.bifocal.dataplane.http.route.HashPolicy;
import io.bifocal.dataplane.http.route.RetryPolicy;
import io.bifocal.dataplane.http.route.RouteAction;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way through a cluster: chooses a host and tries it, once more if the route's
 * retry policy says so, and decides what the client gets. Confined to the worker's loop.
 */
public final class RouterRequest {
  final Loop loop;
  final WorkerCluster cluster;
  final DownstreamStream downstream;
  final RequestBody body;
  final RoutingPriority priority;
  private final RouteAction.Forward route;
  private final boolean attemptCount;
  private final boolean suppressHeaders;
  private int attempts;
  // The last one, also while the next one is waited for.
  private @Nullable UpstreamRequest attempt;
  // Made when it is asked for the first time.
  private @Nullable RetryState retries;
  private long requestEndNanos;
  private LoadBalancerContext context = LoadBalancerContext.NONE;
  private List<String> cookies = List.of();
  private boolean starting;
  private boolean done;

  /**
   * A request to be started.
   *
   * @param attemptCount {@code include_request_attempt_count}
   * @param suppressHeaders {@code suppress_envoy_headers}
   * @param requestEnded whether there is no body
   */
  public RouterRequest(
      Loop loop,
      WorkerCluster cluster,
      DownstreamStream downstream,
      RouteAction.Forward route,
      boolean attemptCount,
      boolean suppressHeaders,
      boolean requestEnded) {
    this.loop = loop;
    this.cluster = cluster;
    this.downstream = downstream;
    this.route = route;
    this.priority = RoutingPriority.DEFAULT;
    this.attemptCount = attemptCount;
    this.suppressHeaders = suppressHeaders;
    RetryPolicy policy = route.retry();
    boolean mayRetry = policy != null && policy.retries() > 0;
    this.body = new RequestBody(downstream.bufferLimit(), mayRetry, requestEnded);
    this.requestEndNanos = requestEnded ? loop.nanoTime() : -1;
  }

  /** Starts; the answer may come within this call. */
  public void start() {
    HashPolicy policy = route.hashPolicy();
    HashPolicy.Hash hash =
        policy == null ? null : policy.hash(downstream.request(), downstream.info(), true);
    if (hash != null) {
      context = LoadBalancerContext.of(hash.value());
      cookies = hash.cookies();
    }
    starting = true;
    tryOnce();
    starting = false;
  }

  /** Whether the client's bytes are being read, after which comes a flush. */
  boolean isStarting() {
    return starting;
  }

  ApplicationProtocol spokenDownstream() {
    return downstream.info().protocol.equals("HTTP/2")
        ? ApplicationProtocol.HTTP_2
        : ApplicationProtocol.HTTP_1_1;
  }

  private void tryOnce() {
    attempts++;
    RequestHead head = downstream.request();
    StreamInfo info = downstream.info();
    info.requestAttempts = attempts;
    if (attemptCount) {
      head.headers.set(HeaderNames.X_ENVOY_ATTEMPT_COUNT, attempts);
    }
    Host host = cluster.chooseHost(context);
    if (host == null) {
      stats().cxNoneHealthy.inc();
      fail(UpstreamErrors.NO_HEALTHY_UPSTREAM);
      return;
    }
    info.beginTry(host);
    if (route.hostRewrite().isAuto() && !host.hostname().isEmpty()) {
      route.hostRewrite().replace(host.hostname(), head, info, !suppressHeaders);
    }
    RetryPolicy policy = route.retry();
    UpstreamRequest next = new UpstreamRequest(this, host);
    attempt = next;
    next.start(policy == null ? Duration.ZERO : policy.perTryTimeout());
  }

  private UpstreamStats stats() {
    return cluster.stats();
  }

  private UpstreamRequest attempt() {
    return requireNonNull(attempt);
  }

  /** Nanoseconds from the request's end until the answer must be whole; zero for any number. */
  public long timeout() {
    return route.timeout().toNanos();
  }

  // ---- from downstream

  /** The next part of the request's body. */
  public void onRequestBody(ByteBuf data, boolean end) {
    if (end) {
      requestEndNanos = loop.nanoTime();
    }
    if (done) {
      data.release();
    } else if (attempt().isConnected()) {
      attempt().send(data, end);
    } else {
      body.hold(data, end);
      if (body.full()) {
        downstream.readRequest(false);
      }
    }
  }

  /** What the client had sent has been read. */
  public void onDownstreamReadComplete() {
    if (!done) {
      attempt().flush();
    }
  }

  /** The client takes more, or must be waited for. */
  public void onDownstreamWritable(boolean writable) {
    if (!done) {
      attempt().readResponse(writable);
    }
  }

  /** The route's timeout has run out. */
  public void onTimeout() {
    if (done) {
      return;
    }
    stats().rqTimeout.inc();
    attempt().host().stats().rqTimeout().at(stats().shard).inc();
    if (attempt().isAnswering()) {
      cancel();
      downstream.reset(ResponseFlag.UPSTREAM_REQUEST_TIMEOUT, "response_timeout");
    } else {
      fail(UpstreamErrors.RESPONSE_TIMEOUT);
    }
  }

  /** Gives up: nobody waits for the answer any more. */
  public void cancel() {
    if (done) {
      return;
    }
    if (attempt != null) {
      attempt.abandon();
    }
    finish();
  }

  private void finish() {
    done = true;
    body.forget();
    if (retries != null) {
      retries.cancel();
    }
  }

  // ---- from the try under way

  /** There are too many pools. */
  void onNoPool() {
    fail(UpstreamErrors.NO_HEALTHY_UPSTREAM);
  }

  void onOverflow() {
    fail(UpstreamErrors.overflow(attempts));
  }

  void onPoolFailure(PoolFailure failure) {
    RetryPolicy policy = route.retry();
    if (policy == null || !policy.retriesConnectFailure() || !tryAgain(policy)) {
      failAtHost(UpstreamErrors.noConnection(failure, attempts));
    }
  }

  /** One try has taken too long; an answer that has begun may take its time. */
  void onPerTryTimeout() {
    RetryPolicy policy = route.retry();
    if (policy == null || !policy.retries(504) || !tryAgain(policy)) {
      fail(UpstreamErrors.PER_TRY_TIMEOUT);
    }
  }

  void onUpstreamReset(ResetReason reason) {
    if (attempt().isAnswering()) {
      cancel();
      downstream.reset(UpstreamErrors.flag(reason), UpstreamErrors.brokenOff(reason));
      return;
    }
    RetryPolicy policy = route.retry();
    boolean again =
        policy != null
            && (reason == ResetReason.REMOTE_REFUSED_STREAM_RESET
                ? policy.retriesRefusedStream()
                : policy.retriesReset());
    if (policy == null || !again || !tryAgain(policy)) {
      failAtHost(UpstreamErrors.noResponse(reason, attempts));
    }
  }

  void onUpstreamHead(int status, HttpHeaders headers, boolean end) {
    RetryPolicy policy = route.retry();
    if (policy != null && policy.retries(status)) {
      if (tryAgain(policy)) {
        stats().retried.charge(status);
        return;
      }
    } else if (attempts > 1) {
      stats().rqRetrySuccess.inc();
    }
    stats().charge(status);
    body.forget();
    attempt().answer();
    StreamInfo info = downstream.info();
    info.responseCodeDetails = "via_upstream";
    if (requestEndNanos >= 0 && !suppressHeaders) {
      long millis = (info.firstUpstreamRxNanos - requestEndNanos) / 1_000_000;
      headers.set(HeaderNames.X_ENVOY_UPSTREAM_SERVICE_TIME, Long.toString(millis));
    }
    if (end) {
      onUpstreamEnd();
    }
    for (int i = 0; i < cookies.size(); i++) {
      headers.add(HttpHeaderNames.SET_COOKIE, cookies.get(i));
    }
    downstream.respondHead(status, headers, end);
    if (end) {
      downstream.flush();
    }
  }

  /**
   * The answer is whole. The connection goes back before the answer goes out, so that what the
   * client asks next finds it.
   */
  void onUpstreamEnd() {
    long now = loop.nanoTime();
    downstream.info().lastUpstreamRxNanos = now;
    if (requestEndNanos >= 0) {
      stats().rqTime.record(stats().shard, (now - requestEndNanos) / 1_000_000);
    }
    attempt().end();
    finish();
  }

  // The policy wants another try: whether there is one.
  private boolean tryAgain(RetryPolicy policy) {
    RetryState state = retries;
    if (state == null) {
      state = new RetryState(policy, cluster, loop);
      retries = state;
    }
    if (state.exhausted()) {
      stats().rqRetryLimitExceeded.inc();
      downstream.info().flag(ResponseFlag.UPSTREAM_RETRY_LIMIT_EXCEEDED);
      return false;
    }
    if (!body.replayable() || !state.backOff(this::tryOnce)) {
      return false;
    }
    attempt().end();
    return true;
  }

  private void failAtHost(LocalReply reply) {
    attempt().host().stats().rqError().at(stats().shard).inc();
    fail(reply);
  }

  private void fail(LocalReply reply) {
    cancel();
    stats().charge(reply.status());
    downstream.localReply(reply);
  }
}
