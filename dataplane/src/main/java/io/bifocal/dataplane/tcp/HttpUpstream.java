package io.bifocal.dataplane.tcp;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.http.codec.ClientConnection;
import io.bifocal.dataplane.http.codec.Http2ClientConnection;
import io.bifocal.dataplane.http.codec.RequestSender;
import io.bifocal.dataplane.http.codec.ResetReason;
import io.bifocal.dataplane.http.codec.ResponseReceiver;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.pool.UpstreamConnection;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.stream.WireBytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.ssl.SslHandler;
import org.jspecify.annotations.Nullable;

/**
 * A tunnel through a proxy that speaks HTTP: one request on a connection of the cluster's pool,
 * whose bodies are the bytes of both directions. Source: Envoy's {@code HttpUpstream}.
 */
final class HttpUpstream
    implements Upstream, End, ResponseReceiver, ConnectionPool.Waiter, ConnectionPool.Ticket {
  private enum State {
    /** The proxy has not answered, or is not even asked. */
    ASKING,
    OPEN,
    OVER
  }

  private final TunnelingConfig config;
  private final WorkerCluster cluster;
  private final StreamInfo info;
  private final Relay.Observer observer;
  private final Upstream.Waiter waiter;
  private State state = State.ASKING;
  private ConnectionPool.@Nullable Ticket place;
  private @Nullable UpstreamConnection connection;
  private @Nullable RequestSender sender;
  private @Nullable Relay downstream;
  private boolean http2;
  private boolean reading = true;
  private boolean finished;

  private HttpUpstream(
      TunnelingConfig config,
      WorkerCluster cluster,
      StreamInfo info,
      Relay.Observer observer,
      Upstream.Waiter waiter) {
    this.config = config;
    this.cluster = cluster;
    this.info = info;
    this.observer = observer;
    this.waiter = waiter;
  }

  /**
   * Asks for a tunnel; the waiter may hear of the outcome within this call.
   *
   * @param info the client's connection, which the request tells of
   */
  static ConnectionPool.Ticket open(
      TunnelingConfig config,
      WorkerCluster cluster,
      ConnectionPool pool,
      StreamInfo info,
      Relay.Observer observer,
      Upstream.Waiter waiter) {
    HttpUpstream tunnel = new HttpUpstream(config, cluster, info, observer, waiter);
    ConnectionPool.Ticket place = pool.acquire(tunnel);
    if (tunnel.state == State.ASKING && tunnel.connection == null) {
      tunnel.place = place;
    }
    return tunnel;
  }

  // ---- until it is open

  @Override
  public void onReady(UpstreamConnection ready) {
    place = null;
    UpstreamStats stats = cluster.stats();
    if (!cluster.breakers().requests().tryAcquire()) {
      ready.release();
      stats.rqActiveOverflow.inc();
      onFailure(new PoolFailure(PoolFailure.Reason.OVERFLOW, ""));
      return;
    }
    stats.rqTotal.inc();
    stats.rqActive.inc();
    ready.host().stats().rqTotal().at(stats.shard).inc();
    ready.host().stats().rqActive().at(stats.shard).inc();
    connection = ready;
    Channel channel = ready.channel();
    ClientConnection codec = ClientConnection.of(channel);
    http2 = codec instanceof Http2ClientConnection;
    RequestSender out = codec.begin(this);
    sender = out;
    boolean secure = channel.pipeline().get(SslHandler.class) != null;
    out.writeHead(config.request(info, secure), false);
    out.flush();
  }

  @Override
  public void onFailure(PoolFailure failure) {
    place = null;
    state = State.OVER;
    waiter.onFailure(failure);
  }

  /** The client waits no longer. */
  @Override
  public void cancel() {
    if (state == State.ASKING) {
      abort();
    }
  }

  @Override
  public void onHead(int status, HttpHeaders headers, boolean end) {
    config.keepHeaders(status, headers, info);
    if (end || !config.opens(status, http2)) {
      refused("tunnel_response:" + status);
      return;
    }
    state = State.OPEN;
    waiter.onReady(this);
  }

  private void refused(String why) {
    UpstreamConnection used = requireNonNull(connection);
    leave();
    waiter.onFailure(
        new PoolFailure(PoolFailure.Reason.REMOTE_CONNECTION_FAILURE, why, used.race()));
  }

  @Override
  public void join(Relay to) {
    downstream = to;
    to.joinTo(this);
  }

  // ---- to the proxy

  @Override
  public void write(ByteBuf bytes) {
    RequestSender out = sender;
    if (out == null) {
      bytes.release();
    } else {
      out.writeBody(bytes, false);
    }
  }

  @Override
  public void flush() {
    if (sender != null) {
      sender.flush();
    }
  }

  @Override
  public boolean isWritable() {
    return sender == null || sender.isWritable();
  }

  @Override
  public void endOutput(Runnable then) {
    if (sender != null) {
      sender.writeBody(Unpooled.EMPTY_BUFFER, true);
      sender.flush();
    }
    then.run();
  }

  @Override
  public void onWritabilityChanged(boolean writable) {
    if (downstream != null) {
      downstream.read(writable);
    }
  }

  // ---- from the proxy

  @Override
  public void onBody(ByteBuf data, boolean end) {
    Relay to = downstream;
    if (to == null || state != State.OPEN) {
      data.release();
      return;
    }
    int length = data.readableBytes();
    if (length > 0) {
      observer.onRead(length);
      observer.onPassed(length);
      to.write(data);
    } else {
      data.release();
    }
    if (end) {
      endInput(to);
    } else if (!to.isWritable()) {
      read(false);
    }
  }

  @Override
  public void onTrailers(HttpHeaders trailers) {
    config.keepTrailers(trailers, info);
    if (downstream != null && state == State.OPEN) {
      endInput(downstream);
    }
  }

  private void endInput(Relay to) {
    to.endOutput(
        () -> {
          finished = true;
          observer.onFinished();
        });
  }

  @Override
  public void onReadComplete() {
    if (downstream != null) {
      downstream.flush();
    }
  }

  @Override
  public void read(boolean on) {
    if (sender != null && reading != on) {
      reading = on;
      sender.readResponse(on);
      observer.onReading(on);
    }
  }

  // ---- its end

  @Override
  public void onReset(ResetReason reason) {
    UpstreamConnection used = requireNonNull(connection);
    if (reason == ResetReason.PROTOCOL_ERROR) {
      used.onProtocolError();
    }
    if (state == State.ASKING) {
      refused("");
      return;
    }
    if (isByProxy(reason)) {
      observer.onBroken();
    }
    leave();
    requireNonNull(downstream).closeWhenFlushed();
  }

  // The connection's end is that of a tunnel over HTTP/1.1, and no fault.
  private static boolean isByProxy(ResetReason reason) {
    return switch (reason) {
      case REMOTE_RESET, REMOTE_REFUSED_STREAM_RESET, REMOTE_CONNECT_ERROR -> true;
      default -> false;
    };
  }

  @Override
  public boolean finished() {
    return finished;
  }

  // Of what waits in a stream's window nobody is told, as with Envoy.
  @Override
  public boolean hasPending() {
    return false;
  }

  @Override
  public void whenFlushed(Runnable then) {
    if (sender == null || http2) {
      then.run();
      return;
    }
    flush();
    connection().channel().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(f -> then.run());
  }

  @Override
  public void end(boolean endedFirst) {
    leave();
  }

  @Override
  public void abort() {
    leave();
  }

  private void leave() {
    state = State.OVER;
    ConnectionPool.Ticket waiting = place;
    if (waiting != null) {
      place = null;
      waiting.cancel();
    }
    UpstreamConnection used = connection;
    RequestSender out = sender;
    if (used == null || out == null) {
      return;
    }
    sender = null;
    out.detach();
    UpstreamStats stats = cluster.stats();
    cluster.breakers().requests().release();
    stats.rqActive.dec();
    used.host().stats().rqActive().at(stats.shard).dec();
    if (out.isReusable()) {
      used.release();
    } else {
      used.discard();
    }
  }

  // ---- what is told of it

  @Override
  public UpstreamConnection connection() {
    return requireNonNull(connection);
  }

  @Override
  public WireBytes bytes() {
    return requireNonNull(sender).bytes();
  }

  @Override
  public @Nullable Address localAddress() {
    return sender == null ? null : sender.localAddress();
  }
}
