package io.bifocal.dataplane.http.router;

import static java.util.Objects.requireNonNull;

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
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One try of a request at one host: waits for a connection, sends, and passes the answer on once
 * the router has taken it. Confined to the worker's loop. Source: Envoy's {@code UpstreamRequest}.
 */
final class UpstreamRequest implements ConnectionPool.Waiter, ResponseReceiver, TryDeadlines.Owner {
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
  private final ConnectionPool pool;
  private State state = State.ACQUIRING;
  // Null when nobody logs tries.
  private final @Nullable TryLog log;
  // Null when nobody asks for sizes and timeouts, and when it is over.
  private @Nullable TryMeasures measures;
  // Null when nothing is between the router and the connection.
  private @Nullable TryFilters filters;
  private boolean overtaken;
  private boolean responseEnded;
  private boolean reported;
  private ConnectionPool.@Nullable Ticket ticket;
  // Null when nothing may run out.
  private @Nullable TryDeadlines deadlines;
  private @Nullable UpstreamConnection connection;
  private @Nullable RequestSender sender;
  private Protocol protocol = Protocol.HTTP_1_1;
  // 0 when there was a connection at once.
  private long waitingSince;
  private long waited;

  UpstreamRequest(RouterRequest router, Host host, ConnectionPool pool) {
    this.router = router;
    this.host = host;
    this.pool = pool;
    UpstreamLogs logs = router.here.settings().upstreamLogs();
    this.measures = TryMeasures.of(router.cluster.stats(), router.loop);
    this.log = logs == null ? null : new TryLog(logs, router.loop, router.downstream.info(), host);
  }

  Host host() {
    return host;
  }

  private void lose(LostTry lost) {
    flag(lost.flag());
    router.onLost(this, lost);
  }

  private void flag(ResponseFlag flag) {
    if (log != null) {
      log.flag(flag);
    }
  }

  /** Whether the router has taken its answer. */
  boolean isAnswering() {
    return state == State.ANSWERING;
  }

  boolean isOver() {
    return state == State.DONE;
  }

  /** Whether another try has been started beside this one, which took too long. */
  boolean isOvertaken() {
    return overtaken;
  }

  void overtake() {
    overtaken = true;
  }

  // ---- the request

  /** Starts; the router may hear of the outcome within this call. */
  void start() {
    TryFilters between = TryFilters.of(this, router);
    if (between != null) {
      filters = between;
      between.decodeHead(router.body.ended() && router.body.isEmpty());
      router.body.send(this);
      if (state == State.DONE) {
        pool.tellIfEmpty(); // a filter has answered
        return;
      }
    }
    ConnectionPool.Ticket place = pool.acquire(this, router.http3());
    if (state == State.ACQUIRING) {
      ticket = place;
      waitingSince = router.loop.nanoTime();
    }
  }

  @Override
  public void onReady(UpstreamConnection ready) {
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
    if (log != null) {
      tell(log.info);
      log.info.protocol = protocol.text();
      log.info.firstUpstreamTxNanos = now;
      log.ready();
    }
    RequestBody body = router.body;
    startDeadlines();
    TryFilters between = filters;
    if (between == null) {
      out.writeHead(router.downstream.request(), body.ended() && body.isEmpty());
      body.send(this);
    } else {
      between.connected(out);
    }
    if (!router.isStarting()) {
      out.flush();
    }
    router.onConnected();
    readResponse(router.downstream.isWritable());
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
  void tell(StreamInfo info) {
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

  private void startDeadlines() {
    Duration most = router.timeouts.stream(router.cluster.config().http().maxStreamDuration());
    if (!most.isZero()) {
      deadlines().startDuration(most);
    }
    if (router.body.ended()) {
      requestEnded();
    }
  }

  /** The request is whole: from now on it is the upstream's turn. */
  void requestEnded() {
    RequestTimeouts timeouts = router.timeouts;
    if (state == State.SENT && (timeouts.perTry > 0 || timeouts.perTryIdle > 0)) {
      deadlines().startTry(timeouts.perTry);
      deadlines().startIdle(timeouts.perTryIdle);
    }
  }

  private TryDeadlines deadlines() {
    TryDeadlines known = deadlines;
    if (known == null) {
      known = new TryDeadlines(router.loop, this);
      deadlines = known;
    }
    return known;
  }

  @Override
  public void onFailure(PoolFailure failure) {
    ticket = null;
    tell(router.downstream.info(), failure);
    if (log != null) {
      tell(log.info, failure);
    }
    lose(LostTry.noConnection(failure, router.attempts()));
  }

  private static void tell(StreamInfo info, PoolFailure failure) {
    info.race = failure.race();
    info.upstreamTransportFailureReason = failure.detail();
  }

  /** Whether the body can be sent on. */
  boolean takesBody() {
    return sender != null || filters != null;
  }

  /** Whether there is room for more of the body. */
  boolean isWritable() {
    RequestSender out = sender;
    return filters == null ? out == null || out.isWritable() : filters.isWritable();
  }

  /** The next part of the body, once it is taken. */
  void send(ByteBuf data, boolean end) {
    if (filters == null) {
      write(data, end);
    } else {
      filters.decodeData(data, end);
    }
  }

  /** It has passed the filters. */
  void write(ByteBuf data, boolean end) {
    if (log != null) {
      log.info.bytesSent += data.readableBytes();
    }
    if (measures != null) {
      measures.sent(data.readableBytes());
    }
    requireNonNull(sender).writeBody(data, end);
  }

  /** The request's end, once the body is taken. */
  void sendTrailers(HttpHeaders trailers) {
    if (filters == null) {
      writeTrailers(trailers);
    } else {
      filters.decodeTrailers(trailers);
    }
  }

  /** They have passed the filters. */
  void writeTrailers(HttpHeaders trailers) {
    requireNonNull(sender).writeTrailers(trailers);
    router.downstream.info().lastUpstreamTxNanos = router.loop.nanoTime();
  }

  /** What the client had sent has been read. */
  void flush() {
    if (sender != null) {
      sender.flush();
    }
  }

  @Override
  public void onWritabilityChanged(boolean writable) {
    router.onUpstreamWritable(writable);
  }

  // ---- the answer

  @Override
  public void onHead(int status, HttpHeaders headers, boolean end) {
    long now = router.loop.nanoTime();
    StreamInfo info = router.downstream.info();
    info.firstUpstreamRxNanos = now;
    info.lastUpstreamRxNanos = now;
    responseEnded = end;
    if (log != null) {
      log.info.firstUpstreamRxNanos = now;
      log.answered(status, headers);
    }
    if (measures != null) {
      measures.answered(headers);
    }
    if (deadlines != null) {
      deadlines.answered();
      deadlines.touch();
    }
    if (filters == null) {
      pass(status, headers, end);
    } else {
      filters.encodeHead(status, headers, end);
    }
  }

  /** It has passed the filters. */
  void pass(int status, HttpHeaders headers, boolean end) {
    hearReport(headers);
    router.onUpstreamHead(this, status, headers, end);
  }

  private void hearReport(HttpHeaders headers) {
    if (router.reports != null && !reported) {
      reported = LoadReports.hear(router.reports, headers, host, router.loop.nanoTime());
    }
  }

  /** The answer is taken: it may take its time. */
  void answer() {
    state = State.ANSWERING;
  }

  @Override
  public void onBody(ByteBuf data, boolean end) {
    if (log != null) {
      log.info.bytesReceived += data.readableBytes();
    }
    if (measures != null) {
      measures.received(data.readableBytes());
    }
    if (deadlines != null) {
      deadlines.touch();
    }
    if (filters == null) {
      pass(data, end);
    } else {
      filters.encodeData(data, end);
    }
  }

  /** It has passed the filters. */
  void pass(ByteBuf data, boolean end) {
    if (state != State.ANSWERING) {
      data.release();
      return;
    }
    DownstreamStream downstream = router.downstream;
    if (end) {
      router.onUpstreamEnd(this, null);
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
    if (filters == null) {
      pass(trailers);
    } else {
      filters.encodeTrailers(trailers);
    }
  }

  /** They have passed the filters. */
  void pass(HttpHeaders trailers) {
    if (state != State.ANSWERING) {
      return;
    }
    router.downstream.info().responseTrailers = trailers;
    hearReport(trailers);
    if (log != null) {
      log.info.responseTrailers = trailers;
    }
    router.onUpstreamEnd(this, trailers);
    router.downstream.respondTrailers(trailers);
    router.downstream.flush();
  }

  @Override
  public void onInformational(int status, HttpHeaders headers) {
    if (deadlines != null) {
      deadlines.touch();
    }
    router.downstream.respondInformational(status, headers);
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
      sender.readResponse(on && (filters == null || filters.takesAnswer()));
    }
  }

  // ---- its end

  @Override
  public void onReset(ResetReason reason) {
    if (reason == ResetReason.PROTOCOL_ERROR && connection != null) {
      connection.onProtocolError();
    }
    boolean http3 = protocol == Protocol.HTTP_3 && router.cluster.config().http().grid() != null;
    lose(LostTry.reset(reason, router.attempts(), http3));
  }

  @Override
  public void onPerTryTimeout() {
    flag(ResponseFlag.UPSTREAM_REQUEST_TIMEOUT);
    router.onPerTryTimeout(this);
  }

  @Override
  public void onPerTryIdleTimeout() {
    flag(ResponseFlag.STREAM_IDLE_TIMEOUT);
    router.onPerTryIdleTimeout(this);
  }

  @Override
  public void onMaxDuration() {
    router.onMaxDuration(this);
  }

  /** It is over in good order: its connection is used again, if it can be. */
  void end() {
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

  /** Its answer is not taken, and so it need not come to its end. */
  void drop() {
    if (responseEnded && router.body.ended()) {
      end();
    } else {
      abandon();
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

  /** The time for the whole request is over, and this has no answer. */
  void cutShort() {
    if (measures != null) {
      measures.cutShort();
    }
  }

  private void leave() {
    state = State.DONE;
    if (measures != null) {
      measures.end(router.downstream.request(), router.timeouts.perTry);
      measures = null;
    }
    if (sender != null) {
      router.downstream.info().endTry(sender.bytes());
    }
    if (log != null) {
      if (sender != null) {
        log.info.endTry(sender.bytes());
      }
      log.end();
    }
    if (filters != null) {
      filters.destroy();
    }
    if (deadlines != null) {
      deadlines.stop();
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
      if (router.connect == null) {
        router.breakers.requests().release();
        router.charges.left(used.host());
      }
    }
  }
}
