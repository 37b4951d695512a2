package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.http.codec.HeaderNames;
import io.bifocal.dataplane.http.codec.Http1ClientConnection;
import io.bifocal.dataplane.http.codec.RequestSender;
import io.bifocal.dataplane.http.codec.ResetReason;
import io.bifocal.dataplane.http.codec.ResponseReceiver;
import io.bifocal.dataplane.http.route.RetryPolicy;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.pool.UpstreamConnection;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.xds.time.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way through a cluster: chooses a host, asks its pool for a connection, sends,
 * and passes the answer on; once more if the route's retry policy says so. Confined to the worker's
 * loop.
 */
public final class RouterRequest implements ConnectionPool.Waiter, ResponseReceiver {
  private enum State {
    /** Waits for a connection. */
    ACQUIRING,
    /** Waits until it may try again. */
    BACKING_OFF,
    /** On a connection; no answer yet. */
    SENT,
    /** The answer has begun. */
    ANSWERING,
    DONE
  }

  private final Loop loop;
  private final WorkerCluster cluster;
  private final UpstreamStats stats;
  private final DownstreamStream downstream;
  private final @Nullable RetryPolicy retry;
  private final boolean autoHostRewrite;
  private final boolean attemptCount;
  private final boolean suppressHeaders;
  private final RequestBody body;
  private State state = State.ACQUIRING;
  private int retriesLeft;
  private int attempts;
  private boolean holdsRetry;
  private @Nullable Host host;
  private ConnectionPool.@Nullable Ticket ticket;
  private Loop.@Nullable Timer backOff;
  private Loop.@Nullable Timer tryTimer;
  private @Nullable UpstreamConnection connection;
  private @Nullable RequestSender sender;
  private long requestEndNanos;
  // The first attempt starts while the client's bytes are read; the flush comes after them.
  private boolean starting;

  public RouterRequest(
      Loop loop,
      WorkerCluster cluster,
      DownstreamStream downstream,
      @Nullable RetryPolicy retry,
      boolean autoHostRewrite,
      boolean attemptCount,
      boolean suppressHeaders,
      boolean requestEnded) {
    this.loop = loop;
    this.cluster = cluster;
    this.stats = cluster.stats();
    this.downstream = downstream;
    this.retry = retry;
    this.autoHostRewrite = autoHostRewrite;
    this.attemptCount = attemptCount;
    this.suppressHeaders = suppressHeaders;
    this.retriesLeft = retry == null ? 0 : retry.retries();
    this.body = new RequestBody(downstream.bufferLimit(), retriesLeft > 0, requestEnded);
    this.requestEndNanos = requestEnded ? loop.nanoTime() : -1;
  }

  /** Starts; the answer may come within this call. */
  public void start() {
    attempts++;
    StreamInfo info = downstream.info();
    info.requestAttempts = attempts;
    if (attemptCount) {
      downstream.request().headers.set(HeaderNames.X_ENVOY_ATTEMPT_COUNT, attempts);
    }
    Host chosen = cluster.chooseHost();
    if (chosen == null) {
      finish();
      stats.cxNoneHealthy.inc();
      stats.charge(503);
      downstream.localReply(
          new LocalReply(
              503, "no healthy upstream", ResponseFlag.NO_HEALTHY_UPSTREAM, "no_healthy_upstream"));
      return;
    }
    host = chosen;
    info.beginTry(chosen);
    if (autoHostRewrite && !chosen.hostname().isEmpty()) {
      downstream.request().authority = chosen.hostname();
      info.authority = chosen.hostname();
    }
    if (retry != null && !retry.perTryTimeout().isZero()) {
      tryTimer = loop.schedule(retry.perTryTimeout(), this::onTryTimeout);
    }
    state = State.ACQUIRING;
    starting = attempts == 1;
    ConnectionPool.Ticket place = cluster.httpPool(chosen).acquire(this);
    starting = false;
    if (state == State.ACQUIRING) {
      ticket = place;
    }
  }

  /** The next part of the request's body. */
  public void onRequestBody(ByteBuf data, boolean end) {
    if (end) {
      requestEndNanos = loop.nanoTime();
    }
    RequestSender out = sender;
    switch (state) {
      case ACQUIRING, BACKING_OFF -> {
        body.hold(data, end);
        if (body.full()) {
          downstream.readRequest(false);
        }
      }
      case SENT, ANSWERING -> {
        if (out == null) {
          data.release();
          return;
        }
        body.pass(data, end, out);
        downstream.info().lastUpstreamTxNanos = loop.nanoTime();
        if (!out.isWritable()) {
          downstream.readRequest(false);
        }
      }
      case DONE -> data.release();
    }
  }

  /** What the client had sent has been read. */
  public void onDownstreamReadComplete() {
    RequestSender out = sender;
    if (out != null) {
      out.flush();
    }
  }

  @Override
  public void onReady(UpstreamConnection ready) {
    ticket = null;
    if (!cluster.breakers().requests().tryAcquire()) {
      ready.release();
      stats.rqPendingOverflow.inc();
      overflow();
      return;
    }
    connection = ready;
    state = State.SENT;
    StreamInfo info = downstream.info();
    info.upstreamRemote = ready.remoteAddress();
    info.race = ready.race();
    stats.rqTotal.inc();
    stats.rqActive.inc();
    Host to = ready.host();
    to.stats().rqTotal().at(stats.shard).inc();
    to.stats().rqActive().at(stats.shard).inc();
    RequestSender out = Http1ClientConnection.of(ready.channel()).begin(this);
    sender = out;
    info.upstreamLocal = out.localAddress();
    long now = loop.nanoTime();
    info.firstUpstreamTxNanos = now;
    info.lastUpstreamTxNanos = now;
    out.writeHead(downstream.request(), body.ended() && body.isEmpty());
    body.send(out);
    if (!starting) {
      out.flush();
    }
    downstream.readRequest(out.isWritable());
    out.readResponse(downstream.isWritable());
  }

  @Override
  public void onFailure(PoolFailure failure) {
    ticket = null;
    StreamInfo info = downstream.info();
    info.race = failure.race();
    info.upstreamTransportFailureReason = failure.detail();
    if (failure.reason() == PoolFailure.Reason.OVERFLOW) {
      overflow();
      return;
    }
    if (retry != null && retry.retriesConnectFailure()) {
      if (tryAgain()) {
        return;
      }
      exhausted();
    }
    String reason =
        switch (failure.reason()) {
          case TIMEOUT -> "connection timeout";
          case LOCAL_CONNECTION_FAILURE -> "local connection failure";
          default -> "remote connection failure";
        };
    abort(reason, 503, ResponseFlag.UPSTREAM_CONNECTION_FAILURE, failure.detail());
  }

  private void overflow() {
    finish();
    stats.charge(503);
    downstream.localReply(
        new LocalReply(
            503,
            resetText("overflow"),
            ResponseFlag.UPSTREAM_OVERFLOW,
            "upstream_reset_before_response_started{overflow}"));
  }

  @Override
  public void onHead(int status, HttpHeaders headers, boolean end) {
    long now = loop.nanoTime();
    StreamInfo info = downstream.info();
    info.firstUpstreamRxNanos = now;
    info.lastUpstreamRxNanos = now;
    Host from = host;
    if (from != null) {
      (status >= 500 ? from.stats().rqError() : from.stats().rqSuccess()).at(stats.shard).inc();
    }
    if (retry != null && retry.retries(status)) {
      if (tryAgain()) {
        stats.retried.charge(status);
        return;
      }
      exhausted();
    } else if (attempts > 1) {
      stats.rqRetrySuccess.inc();
    }
    stats.charge(status);
    body.forget();
    stopTryTimer();
    state = State.ANSWERING;
    info.responseCodeDetails = "via_upstream";
    if (requestEndNanos >= 0 && !suppressHeaders) {
      long millis = (now - requestEndNanos) / 1_000_000;
      headers.set(HeaderNames.X_ENVOY_UPSTREAM_SERVICE_TIME, Long.toString(millis));
    }
    if (end) {
      complete();
    }
    downstream.respondHead(status, headers, end);
    if (end) {
      downstream.flush();
    }
  }

  @Override
  public void onBody(ByteBuf data, boolean end) {
    if (state != State.ANSWERING) {
      data.release();
      return;
    }
    if (end) {
      complete();
    }
    downstream.respondBody(data, end);
    if (end) {
      downstream.flush();
    } else if (!downstream.isWritable() && sender != null) {
      sender.readResponse(false);
    }
  }

  @Override
  public void onReadComplete() {
    if (state == State.ANSWERING) {
      downstream.flush();
    }
  }

  // The answer is whole. The connection goes back before the answer goes out, so that what the
  // client asks next finds it.
  private void complete() {
    long now = loop.nanoTime();
    downstream.info().lastUpstreamRxNanos = now;
    if (requestEndNanos >= 0) {
      stats.rqTime.record(stats.shard, (now - requestEndNanos) / 1_000_000);
    }
    leaveConnection(true);
    finish();
  }

  @Override
  public void onReset(ResetReason reason) {
    boolean broken = reason == ResetReason.PROTOCOL_ERROR;
    if (broken) {
      stats.cxProtocolError.inc();
    }
    State before = state;
    if (before == State.SENT && retry != null && retry.retriesReset()) {
      if (tryAgain()) {
        return;
      }
      exhausted();
    }
    leaveConnection(false);
    if (before == State.ANSWERING) {
      finish();
      downstream.reset(
          broken
              ? ResponseFlag.UPSTREAM_PROTOCOL_ERROR
              : ResponseFlag.UPSTREAM_CONNECTION_TERMINATION,
          "upstream_reset_after_response_started{"
              + (broken ? "protocol_error" : "connection_termination")
              + "}");
    } else if (broken) {
      abort("protocol error", 502, ResponseFlag.UPSTREAM_PROTOCOL_ERROR, "");
    } else {
      abort("connection termination", 503, ResponseFlag.UPSTREAM_CONNECTION_TERMINATION, "");
    }
  }

  private void abort(String reason, int status, ResponseFlag flag, String detail) {
    finish();
    stats.charge(status);
    Host from = host;
    if (from != null) {
      from.stats().rqError().at(stats.shard).inc();
    }
    String details = detail.isEmpty() ? reason : reason + "|" + detail;
    downstream.localReply(
        new LocalReply(
            status,
            resetText(reason),
            flag,
            "upstream_reset_before_response_started{" + details.replace(' ', '_') + "}"));
  }

  private String resetText(String reason) {
    return attempts > 1
        ? "upstream connect error or disconnect/reset before headers. retried and the latest reset"
            + " reason: "
            + reason
        : "upstream connect error or disconnect/reset before headers. reset reason: " + reason;
  }

  private void exhausted() {
    if (retriesLeft == 0) {
      stats.rqRetryLimitExceeded.inc();
      downstream.info().flag(ResponseFlag.UPSTREAM_RETRY_LIMIT_EXCEEDED);
    }
  }

  private boolean tryAgain() {
    RetryPolicy policy = retry;
    if (policy == null || retriesLeft == 0 || !body.replayable()) {
      return false;
    }
    if (!holdsRetry && !cluster.breakers().retries().tryAcquire()) {
      stats.rqRetryOverflow.inc();
      return false;
    }
    stats.rqRetry.inc();
    stats.rqRetryBackOff.inc();
    holdsRetry = true;
    retriesLeft--;
    leaveConnection(true);
    stopTryTimer();
    state = State.BACKING_OFF;
    backOff = loop.schedule(delay(policy), this::again);
    return true;
  }

  private void again() {
    backOff = null;
    releaseRetry();
    start();
  }

  // Full jitter over an interval that doubles.
  private Duration delay(RetryPolicy policy) {
    long base = policy.baseInterval().toNanos();
    long bound = Math.min(policy.maxInterval().toNanos(), base << Math.min(attempts - 1, 20));
    return Duration.ofNanos(ThreadLocalRandom.current().nextLong(Math.max(1, bound)));
  }

  // One try has taken too long; an answer that has begun may take its time.
  private void onTryTimeout() {
    tryTimer = null;
    if (state != State.ACQUIRING && state != State.SENT) {
      return;
    }
    stats.rqPerTryTimeout.inc();
    Host to = host;
    if (to != null) {
      to.stats().rqTimeout().at(stats.shard).inc();
    }
    leaveQueue();
    if (retry != null && retry.retries(504)) {
      if (tryAgain()) {
        return;
      }
      exhausted();
    }
    cancel();
    stats.charge(504);
    downstream.localReply(
        new LocalReply(
            504,
            "upstream request timeout",
            ResponseFlag.UPSTREAM_REQUEST_TIMEOUT,
            "upstream_per_try_timeout"));
  }

  /** The route's timeout has run out. */
  public void onTimeout() {
    if (state == State.DONE) {
      return;
    }
    stats.rqTimeout.inc();
    Host to = host;
    if (to != null) {
      to.stats().rqTimeout().at(stats.shard).inc();
    }
    boolean answering = state == State.ANSWERING;
    cancel();
    if (answering) {
      downstream.reset(ResponseFlag.UPSTREAM_REQUEST_TIMEOUT, "response_timeout");
      return;
    }
    stats.charge(504);
    downstream.localReply(
        new LocalReply(
            504,
            "upstream request timeout",
            ResponseFlag.UPSTREAM_REQUEST_TIMEOUT,
            "response_timeout"));
  }

  /** Gives up: nobody waits for the answer any more. */
  public void cancel() {
    if (state == State.DONE) {
      return;
    }
    leaveQueue();
    leaveConnection(false);
    finish();
  }

  private void leaveQueue() {
    ConnectionPool.Ticket place = ticket;
    if (place != null) {
      ticket = null;
      place.cancel();
    }
  }

  private void finish() {
    state = State.DONE;
    body.forget();
    releaseRetry();
    stopTryTimer();
    Loop.Timer timer = backOff;
    if (timer != null) {
      backOff = null;
      timer.cancel();
    }
  }

  private void stopTryTimer() {
    Loop.Timer timer = tryTimer;
    if (timer != null) {
      tryTimer = null;
      timer.cancel();
    }
  }

  private void releaseRetry() {
    if (holdsRetry) {
      holdsRetry = false;
      cluster.breakers().retries().release();
    }
  }

  private void leaveConnection(boolean mayReuse) {
    UpstreamConnection used = connection;
    RequestSender out = sender;
    if (used == null || out == null) {
      return;
    }
    connection = null;
    sender = null;
    out.detach();
    cluster.breakers().requests().release();
    stats.rqActive.dec();
    used.host().stats().rqActive().at(stats.shard).dec();
    if (!mayReuse) {
      used.discard();
    } else if (out.isReusable()) {
      used.release();
    } else {
      used.retire();
    }
  }

  @Override
  public void onWritabilityChanged(boolean writable) {
    downstream.readRequest(writable);
  }

  /** The client takes more, or must be waited for. */
  public void onDownstreamWritable(boolean writable) {
    RequestSender out = sender;
    if (out != null) {
      out.readResponse(writable);
    }
  }
}
