package io.bifocal.dataplane.http.router;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.http.codec.ClientConnection;
import io.bifocal.dataplane.http.codec.RequestSender;
import io.bifocal.dataplane.http.codec.ResetReason;
import io.bifocal.dataplane.http.codec.ResponseReceiver;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.pool.UpstreamConnection;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.xds.time.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One try of a request at one host: waits for a connection, sends, and passes the answer on once
 * the router has taken it. Confined to the worker's loop. Source: Envoy's {@code UpstreamRequest}.
 */
final class UpstreamRequest implements ConnectionPool.Waiter, ResponseReceiver {
  private enum State {
    /** Waits for a connection. */
    ACQUIRING,
    /** On a connection; no answer yet. */
    SENT,
    /** The answer has begun, and is the one that the client gets. */
    ANSWERING,
    DONE
  }

  private final RouterRequest router;
  private final Host host;
  private State state = State.ACQUIRING;
  private ConnectionPool.@Nullable Ticket ticket;
  private Loop.@Nullable Timer perTryTimer;
  private @Nullable UpstreamConnection connection;
  private @Nullable RequestSender sender;

  UpstreamRequest(RouterRequest router, Host host) {
    this.router = router;
    this.host = host;
  }

  Host host() {
    return host;
  }

  /** Whether the router has taken its answer. */
  boolean isAnswering() {
    return state == State.ANSWERING;
  }

  // ---- the request

  /**
   * Starts; the router may hear of the outcome within this call.
   *
   * @param timeout until the answer begins; zero for none
   */
  void start(Duration timeout) {
    if (!timeout.isZero()) {
      perTryTimer = router.loop.schedule(timeout, this::onPerTryTimeout);
    }
    ConnectionPool pool = router.cluster.httpPool(host, router.priority, router.spokenDownstream());
    if (pool == null) {
      router.onNoPool();
      return;
    }
    ConnectionPool.Ticket place = pool.acquire(this);
    if (state == State.ACQUIRING) {
      ticket = place;
    }
  }

  @Override
  public void onReady(UpstreamConnection ready) {
    ticket = null;
    UpstreamStats stats = router.cluster.stats();
    if (!router.cluster.breakers().requests().tryAcquire()) {
      ready.release();
      stats.rqPendingOverflow.inc();
      router.onOverflow();
      return;
    }
    connection = ready;
    state = State.SENT;
    stats.rqTotal.inc();
    stats.rqActive.inc();
    ready.host().stats().rqTotal().at(stats.shard).inc();
    ready.host().stats().rqActive().at(stats.shard).inc();
    RequestSender out = ClientConnection.of(ready.channel()).begin(this);
    sender = out;
    long now = router.loop.nanoTime();
    StreamInfo info = router.downstream.info();
    info.upstreamRemote = ready.remoteAddress();
    info.race = ready.race();
    info.upstreamLocal = out.localAddress();
    info.firstUpstreamTxNanos = now;
    info.lastUpstreamTxNanos = now;
    RequestBody body = router.body;
    out.writeHead(router.downstream.request(), body.ended() && body.isEmpty());
    body.send(out);
    if (!router.isStarting()) {
      out.flush();
    }
    router.downstream.readRequest(out.isWritable());
    out.readResponse(router.downstream.isWritable());
  }

  @Override
  public void onFailure(PoolFailure failure) {
    ticket = null;
    StreamInfo info = router.downstream.info();
    info.race = failure.race();
    info.upstreamTransportFailureReason = failure.detail();
    if (failure.reason() == PoolFailure.Reason.OVERFLOW) {
      router.onOverflow();
    } else {
      router.onPoolFailure(failure);
    }
  }

  /** Whether the body can be sent on. */
  boolean isConnected() {
    return sender != null;
  }

  /** The next part of the body, once connected. */
  void send(ByteBuf data, boolean end) {
    RequestSender out = requireNonNull(sender);
    router.body.pass(data, end, out);
    router.downstream.info().lastUpstreamTxNanos = router.loop.nanoTime();
    if (!out.isWritable()) {
      router.downstream.readRequest(false);
    }
  }

  /** What the client had sent has been read. */
  void flush() {
    if (sender != null) {
      sender.flush();
    }
  }

  @Override
  public void onWritabilityChanged(boolean writable) {
    router.downstream.readRequest(writable);
  }

  // ---- the answer

  @Override
  public void onHead(int status, HttpHeaders headers, boolean end) {
    long now = router.loop.nanoTime();
    StreamInfo info = router.downstream.info();
    info.firstUpstreamRxNanos = now;
    info.lastUpstreamRxNanos = now;
    (status >= 500 ? host.stats().rqError() : host.stats().rqSuccess())
        .at(router.cluster.stats().shard)
        .inc();
    router.onUpstreamHead(status, headers, end);
  }

  /** The answer is taken: it may take its time. */
  void answer() {
    stopTimer();
    state = State.ANSWERING;
  }

  @Override
  public void onBody(ByteBuf data, boolean end) {
    if (state != State.ANSWERING) {
      data.release();
      return;
    }
    DownstreamStream downstream = router.downstream;
    if (end) {
      router.onUpstreamEnd();
    }
    downstream.respondBody(data, end);
    if (end) {
      downstream.flush();
    } else if (!downstream.isWritable() && sender != null) {
      sender.readResponse(false);
    }
  }

  @Override
  public void onTrailers(HttpHeaders trailers) {
    router.downstream.info().responseTrailers = trailers;
    onBody(Unpooled.EMPTY_BUFFER, true);
  }

  @Override
  public void onReadComplete() {
    if (state == State.ANSWERING) {
      router.downstream.flush();
    }
  }

  /** The client takes more, or must be waited for. */
  void readResponse(boolean on) {
    if (sender != null) {
      sender.readResponse(on);
    }
  }

  // ---- its end

  @Override
  public void onReset(ResetReason reason) {
    if (reason == ResetReason.PROTOCOL_ERROR && connection != null) {
      connection.onProtocolError();
    }
    router.onUpstreamReset(reason);
  }

  private void onPerTryTimeout() {
    perTryTimer = null;
    UpstreamStats stats = router.cluster.stats();
    stats.rqPerTryTimeout.inc();
    host.stats().rqTimeout().at(stats.shard).inc();
    router.onPerTryTimeout();
  }

  /** It is over in good order: its connection is used again, if it can be. */
  void end() {
    UpstreamConnection used = connection;
    RequestSender out = sender;
    leave();
    if (used != null && out != null) {
      if (out.isReusable()) {
        used.release();
      } else {
        used.retire();
      }
    }
  }

  /** It is given up: what is under way on its connection is cut off. */
  void abandon() {
    UpstreamConnection used = connection;
    leave();
    if (used != null) {
      used.discard();
    }
  }

  private void leave() {
    state = State.DONE;
    stopTimer();
    ConnectionPool pool = router.cluster.httpPool(host, router.priority, router.spokenDownstream());
    if (pool == null) {
      router.onNoPool();
      return;
    }
    ConnectionPool.Ticket place = ticket;
    if (place != null) {
      ticket = null;
      place.cancel();
    }
    UpstreamConnection used = connection;
    RequestSender out = sender;
    if (used != null && out != null) {
      connection = null;
      sender = null;
      out.detach();
      UpstreamStats stats = router.cluster.stats();
      router.cluster.breakers().requests().release();
      stats.rqActive.dec();
      used.host().stats().rqActive().at(stats.shard).dec();
    }
  }

  private void stopTimer() {
    Loop.Timer timer = perTryTimer;
    if (timer != null) {
      perTryTimer = null;
      timer.cancel();
    }
  }
}
