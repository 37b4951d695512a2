package io.bifocal.dataplane.http;

import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.http.codec.Http1ServerConnection;
import io.bifocal.dataplane.http.codec.RequestError;
import io.bifocal.dataplane.http.codec.RequestReceiver;
import io.bifocal.dataplane.http.codec.ResponseSender;
import io.bifocal.dataplane.http.codec.ServerEvents;
import io.bifocal.dataplane.stream.AccessLog;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.xds.time.Loop;
import io.netty.channel.Channel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One client's connection and its deadlines. Confined to the worker's loop. */
final class HttpConnection implements ServerEvents {
  final ConnectionManager manager;
  final HttpWorker here;
  final DownstreamConnection downstream;
  final Loop loop;
  final HttpSettings settings;
  final HttpStats stats;
  final Deadlines deadlines;
  private final long startNanos;
  private @Nullable Http1ServerConnection codec;
  private @Nullable Exchange exchange;
  private int requests;

  HttpConnection(ConnectionManager manager, HttpWorker here, DownstreamConnection downstream) {
    this.manager = manager;
    this.here = here;
    this.downstream = downstream;
    this.loop = here.worker.loop();
    this.settings = manager.settings();
    this.stats = here.stats;
    this.deadlines = new Deadlines(loop, this::onDeadline);
    this.startNanos = loop.nanoTime();
  }

  void start(Channel channel) {
    stats.cxTotal.inc();
    stats.cxActive.inc();
    stats.cxHttp1Total.inc();
    stats.cxHttp1Active.inc();
    if (downstream.secure()) {
      stats.cxSslTotal.inc();
      stats.cxSslActive.inc();
    }
    int limit = downstream.bufferLimit();
    channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(limit / 2, limit));
    codec = Http1ServerConnection.on(channel, settings.limits(), this);
    deadlines.set(Deadlines.Kind.CONNECTION_DURATION, startNanos, settings.maxConnectionDuration());
    onIdle();
    channel.config().setAutoRead(true);
  }

  @Override
  public RequestReceiver onRequest(ResponseSender response) {
    deadlines.clear(Deadlines.Kind.CONNECTION_IDLE);
    requests++;
    if (requests == settings.maxRequests()) {
      stats.cxMaxRequests.inc();
      response.closeAfterwards();
    }
    Exchange next = new Exchange(this, response);
    exchange = next;
    return next;
  }

  /** The exchange has ended: the next request is another one's. */
  void ended() {
    exchange = null;
  }

  @Override
  public HttpHeaders onRequestError(RequestError error) {
    long now = loop.nanoTime();
    stats.rqTotal.inc();
    stats.rqHttp1Total.inc();
    stats.rqRxReset.inc();
    stats.rqBeforeComplete.inc();
    stats.answered(error.status());
    stats.cxProtocolError.inc();
    StreamInfo info = new StreamInfo();
    begin(info, now);
    info.responseCode = error.status();
    info.responseCodeDetails = error.details();
    info.flag(ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR);
    info.bytesSent = error.reason().length();
    info.endNanos = now;
    HttpHeaders headers = LocalHeaders.empty();
    headers.set(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(error.reason().length()));
    headers.set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.TEXT_PLAIN);
    headers.set(HttpHeaderNames.DATE, here.date.at(info.startEpochMillis));
    headers.set(HttpHeaderNames.SERVER, settings.serverName());
    info.responseHeaders = headers;
    log(info);
    return headers;
  }

  void begin(StreamInfo info, long now) {
    info.startNanos = now;
    info.startEpochMillis = loop.wallTime().toEpochMilli();
    info.downstreamRemote = downstream.remote();
    info.downstreamLocal = downstream.local();
    info.connectionId = downstream.id();
    info.filterChainName = downstream.filterChainName();
    info.protocol = "HTTP/1.1";
  }

  void log(StreamInfo info) {
    List<AccessLog> logs = manager.logs();
    for (int i = 0; i < logs.size(); i++) {
      logs.get(i).log(info);
    }
  }

  @Override
  public void onBytesRead(int count) {
    stats.cxRxBytes.add(count);
  }

  @Override
  public void onBytesWritten(int count) {
    stats.cxTxBytes.add(count);
  }

  @Override
  public void onIdle() {
    deadlines.set(Deadlines.Kind.CONNECTION_IDLE, loop.nanoTime(), settings.connectionIdle());
  }

  private void onDeadline(Deadlines.Kind kind) {
    Exchange current = exchange;
    switch (kind) {
      case CONNECTION_IDLE -> {
        stats.cxIdleTimeout.inc();
        close();
      }
      case CONNECTION_DURATION -> {
        stats.cxMaxDuration.inc();
        if (codec != null) {
          codec.drain();
        }
      }
      default -> {
        if (current != null) {
          current.onDeadline(kind);
        }
      }
    }
  }

  private void close() {
    if (codec != null) {
      codec.close();
    }
  }

  @Override
  public void onClosed(boolean here) {
    deadlines.close();
    stats.cxActive.dec();
    stats.cxHttp1Active.dec();
    if (downstream.secure()) {
      stats.cxSslActive.dec();
    }
    stats.cxDestroy.inc();
    (here ? stats.cxDestroyLocal : stats.cxDestroyRemote).inc();
    stats.cxLength.record(stats.shard, (loop.nanoTime() - startNanos) / 1_000_000);
  }
}
