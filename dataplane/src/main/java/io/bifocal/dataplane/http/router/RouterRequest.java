package io.bifocal.dataplane.http.router;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.balance.LoadBalancerContext;
import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.cluster.WorkerClusters;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.http.codec.HeaderNames;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.codec.ResetReason;
import io.bifocal.dataplane.http.route.HashPolicy;
import io.bifocal.dataplane.http.route.InternalRedirects;
import io.bifocal.dataplane.http.route.RetryPolicy;
import io.bifocal.dataplane.http.route.RouteAction;
import io.bifocal.dataplane.pool.CircuitBreakers;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way through a cluster: chooses a host and tries it, again if that is wanted,
 * and decides what the client gets. Confined to the worker's loop. Source: Envoy's {@code
 * Router::Filter}.
 */
public final class RouterRequest implements RetryState.Owner {
  final Loop loop;
  final WorkerCluster cluster;
  private final WorkerClusters clusters;
  final DownstreamStream downstream;
  final RequestTimeouts timeouts;
  final RequestBody body;
  final CircuitBreakers breakers;
  private final RoutingPriority priority;
  private final RouteAction.Forward route;
  private final RouterSettings settings;
  private final Tries tries = new Tries();
  private int attempts;
  private int retriesToCome;
  // Null when no try is followed by another one.
  private @Nullable RetryState retries;
  private @Nullable TriedHosts triedHosts;
  private @Nullable Mirrors mirrors;
  private LoadBalancerContext context = LoadBalancerContext.NONE;
  private List<String> cookies = List.of();
  private long requestEndNanos;
  private boolean starting;
  private boolean done;

  /**
   * A request to be started; what its headers say of timeouts is taken out of them.
   *
   * @param requestEnded whether there is no body
   */
  public RouterRequest(
      Loop loop,
      WorkerClusters clusters,
      WorkerCluster cluster,
      DownstreamStream downstream,
      RouteAction.Forward route,
      RouterSettings settings,
      boolean requestEnded) {
    this.loop = loop;
    this.clusters = clusters;
    this.cluster = cluster;
    this.downstream = downstream;
    this.route = route;
    this.settings = settings;
    this.timeouts = new RequestTimeouts(route, downstream.request().headers, settings);
    this.priority = route.highPriority() ? RoutingPriority.HIGH : RoutingPriority.DEFAULT;
    this.breakers = cluster.breakers(priority);
    long limit = Math.min(route.bufferLimit(), downstream.bufferLimit());
    this.body = new RequestBody(limit, requestEnded);
    this.requestEndNanos = requestEnded ? loop.nanoTime() : -1;
  }

  /** Starts; the answer may come within this call. */
  public void start() {
    RetryPolicy policy = route.retry();
    RetryConditions conditions = RetryConditions.of(policy, downstream.request());
    if (conditions != null) {
      retries = new RetryState(conditions, policy, cluster, breakers.retries(), loop, this);
      body.keepForRetries();
      triedHosts = policy != null && TriedHosts.matters(policy) ? new TriedHosts(policy) : null;
    }
    if (route.internalRedirects() != null) {
      body.keepForRetries();
    }
    HashPolicy hashed = cluster.config().balancing().hash() == null ? null : route.hashPolicy();
    HashPolicy.Hash hash =
        hashed == null ? null : hashed.hash(downstream.request(), downstream.info(), true);
    if (hash != null) {
      context = LoadBalancerContext.of(hash.value());
      cookies = hash.cookies();
    }
    if (!route.mirrors().isEmpty() && downstream.request().upgrade == null) {
      mirrors = new Mirrors();
      mirrors.start(
          route.mirrors(),
          new Mirrors.Way(loop, clusters, settings, timeouts, downstream),
          body.ended());
    }
    starting = true;
    tryOnce();
    starting = false;
  }

  /** Whether the client's bytes are being read, after which comes a flush. */
  boolean isStarting() {
    return starting;
  }

  private void tryOnce() {
    attempts++;
    RequestHead head = downstream.request();
    StreamInfo info = downstream.info();
    info.requestAttempts = attempts;
    if (route.attemptHeaders().inRequest()) {
      head.headers.set(HeaderNames.X_ENVOY_ATTEMPT_COUNT, attempts);
    }
    Host host =
        triedHosts == null || attempts == 1
            ? cluster.chooseHost(context)
            : triedHosts.choose(cluster, context);
    ConnectionPool pool =
        host == null ? null : cluster.httpPool(host, priority, spokenDownstream());
    if (host == null || pool == null) {
      if (host == null) {
        stats().cxNoneHealthy.inc();
      }
      charge(503, null, null);
      fail(UpstreamErrors.NO_HEALTHY_UPSTREAM);
      return;
    }
    info.beginTry(host);
    if (triedHosts != null) {
      triedHosts.add(host);
    }
    if (route.hostRewrite().isAuto() && !host.hostname().isEmpty()) {
      route.hostRewrite().replace(host.hostname(), head, info, !settings.suppressHeaders());
    }
    UpstreamRequest next = new UpstreamRequest(this, host);
    tries.add(next);
    next.start(pool);
  }

  private ApplicationProtocol spokenDownstream() {
    return downstream.info().protocol.equals("HTTP/2")
        ? ApplicationProtocol.HTTP_2
        : ApplicationProtocol.HTTP_1_1;
  }

  /** The time of the next try has come. */
  @Override
  public void onRetry(boolean afterTimeout) {
    retriesToCome--;
    HttpHeaders headers = downstream.request().headers;
    if (route.attemptHeaders().timeoutRetry()) {
      headers.set(EnvoyHeaders.IS_TIMEOUT_RETRY, Boolean.toString(afterTimeout));
    }
    long elapsed = requestEndNanos < 0 ? 0 : (loop.nanoTime() - requestEndNanos) / 1_000_000;
    timeouts.tell(headers, elapsed);
    tryOnce();
  }

  private UpstreamStats stats() {
    return cluster.stats();
  }

  /** Nanoseconds from the request's end until the answer must be whole; zero for any number. */
  public long timeout() {
    return timeouts.whole * 1_000_000;
  }

  // ---- from downstream

  /** The next part of the request's body. */
  public void onRequestBody(ByteBuf data, boolean end) {
    if (end) {
      requestEndNanos = loop.nanoTime();
    }
    if (mirrors != null) {
      mirrors.onBody(data, end);
    }
    if (done) {
      data.release();
      return;
    }
    if (tries.allConnected()) {
      sendBody(data, end);
    } else {
      holdBody(data, end);
    }
    for (int i = 0; end && i < tries.size(); i++) {
      tries.get(i).requestEnded();
    }
  }

  private void sendBody(ByteBuf data, boolean end) {
    body.keep(data, end);
    if (retries != null && !body.replayable()) {
      giveUpRetries();
    }
    downstream.info().lastUpstreamTxNanos = loop.nanoTime();
    for (int i = tries.size() - 1; i > 0; i--) {
      tries.get(i).send(data.retainedDuplicate(), end);
    }
    tries.get(0).send(data, end);
    if (!tries.allWritable()) {
      downstream.readRequest(false);
    }
  }

  private void holdBody(ByteBuf data, boolean end) {
    for (int i = 0; i < tries.size(); i++) {
      if (tries.get(i).isConnected()) {
        tries.get(i).send(data.retainedDuplicate(), end);
      }
    }
    body.hold(data, end);
    if (body.full()) {
      downstream.readRequest(false);
    }
  }

  // The body is too large to be kept.
  private void giveUpRetries() {
    if (tries.answering() == null) {
      stats().retryOrShadowAbandoned.inc();
    }
    requireNonNull(retries).cancel();
    retries = null;
  }

  /** The request's end, with fields behind its body. */
  public void onRequestTrailers(HttpHeaders trailers) {
    requestEndNanos = loop.nanoTime();
    if (done) {
      return;
    }
    if (mirrors != null) {
      mirrors.onTrailers(trailers);
    }
    body.trailers(trailers);
    for (int i = 0; i < tries.size(); i++) {
      if (tries.get(i).isConnected()) {
        tries.get(i).sendTrailers(trailers);
      }
      tries.get(i).requestEnded();
    }
  }

  /** What the client had sent has been read. */
  public void onDownstreamReadComplete() {
    if (mirrors != null) {
      mirrors.onReadComplete();
    }
    for (int i = 0; !done && i < tries.size(); i++) {
      tries.get(i).flush();
    }
  }

  /** The client takes more, or must be waited for. */
  public void onDownstreamWritable(boolean writable) {
    for (int i = 0; !done && i < tries.size(); i++) {
      tries.get(i).readResponse(writable);
    }
  }

  /** The route's timeout has run out. */
  public void onTimeout() {
    if (done) {
      return;
    }
    boolean answering = tries.answering() != null;
    for (int i = 0; i < tries.size(); i++) {
      Host host = tries.get(i).host();
      stats().rqTimeout.inc();
      at(host.stats().rqTimeout()).inc();
      if (!answering) {
        chargeLoss(timeouts.status, host);
      }
    }
    if (answering) {
      cancel();
      downstream.reset(ResponseFlag.UPSTREAM_REQUEST_TIMEOUT, "response_timeout");
    } else {
      fail(UpstreamErrors.timeout(timeouts.status, "response_timeout"));
    }
  }

  /** Gives up: nobody waits for the answer any more. */
  public void cancel() {
    if (done) {
      return;
    }
    tries.abandonAll();
    finish();
  }

  private void finish() {
    done = true;
    if (mirrors != null && !body.ended()) {
      mirrors.cancel();
    }
    body.forget();
    if (retries != null) {
      retries.cancel();
      retries = null;
    }
  }

  // ---- from the tries under way

  /** A try has its connection. */
  void onConnected() {
    downstream.readRequest(tries.allWritable());
  }

  void onUpstreamWritable(boolean writable) {
    downstream.readRequest(writable && tries.allWritable());
  }

  void onOverflow(UpstreamRequest attempt) {
    lose(attempt, RetryConditions.Loss.OVERFLOW, UpstreamErrors.overflow(attempts), false);
  }

  void onPoolFailure(UpstreamRequest attempt, PoolFailure failure) {
    lose(
        attempt,
        RetryConditions.Loss.CONNECT_FAILURE,
        UpstreamErrors.noConnection(failure, attempts),
        false);
  }

  void onUpstreamReset(UpstreamRequest attempt, ResetReason reason) {
    if (attempt.isAnswering()) {
      cancel();
      downstream.reset(UpstreamErrors.flag(reason), UpstreamErrors.brokenOff(reason));
      return;
    }
    RetryConditions.Loss loss =
        reason == ResetReason.REMOTE_REFUSED_STREAM_RESET
            ? RetryConditions.Loss.REFUSED_STREAM
            : RetryConditions.Loss.OTHER;
    lose(attempt, loss, UpstreamErrors.noResponse(reason, attempts), false);
  }

  /** One try has taken too long; an answer that has begun may take its time. */
  void onPerTryTimeout(UpstreamRequest attempt) {
    if (timeouts.hedge) {
      hedge(attempt);
    } else {
      tooLong(attempt, stats().rqPerTryTimeout, "upstream_per_try_timeout");
    }
  }

  void onPerTryIdleTimeout(UpstreamRequest attempt) {
    if (timeouts.hedge) {
      hedge(attempt);
    } else {
      tooLong(attempt, stats().rqPerTryIdleTimeout, "upstream_per_try_idle_timeout");
    }
  }

  private void tooLong(UpstreamRequest attempt, Cell counter, String details) {
    counter.inc();
    at(attempt.host().stats().rqTimeout()).inc();
    if (attempt.isAnswering()) {
      cancel();
      downstream.reset(ResponseFlag.UPSTREAM_REQUEST_TIMEOUT, details);
    } else {
      LocalReply reply = UpstreamErrors.timeout(timeouts.status, details);
      lose(attempt, RetryConditions.Loss.OTHER, reply, true);
    }
  }

  void onMaxDuration(UpstreamRequest attempt) {
    stats().rqMaxDuration.inc();
    if (attempt.isAnswering()) {
      cancel();
      downstream.reset(
          ResponseFlag.UPSTREAM_MAX_STREAM_DURATION_REACHED, UpstreamErrors.MAX_DURATION);
    } else if (!triesAgain(attempt, RetryConditions.Loss.OTHER, false)) {
      // Not counted by its code, as by Envoy.
      fail(UpstreamErrors.maxDuration(body.ended()));
    }
  }

  /** The try goes on, and another one is started beside it. */
  private void hedge(UpstreamRequest attempt) {
    RetryState state = retries;
    if (state != null
        && !attempt.isOvertaken()
        && tries.answering() == null
        && granted(state.onHedge())) {
      retriesToCome++;
      attempt.overtake();
    }
  }

  /** A try has come to nothing. */
  private void lose(
      UpstreamRequest attempt, RetryConditions.Loss loss, LocalReply reply, boolean afterTimeout) {
    if (!triesAgain(attempt, loss, afterTimeout)) {
      chargeLoss(reply.status(), attempt.host());
      if (tries.size() == 0 && retriesToCome == 0) {
        fail(reply);
      }
    }
  }

  private boolean triesAgain(
      UpstreamRequest attempt, RetryConditions.Loss loss, boolean afterTimeout) {
    tries.remove(attempt);
    attempt.abandon();
    RetryState state = retries;
    boolean started = downstream.info().firstUpstreamTxNanos >= 0;
    if (state == null
        || attempt.isOvertaken()
        || !granted(state.onLoss(loss, started, afterTimeout))) {
      return false;
    }
    retriesToCome++;
    at(attempt.host().stats().rqError()).inc();
    return true;
  }

  private boolean granted(RetryState.Verdict verdict) {
    switch (verdict) {
      case OVERFLOW -> downstream.info().flag(ResponseFlag.UPSTREAM_OVERFLOW);
      case LIMIT_EXCEEDED -> downstream.info().flag(ResponseFlag.UPSTREAM_RETRY_LIMIT_EXCEEDED);
      default -> {}
    }
    return verdict == RetryState.Verdict.YES;
  }

  void onUpstreamHead(UpstreamRequest attempt, int status, HttpHeaders headers, boolean end) {
    RetryState state = retries;
    if (state != null && !mayAnswer(state, attempt, status, headers)) {
      tries.remove(attempt);
      attempt.drop();
      return;
    }
    InternalRedirects redirects = route.internalRedirects();
    if (redirects != null
        && redirects.statuses().contains(status)
        && follows(redirects, attempt, status, headers)) {
      return;
    }
    tries.abandonOthers(attempt);
    retriesToCome = 0;
    if (state != null) {
      state.cancel();
      retries = null;
    }
    charge(status, attempt.host(), headers);
    body.forget();
    attempt.answer();
    StreamInfo info = downstream.info();
    if (attempts > 1) {
      attempt.tell(info);
    }
    info.responseCodeDetails = "via_upstream";
    if (requestEndNanos >= 0 && !settings.suppressHeaders()) {
      long millis = (info.firstUpstreamRxNanos - requestEndNanos) / 1_000_000;
      headers.set(HeaderNames.X_ENVOY_UPSTREAM_SERVICE_TIME, Long.toString(millis));
    }
    if (route.attemptHeaders().inResponse()) {
      headers.set(HeaderNames.X_ENVOY_ATTEMPT_COUNT, attempts);
    }
    for (int i = 0; i < cookies.size(); i++) {
      headers.add(HttpHeaderNames.SET_COOKIE, cookies.get(i));
    }
    if (end) {
      onUpstreamEnd(attempt);
    }
    downstream.respondHead(status, headers, end);
    if (end) {
      downstream.flush();
    }
  }

  /** Whether a redirect is followed here; then this request is over. */
  private boolean follows(
      InternalRedirects redirects, UpstreamRequest attempt, int status, HttpHeaders headers) {
    Consumer<ByteBuf> next =
        body.ended() && body.replayable()
            ? downstream.redirection(redirects, status, headers)
            : null;
    if (next == null) {
      stats().internalRedirectFailed.inc();
      return false;
    }
    stats().internalRedirectSucceeded.inc();
    ByteBuf whole = body.take();
    tries.remove(attempt);
    attempt.drop();
    cancel();
    if (status == 303 && !isRead(downstream.request().method)) {
      whole.release();
      whole = Unpooled.EMPTY_BUFFER;
    }
    next.accept(whole);
    return true;
  }

  private static boolean isRead(String method) {
    return method.equals("GET") || method.equals("HEAD");
  }

  /** Whether an answer is good enough, or there is nothing better to wait for. */
  private boolean mayAnswer(
      RetryState state, UpstreamRequest attempt, int status, HttpHeaders headers) {
    boolean unwanted;
    if (attempt.isOvertaken()) {
      unwanted = state.wants(status, headers);
    } else {
      RetryState.Verdict verdict = state.onHead(status, headers);
      if (granted(verdict)) {
        retriesToCome++;
        stats().retried.charge(status);
        at(attempt.host().stats().rqError()).inc();
        return false;
      }
      unwanted = verdict != RetryState.Verdict.NO;
    }
    if (unwanted && (tries.size() > 1 || retriesToCome > 0)) {
      at(attempt.host().stats().rqError()).inc();
      return false;
    }
    return true;
  }

  /**
   * The answer is whole. The connection goes back before the answer goes out, so that what the
   * client asks next finds it.
   */
  void onUpstreamEnd(UpstreamRequest attempt) {
    long now = loop.nanoTime();
    downstream.info().lastUpstreamRxNanos = now;
    if (requestEndNanos >= 0 && settings.dynamicStats()) {
      stats().rqTime.record(stats().shard, (now - requestEndNanos) / 1_000_000);
    }
    tries.remove(attempt);
    attempt.end();
    finish();
  }

  // ---- what is counted

  private void charge(int status, @Nullable Host host, @Nullable HttpHeaders answer) {
    if (settings.dynamicStats()) {
      boolean canary =
          (host != null && TriedHosts.isCanary(host))
              || (answer != null && "true".equals(answer.get(EnvoyHeaders.UPSTREAM_CANARY)));
      boolean internal = downstream.request().headers.contains(EnvoyHeaders.INTERNAL);
      stats().charge(status, internal, canary);
    }
    if (host != null) {
      at(status >= 500 ? host.stats().rqError() : host.stats().rqSuccess()).inc();
    }
  }

  // Whatever its status, it is an error of the host's.
  private void chargeLoss(int status, Host host) {
    charge(status, null, null);
    at(host.stats().rqError()).inc();
  }

  private Cell at(io.bifocal.dataplane.stats.Sharded counter) {
    return counter.at(stats().shard);
  }

  private void fail(LocalReply reply) {
    cancel();
    downstream.localReply(
        route.attemptHeaders().inResponse()
            ? reply.with(headers -> headers.set(HeaderNames.X_ENVOY_ATTEMPT_COUNT, attempts))
            : reply);
  }
}
