package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.http.codec.ClientConnection;
import io.bifocal.dataplane.http.codec.Protocol;
import io.bifocal.dataplane.http.codec.RequestSender;
import io.bifocal.dataplane.http.codec.ResetReason;
import io.bifocal.dataplane.http.codec.ResponseReceiver;
import io.bifocal.dataplane.http.route.ConnectConfig;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.pool.UpstreamConnection;
import io.bifocal.dataplane.stream.StreamInfo;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * A try and its connection: waited for, begun on, and given back as it deserves. What goes over it
 * is for {@link UpstreamRequest}, which is the same object, as there is one per request. Confined
 * to the worker's loop. Source: Envoy's {@code GenericConnPool} and {@code GenericUpstream}.
 */
abstract class TryConnection implements ConnectionPool.Waiter, ResponseReceiver {
  enum State {
    /** Waits for a connection. */
    ACQUIRING,
    /** On a connection; no answer yet. */
    SENT,
    /** The answer has begun, and is the one that the client gets. */
    ANSWERING,
    DONE
  }

  final RouterRequest router;
  // Null when nobody asks for it.
  final @Nullable TryRecord record;
  State state = State.ACQUIRING;
  private final Host host;
  private final ConnectionPool pool;
  private ConnectionPool.@Nullable Ticket ticket;
  private @Nullable UpstreamConnection connection;
  private @Nullable RequestSender sender;
  private Protocol protocol = Protocol.HTTP_1_1;
  // 0 when there was a connection at once.
  private long waitingSince;
  private long waited;

  TryConnection(RouterRequest router, Host host, ConnectionPool pool) {
    this.router = router;
    this.host = host;
    this.pool = pool;
    this.record = TryRecord.of(router, host);
  }

  /** The request can be sent. */
  abstract void onConnected(RequestSender out);

  /** It has come to nothing. */
  abstract void lose(LostTry lost);

  /**
   * It is over, however.
   *
   * @param out null when there was no connection, and when it is told another time
   */
  abstract void onOver(@Nullable RequestSender out);

  final Host host() {
    return host;
  }

  /** Null when there is no connection. */
  final @Nullable RequestSender sender() {
    return sender;
  }

  // ---- waited for

  /** Asks for one; what comes of it may be told within this call. */
  final void acquire() {
    ConnectionPool.Ticket place = pool.acquire(this, router.http3());
    if (state == State.ACQUIRING) {
      ticket = place;
      waitingSince = router.loop.nanoTime();
    }
  }

  /** There is no need for one after all. */
  final void forgo() {
    pool.tellIfEmpty();
  }

  @Override
  public final void onFailure(PoolFailure failure) {
    ticket = null;
    tell(router.downstream.info(), failure);
    if (record != null) {
      record.failed(failure);
    }
    lose(LostTry.noConnection(failure, router.attempts()));
  }

  /** Tells why there is none. */
  static void tell(StreamInfo info, PoolFailure failure) {
    info.race = failure.race();
    info.upstreamTransportFailureReason = failure.detail();
  }

  // ---- begun on

  @Override
  public final void onReady(UpstreamConnection ready) {
    ticket = null;
    ConnectConfig connect = router.connect;
    if (connect == null && !router.breakers.requests().tryAcquire()) {
      ready.release();
      router.cluster.stats().rqActiveOverflow.inc();
      lose(LostTry.overflow(router.attempts()));
      return;
    }
    connection = ready;
    state = State.SENT;
    RequestSender out = connect == null ? begin(ready) : begin(ready, connect);
    sender = out;
    long now = router.loop.nanoTime();
    waited = waitingSince == 0 ? 0 : now - waitingSince;
    StreamInfo info = router.downstream.info();
    tell(info);
    info.firstUpstreamTxNanos = now;
    info.lastUpstreamTxNanos = now;
    if (record != null) {
      record.connected(this, protocol, now);
    }
    onConnected(out);
  }

  private RequestSender begin(UpstreamConnection ready) {
    router.charges.sent(ready.host());
    ClientConnection http =
        ClientConnection.of(ready.channel(), router.cluster.config().http().http1());
    protocol = http.protocol();
    return http.begin(this);
  }

  /** On a connection of its own, which its pool counts as a request. */
  private RequestSender begin(UpstreamConnection ready, ConnectConfig connect) {
    router.charges.begun();
    ByteBuf header = connect.header(router.downstream.connection());
    return TcpUpstream.begin(ready.channel(), header, this);
  }

  /** Tells whom the request is sent to: the last one sent, or the one whose answer is taken. */
  final void tell(StreamInfo info) {
    UpstreamConnection used = connection;
    RequestSender out = sender;
    if (used != null && out != null) {
      info.upstreamHost = host;
      info.upstreamRemote = used.remoteAddress();
      info.race = used.race();
      info.upstreamLocal = out.localAddress();
      info.upstreamTls = used.tls();
      info.upstreamBytes = out.bytes();
      info.upstreamConnectionId = used.id();
      info.upstreamProtocol = router.connect == null ? protocol.text() : "";
      info.upstreamReadyNanos = waited;
    }
  }

  @Override
  public final void onReset(ResetReason reason) {
    if (reason == ResetReason.PROTOCOL_ERROR && connection != null) {
      connection.onProtocolError();
    }
    boolean http3 = protocol == Protocol.HTTP_3 && router.cluster.config().http().grid() != null;
    String detail = sender == null ? "" : sender.resetDetail();
    lose(LostTry.reset(reason, detail, router.attempts(), http3));
  }

  // ---- given back

  /** It is over in good order: its connection is used again, if it can be. */
  final void end() {
    UpstreamConnection used = connection;
    RequestSender out = sender;
    leave();
    if (used != null && out != null) {
      if (out.isReusable()) {
        used.release();
      } else if (router.connect != null) {
        used.discard();
      } else {
        used.retire();
      }
    }
  }

  /** It is given up: what is under way on its connection is cut off. */
  final void abandon() {
    UpstreamConnection used = connection;
    leave();
    if (used != null) {
      used.discard();
    }
  }

  private void leave() {
    state = State.DONE;
    onOver(sender);
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
      if (router.connect == null) {
        router.breakers.requests().release();
        router.charges.left(used.host());
      }
    }
  }
}
