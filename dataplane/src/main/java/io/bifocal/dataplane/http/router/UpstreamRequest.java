package io.bifocal.dataplane.http.router;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.http.codec.RequestSender;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One try of a request at one host: sends once there is a connection, and passes the answer on once
 * the router has taken it. Confined to the worker's loop. Source: Envoy's {@code UpstreamRequest}.
 */
final class UpstreamRequest extends TryConnection implements TryDeadlines.Owner {
  // Null when nothing is between the router and the connection.
  private @Nullable TryFilters filters;
  // Null when nothing may run out.
  private @Nullable TryDeadlines deadlines;
  private boolean overtaken;
  private boolean responseEnded;
  private boolean reported;

  UpstreamRequest(RouterRequest router, Host host, ConnectionPool pool) {
    super(router, host, pool);
  }

  @Override
  void lose(LostTry lost) {
    flag(lost.flag());
    router.onLost(this, lost);
  }

  private void flag(ResponseFlag flag) {
    if (record != null) {
      record.flag(flag);
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
        forgo(); // a filter has answered
        return;
      }
    }
    acquire();
  }

  @Override
  void onConnected(RequestSender out) {
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

  /** Whether the body can be sent on. */
  boolean takesBody() {
    return sender() != null || filters != null;
  }

  /** Whether there is room for more of the body. */
  boolean isWritable() {
    RequestSender out = sender();
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
    if (record != null) {
      record.sent(data.readableBytes());
    }
    requireNonNull(sender()).writeBody(data, end);
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
    requireNonNull(sender()).writeTrailers(trailers);
    router.downstream.info().lastUpstreamTxNanos = router.loop.nanoTime();
  }

  /** What the client had sent has been read. */
  void flush() {
    RequestSender out = sender();
    if (out != null) {
      out.flush();
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
    if (record != null) {
      record.answered(status, headers, now);
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
    UpstreamAnswer.onHead(router, this, status, headers, end);
  }

  private void hearReport(HttpHeaders headers) {
    if (router.reports != null && !reported) {
      reported = LoadReports.hear(router.reports, headers, host(), router.loop.nanoTime());
    }
  }

  /** The answer is taken: it may take its time. */
  void answer() {
    state = State.ANSWERING;
  }

  @Override
  public void onBody(ByteBuf data, boolean end) {
    if (record != null) {
      record.received(data.readableBytes());
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
    } else if (!downstream.isWritable()) {
      readResponse(false);
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
    if (record != null) {
      record.trailers(trailers);
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
    RequestSender out = sender();
    if (out != null) {
      out.readResponse(on && (filters == null || filters.takesAnswer()));
    }
  }

  // ---- its end

  @Override
  public void onPerTryTimeout() {
    flag(ResponseFlag.UPSTREAM_REQUEST_TIMEOUT);
    LateAnswers.onPerTryTimeout(router, this);
  }

  @Override
  public void onPerTryIdleTimeout() {
    flag(ResponseFlag.STREAM_IDLE_TIMEOUT);
    LateAnswers.onPerTryIdleTimeout(router, this);
  }

  @Override
  public void onMaxDuration() {
    LateAnswers.onMaxDuration(router, this);
  }

  /** Its answer is not taken, and so it need not come to its end. */
  void drop() {
    if (responseEnded && router.body.ended()) {
      end();
    } else {
      abandon();
    }
  }

  /** The time for the whole request is over, and this has no answer. */
  void cutShort() {
    if (record != null) {
      record.cutShort();
    }
  }

  @Override
  void onOver(@Nullable RequestSender out) {
    if (out != null) {
      router.downstream.info().endTry(out.bytes());
    }
    if (record != null) {
      record.end(router.downstream.request(), router.timeouts.perTry, out);
    }
    if (filters != null) {
      filters.destroy();
    }
    if (deadlines != null) {
      deadlines.stop();
    }
  }
}
