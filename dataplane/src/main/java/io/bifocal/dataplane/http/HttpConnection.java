package io.bifocal.dataplane.http;

import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.http.codec.ErrorAnswer;
import io.bifocal.dataplane.http.codec.Protocol;
import io.bifocal.dataplane.http.codec.RequestError;
import io.bifocal.dataplane.http.codec.RequestReceiver;
import io.bifocal.dataplane.http.codec.ResponseSender;
import io.bifocal.dataplane.http.codec.ServerConnection;
import io.bifocal.dataplane.http.codec.ServerEvents;
import io.bifocal.dataplane.http.codec.StreamWait;
import io.bifocal.dataplane.overload.WorkerStreams;
import io.bifocal.dataplane.stream.LogType;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.stream.TlsSession;
import io.bifocal.dataplane.transport.proxyprotocol.ProxyProtocolData;
import io.bifocal.xds.time.Loop;
import io.netty.channel.Channel;
import io.netty.channel.WriteBufferWaterMark;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection, which may carry several exchanges at once, and its own deadlines.
 * Confined to the worker's loop.
 */
final class HttpConnection implements ServerEvents, Deadlines.Owner {
  final ConnectionManager manager;
  final HttpWorker here;
  final DownstreamConnection downstream;
  final Loop loop;
  final HttpSettings settings;
  final HttpStats stats;

  /** For the exchanges. */
  final FreeDeadlines streamDeadlines;

  final StreamLogs logs;
  final Admission admission = new Admission(this);
  final RouterFilter router = new RouterFilter(this);

  private final Deadlines deadlines;
  private final ConnectionDrain drain;
  private final PendingHead head;
  private final long startNanos;
  private final PrematureResets prematureResets;
  private @Nullable Channel channel;
  // Null until it is known what the client speaks.
  private @Nullable ServerConnection codec;
  private boolean cutOff;
  private @Nullable TlsSession tls;
  private String serverName;
  private int requests;
  private int active;

  HttpConnection(ConnectionManager manager, HttpWorker here, DownstreamConnection downstream) {
    this.manager = manager;
    this.here = here;
    this.downstream = downstream;
    this.loop = here.worker.loop();
    this.settings = manager.settings();
    this.stats = here.stats;
    this.deadlines = Deadlines.on(loop, here.timeouts).of(this);
    this.drain = new ConnectionDrain(this, deadlines);
    this.head = new PendingHead(this, deadlines);
    this.streamDeadlines = new FreeDeadlines(this);
    this.logs = new StreamLogs(this);
    this.startNanos = loop.nanoTime();
    this.prematureResets = new PrematureResets(here.runtime);
    this.serverName = downstream.serverName();
  }

  /** What upstreams that ask for it are told of the client. */
  @Nullable ProxyProtocolData client() {
    StreamInfo known = downstream.stream();
    if (known.proxyProtocol == null && settings.tellsUpstreams()) {
      known.proxyProtocol =
          new ProxyProtocolData(downstream.remote(), downstream.local(), List.of());
    }
    return known.proxyProtocol;
  }

  void start(Channel channel) {
    stats.cxTotal.inc();
    stats.cxActive.inc();
    if (downstream.secure()) {
      stats.cxSslTotal.inc();
      stats.cxSslActive.inc();
      tls = downstream.stream().downstreamTls;
      if (tls != null && serverName.isEmpty()) {
        serverName = tls.serverName();
      }
    }
    int limit = downstream.bufferLimit();
    channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(limit / 2, limit));
    this.channel = channel;
    settings.codec().serve(channel, loop, here.http2, this);
    deadlines.set(
        Deadlines.Kind.CONNECTION_DURATION, startNanos, settings.timeouts().connectionDuration());
    onIdle();
    channel.config().setAutoRead(true);
  }

  @Override
  public @Nullable WorkerStreams weighed() {
    return here.streams;
  }

  @Override
  public void onCodec(ServerConnection chosen) {
    codec = chosen;
    stats.cxTotal(chosen.protocol()).inc();
    stats.cxActive(chosen.protocol()).inc();
  }

  @Override
  public RequestReceiver onRequest(ResponseSender response) {
    deadlines.clear(Deadlines.Kind.CONNECTION_IDLE);
    head.end();
    active++;
    requests++;
    if (requests == settings.maxRequests()) {
      stats.cxMaxRequests.inc();
      drain.endWith(response);
    }
    drain.onRequest(response);
    return new Exchange(this, response);
  }

  @Override
  public ErrorAnswer onRequestError(RequestError error) {
    long since = head.since();
    head.end();
    return HeadlessRequest.answer(this, Protocol.HTTP_1_1, error, since);
  }

  @Override
  public void onRefusedHead(String details) {
    if (codec != null) {
      HeadlessRequest.reset(this, codec.protocol(), details);
    }
  }

  @Override
  public StreamWait onHeadAwaited(ResponseSender stream) {
    return ClientWait.forHead(this, stream);
  }

  @Override
  public StreamWait onAnswerUntaken(Runnable giveUp) {
    return ClientWait.forTaking(this, giveUp);
  }

  void begin(StreamInfo info, Protocol protocol, long now) {
    info.startNanos = now;
    info.startEpochMillis = loop.wallTime().toEpochMilli();
    info.logType = LogType.DOWNSTREAM_END;
    info.connection = downstream.stream();
    info.downstreamRemote = downstream.remote();
    info.downstreamDirectRemote = downstream.directRemote();
    info.downstreamTls = tls;
    info.requestedServerName = serverName;
    info.downstreamLocal = downstream.local();
    info.connectionId = downstream.id();
    info.filterChainName = downstream.filterChainName();
    info.protocol = protocol.text();
  }

  @Override
  public void onBytesRead(int count) {
    stats.cxRxBytes.add(count);
    downstream.stream().bytesReceived += count;
    head.onBytes();
  }

  @Override
  public void onReadComplete() {
    head.onReadComplete(active > 0 || isMultiplexed());
  }

  private void refuse(RequestError error) {
    ServerConnection current = codec;
    if (current == null) {
      close();
    } else {
      current.refuse(error);
    }
  }

  @Override
  public long delayedClose() {
    return settings.timeouts().delayedClose();
  }

  @Override
  public void onDelayedCloseTimeout() {
    stats.cxDelayedCloseTimeout.inc();
  }

  @Override
  public void onBytesWritten(int count) {
    stats.cxTxBytes.add(count);
    downstream.stream().bytesSent += count;
  }

  @Override
  public void onIdle() {
    deadlines.set(
        Deadlines.Kind.CONNECTION_IDLE, loop.nanoTime(), settings.timeouts().connectionIdle());
  }

  @Override
  public void onDeadline(Deadlines.Kind kind) {
    switch (kind) {
      case CONNECTION_IDLE -> {
        stats.cxIdleTimeout.inc();
        if (isMultiplexed()) {
          drain.begin();
        } else {
          close();
        }
      }
      case CONNECTION_DURATION -> {
        stats.cxMaxDuration.inc();
        onMaxDuration();
      }
      case DRAIN -> {
        if (codec != null) {
          codec.goAway();
        }
      }
      case REQUEST_HEADERS -> {
        stats.rqHeaderTimeout.inc();
        refuse(HeadlessRequest.HEADERS_TIMEOUT);
      }
      case REQUEST -> {
        stats.rqTimeout.inc();
        refuse(HeadlessRequest.TIMEOUT);
      }
      case STREAM_IDLE -> {
        stats.rqIdleTimeout.inc();
        refuse(HeadlessRequest.IDLE);
      }
      default -> {}
    }
  }

  private void onMaxDuration() {
    if (isMultiplexed()) {
      drain.begin();
    } else if (codec == null || requests == 0) {
      close();
    } else if (settings.timeouts().safeDuration()) {
      drain.beginSoft();
    } else {
      drain.begin();
    }
  }

  /** What the client speaks; null until that is known. */
  @Nullable ServerConnection codec() {
    return codec;
  }

  boolean isMultiplexed() {
    return codec != null && codec.protocol().isMultiplexed();
  }

  /** The head of an answer is about to go out. */
  void beforeAnswer(ResponseSender answer) {
    drain.beforeAnswer(answer);
  }

  /** An exchange is over. */
  void ended(StreamInfo info) {
    active--;
    if (isMultiplexed() && prematureResets.isTooMany(info)) {
      stats.rqTooManyPrematureResets.inc();
      close();
    }
  }

  /** An exchange ends because the connection does. */
  void cutOff() {
    cutOff = true;
  }

  @Override
  public void onConnectionError() {
    stats.cxProtocolError.inc();
  }

  private void close() {
    if (codec != null) {
      codec.close();
    } else if (channel != null) {
      var unused = channel.close();
    }
  }

  @Override
  public void onClosed(boolean here) {
    deadlines.close();
    streamDeadlines.close();
    stats.cxActive.dec();
    if (codec != null) {
      stats.cxActive(codec.protocol()).dec();
    }
    if (downstream.secure()) {
      stats.cxSslActive.dec();
    }
    drain.closed();
    stats.cxDestroy.inc();
    (here ? stats.cxDestroyLocal : stats.cxDestroyRemote).inc();
    if (cutOff) {
      stats.cxDestroyActiveRq.inc();
      (here ? stats.cxDestroyLocalActiveRq : stats.cxDestroyRemoteActiveRq).inc();
    }
    stats.cxLength.record(stats.shard, (loop.nanoTime() - startNanos) / 1_000_000);
  }
}
