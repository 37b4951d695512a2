package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.balance.Policy;
import io.bifocal.dataplane.cluster.DropOverload;
import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.http.filter.LocalReply;
import io.bifocal.dataplane.http.route.ConnectConfig;
import io.bifocal.dataplane.http.route.RequestCounts;
import io.bifocal.dataplane.http.route.RouteAction;
import io.bifocal.dataplane.pool.CircuitBreakers;
import io.bifocal.dataplane.pool.Http3Use;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.xds.time.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way through a cluster: chooses a host and tries it, again if that is wanted,
 * and decides what the client gets. Confined to the worker's loop. Source: Envoy's {@code
 * Router::Filter}.
 */
public final class RouterRequest implements RetryState.Owner {
  private enum State {
    /** Its first try is being made, while the client's bytes are being read. */
    STARTING,
    UNDER_WAY,
    /** Nothing of it is under way any more. */
    DONE
  }

  final Loop loop;
  final WorkerCluster cluster;
  final RouterWorker here;
  final DownstreamStream downstream;
  final RequestTimeouts timeouts;
  final RequestBody body;
  final CircuitBreakers breakers;
  // Null unless it is a tunnel that ends here.
  final @Nullable ConnectConfig connect;
  // Null when nobody asks what hosts say of their load.
  final Policy.@Nullable ByReports reports;
  final RouteAction.Forward route;
  final Tries tries = new Tries();
  final Attempts attempts;
  final RequestRelay relay;
  final RequestCharges charges;
  // Null when no try is followed by another one.
  private @Nullable Retries retries;
  private Http3Use http3;
  private State state = State.STARTING;

  /**
   * A request to be started; what its headers say of timeouts is taken out of them.
   *
   * @param virtualCluster where it is counted too; null for nowhere
   * @param counts where its route counts; null for nowhere
   * @param requestEnded whether there is no body
   */
  public RouterRequest(
      RouterWorker here,
      WorkerCluster cluster,
      DownstreamStream downstream,
      RouteAction.Forward route,
      @Nullable RequestCounts virtualCluster,
      @Nullable RequestCounts counts,
      boolean requestEnded) {
    RouterSettings settings = here.settings();
    this.loop = here.loop();
    this.here = here;
    this.cluster = cluster;
    this.downstream = downstream;
    this.route = route;
    this.timeouts = new RequestTimeouts(route, downstream.request().headers, settings);
    this.reports = cluster.config().balancing().reports();
    boolean upgrade = downstream.request().upgrade != null && !downstream.request().isConnect();
    this.http3 = upgrade ? Http3Use.FORBIDDEN : Http3Use.ALLOWED; // which has no upgrades here
    this.breakers = cluster.breakers(Attempts.priority(route));
    this.attempts = new Attempts(cluster, downstream, route, settings.suppressHeaders());
    ConnectConfig tunnels = route.connect();
    this.connect = tunnels != null && tunnels.takes(downstream.request()) ? tunnels : null;
    long limit = Math.min(route.bufferLimit(), downstream.bufferLimit());
    this.body = new RequestBody(limit, requestEnded);
    this.relay = new RequestRelay(body, loop, downstream, tries);
    this.charges = new RequestCharges(cluster.stats(), here, downstream, virtualCluster, counts);
  }

  /** Starts; the answer may come within this call. */
  public void start() {
    if (here.maintenance().turnAway(cluster.config().name())) {
      stats().rqMaintenanceMode.inc();
      drop(UpstreamErrors.MAINTENANCE);
      return;
    }
    DropOverload drops = cluster.drops();
    if (drops != null && drops.drops()) {
      cluster.dropped().overload().at(stats().shard).inc();
      drop(UpstreamErrors.dropped(drops.dropsAll(), !here.settings().suppressHeaders()));
      return;
    }
    RetryConditions conditions = RetryConditions.of(route.retry(), downstream.request());
    if (conditions != null) {
      RetryState left =
          new RetryState(
              conditions, route.retry(), charges, breakers.retries(), loop, here.runtime(), this);
      retries = new Retries(left, tries, downstream.info(), charges);
    }
    if (conditions != null || route.internalRedirects() != null) {
      body.keepForRetries();
    }
    attempts.chooseBy(HostChoice.of(cluster, route, downstream, conditions != null));
    attempts.tellUpstream(1);
    if (!route.mirrors().isEmpty() && downstream.request().upgrade == null) {
      Mirrors copies = new Mirrors(here, downstream, timeouts.whole);
      relay.mirror(copies);
      copies.start(route.mirrors(), body.ended());
    }
    tryOnce();
    if (state == State.STARTING) {
      state = State.UNDER_WAY;
    }
  }

  boolean isDone() {
    return state == State.DONE;
  }

  private void drop(LocalReply reply) {
    charges.notSent(reply.status());
    countDropped();
    cancel();
    downstream.localReply(reply);
  }

  private void countDropped() {
    cluster.dropped().all().at(stats().shard).inc();
  }

  /** Whether the client's bytes are being read, after which comes a flush. */
  boolean isStarting() {
    return state == State.STARTING;
  }

  private void tryOnce() {
    UpstreamRequest next = attempts.next(this);
    if (next == null) {
      charges.notSent(503);
      fail(UpstreamErrors.NO_HEALTHY_UPSTREAM);
      return;
    }
    tries.add(next);
    next.start();
  }

  /** The time of the next try has come. */
  @Override
  public void onRetry(boolean afterTimeout) {
    if (retries != null) {
      retries.begun();
    }
    attempts.tellOfRetry(afterTimeout);
    long elapsed = Math.max(0, relay.sinceEnd(loop.nanoTime()));
    timeouts.tell(downstream.request().headers, elapsed / 1_000_000);
    tryOnce();
  }

  /** Whether the next try may go by HTTP/3. */
  Http3Use http3() {
    return http3;
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
    if (state == State.DONE) {
      data.release();
      return;
    }
    if (!body.hasRoomFor(data.readableBytes()) && !giveUpRetries()) {
      data.release();
      return;
    }
    relay.onBody(data, end);
  }

  /** The body is too large to be kept. Returns whether a try is under way that can do without. */
  private boolean giveUpRetries() {
    body.giveUpReplay(tries.allConnected());
    if (tries.answering() == null) {
      stats().retryOrShadowAbandoned.inc();
    }
    cancelRetries();
    if (tries.size() == 0) {
      fail(UpstreamErrors.TOO_LARGE_TO_RETRY);
    }
    return state != State.DONE;
  }

  private void cancelRetries() {
    if (retries != null) {
      retries.cancel();
      retries = null;
    }
  }

  /** The request's end, with fields behind its body. */
  public void onRequestTrailers(HttpHeaders trailers) {
    if (state != State.DONE) {
      relay.onTrailers(trailers);
    }
  }

  /** What the client had sent has been read. */
  public void onDownstreamReadComplete() {
    relay.flush();
  }

  /** The client takes more, or must be waited for. */
  public void onDownstreamWritable(boolean writable) {
    for (int i = 0; i < tries.size(); i++) {
      tries.get(i).readResponse(writable);
    }
  }

  /** The route's timeout has run out. */
  public void onTimeout() {
    if (state != State.DONE) {
      LateAnswers.onRequestTimeout(this);
    }
  }

  /** Gives up: nobody waits for the answer any more. */
  public void cancel() {
    if (state != State.DONE) {
      tries.abandonAll();
      finish();
    }
  }

  private void finish() {
    state = State.DONE;
    relay.stop();
    cancelRetries();
  }

  // ---- from the tries under way

  /** A try has its connection. */
  void onConnected() {
    downstream.readRequest(tries.allWritable());
  }

  void onUpstreamWritable(boolean writable) {
    downstream.readRequest(writable && tries.allWritable());
  }

  /** How many tries there have been. */
  int attempts() {
    return attempts.count();
  }

  /** A try takes too long: another one is started beside it, if it may. */
  void hedge(UpstreamRequest slow) {
    if (retries != null) {
      retries.hedge(slow);
    }
  }

  /** A filter of a try answers in the place of the upstream. */
  void onFilterReply(UpstreamRequest attempt, LocalReply reply) {
    boolean begun = attempt.isAnswering();
    cancel();
    if (begun) {
      ResponseFlag flag = reply.flag();
      downstream.reset(flag == null ? ResponseFlag.LOCAL_RESET : flag, reply.details());
    } else {
      downstream.localReply(reply);
    }
  }

  /** A try has come to nothing. */
  void onLost(UpstreamRequest attempt, LostTry lost) {
    if (attempt.isAnswering()) {
      if (!lost.last()) {
        charges.brokenOff();
      }
      cancel();
      downstream.reset(lost.flag(), lost.brokenOff());
      return;
    }
    tries.remove(attempt);
    attempt.abandon();
    if (retries != null && retries.follow(attempt, lost)) {
      if (retries.avoidsHttp3(lost)) {
        http3 = Http3Use.FAILED;
      }
      return;
    }
    if (!lost.last()) {
      charges.lost(lost.reply().status(), attempt.host());
      if (lost.loss() == LostTry.Loss.OVERFLOW) {
        countDropped();
      }
    }
    if (lost.last() || !isMoreToCome()) {
      fail(lost.reply());
    }
  }

  private boolean isMoreToCome() {
    return tries.size() > 0 || (retries != null && retries.isOneToCome());
  }

  /** Whether an answer is to go to the client, if it is not a redirect that is followed here. */
  boolean accepts(UpstreamRequest attempt, int status, HttpHeaders headers) {
    return retries == null || retries.accept(attempt, status, headers);
  }

  /** The answer of this one is taken: the others are given up, and none is to come. */
  void settleOn(UpstreamRequest attempt) {
    tries.abandonOthers(attempt);
    cancelRetries();
  }

  /**
   * The answer is whole. The connection goes back before the answer goes out, so that what the
   * client asks next finds it.
   */
  void onUpstreamEnd(UpstreamRequest attempt, @Nullable HttpHeaders trailers) {
    long now = loop.nanoTime();
    downstream.info().lastUpstreamRxNanos = now;
    charges.ended(trailers, relay.sinceEnd(now));
    LateAnswers.tellBudget(this);
    tries.remove(attempt);
    attempt.end();
    finish();
  }

  /** Nothing is to come: the client gets this. */
  void fail(LocalReply reply) {
    cancel();
    downstream.localReply(attempts.told(reply));
  }
}
