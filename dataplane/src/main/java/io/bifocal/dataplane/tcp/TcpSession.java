package io.bifocal.dataplane.tcp;

import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.pool.UpstreamConnection;
import io.bifocal.dataplane.stream.AccessLog;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.xds.time.Loop;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One connection through a TCP proxy: accepted, then joined to one upstream, then closed. Confined
 * to its worker.
 */
@SuppressWarnings("FutureReturnValueIgnored") // closing tells itself, by the handlers
final class TcpSession {
  private final TcpProxyConfig config;
  private final Worker worker;
  private final @Nullable WorkerCluster cluster;
  private final Channel downstream;
  private final StreamInfo info;
  private final TcpStats stats;
  private final List<AccessLog> accessLogs;

  private final Relay fromDownstream;
  private @Nullable Relay fromUpstream;
  private ConnectionPool.@Nullable Ticket ticket;
  private @Nullable UpstreamConnection upstream;
  private Loop.@Nullable Timer idleTimer;
  private Loop.@Nullable Timer durationTimer;
  private long lastActivity;
  private int connectAttempts;
  private boolean ended;

  TcpSession(
      TcpProxyConfig config,
      Worker worker,
      @Nullable WorkerCluster cluster,
      Channel downstream,
      StreamInfo info,
      TcpStats stats,
      List<AccessLog> accessLogs) {
    this.config = config;
    this.worker = worker;
    this.cluster = cluster;
    this.downstream = downstream;
    this.info = info;
    this.stats = stats;
    this.accessLogs = accessLogs;
    this.fromDownstream = new Relay(downstream, new FromDownstream());
  }

  void begin() {
    stats.total.inc();
    stats.active.inc();
    downstream.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    downstream.pipeline().addLast(fromDownstream);
    downstream.closeFuture().addListener(f -> end());
    if (!config.maxDuration().isZero()) {
      durationTimer = worker.loop().schedule(config.maxDuration(), this::durationOver);
    }
    connect();
  }

  private void connect() {
    if (cluster == null) {
      stats.noRoute.inc();
      fail(ResponseFlag.NO_CLUSTER_FOUND);
      return;
    }
    if (connectAttempts >= config.maxConnectAttempts()) {
      cluster.stats().cxConnectAttemptsExceeded.inc();
      fail(ResponseFlag.UPSTREAM_RETRY_LIMIT_EXCEEDED);
      return;
    }
    Host host = cluster.chooseHost();
    if (host == null) {
      cluster.stats().cxNoneHealthy.inc();
      fail(ResponseFlag.NO_HEALTHY_UPSTREAM);
      return;
    }
    connectAttempts++;
    info.requestAttempts = connectAttempts;
    info.upstreamHost = host;
    WorkerCluster asked = cluster;
    ticket =
        cluster
            .tcpPool(host)
            .acquire(
                new ConnectionPool.Waiter() {
                  @Override
                  public void onReady(UpstreamConnection connection) {
                    join(connection, asked);
                  }

                  @Override
                  public void onFailure(PoolFailure failure) {
                    noConnection(host, failure);
                  }
                });
  }

  private void noConnection(Host host, PoolFailure failure) {
    if (ended) {
      return;
    }
    info.upstreamTransportFailureReason = failure.detail();
    info.race = failure.race();
    info.failedAt(host);
    if (failure.reason() == PoolFailure.Reason.OVERFLOW) {
      fail(ResponseFlag.UPSTREAM_OVERFLOW);
      return;
    }
    info.flag(ResponseFlag.UPSTREAM_CONNECTION_FAILURE);
    connect();
  }

  private void fail(ResponseFlag flag) {
    info.flag(flag);
    downstream.close();
  }

  private void join(UpstreamConnection connection, WorkerCluster of) {
    if (ended) {
      connection.discard();
      return;
    }
    upstream = connection;
    Channel channel = connection.channel();
    info.upstreamHost = connection.host();
    info.upstreamRemote = connection.remoteAddress();
    info.upstreamLocal =
        channel.localAddress() instanceof java.net.InetSocketAddress local
            ? Address.of(local)
            : null;
    info.race = connection.race();
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    int limit = of.config().bufferLimit();
    channel
        .config()
        .setWriteBufferWaterMark(new WriteBufferWaterMark(limit / 2, Math.max(1, limit)));
    Relay back = new Relay(channel, new FromUpstream());
    fromUpstream = back;
    channel.pipeline().addLast(back);
    channel.closeFuture().addListener(f -> fromDownstream.closeWhenFlushed());
    touch();
    startIdleTimer(config.idleTimeout());
    back.joinTo(fromDownstream);
    fromDownstream.joinTo(back);
  }

  private final class FromDownstream implements Relay.Observer {
    @Override
    public void onRead(int bytes) {
      touch();
      stats.rxBytes.add(bytes);
      info.bytesReceived += bytes;
      info.lastDownstreamRxNanos = lastActivity;
    }

    @Override
    public void onPassed(int bytes) {
      if (info.firstUpstreamTxNanos < 0) {
        info.firstUpstreamTxNanos = lastActivity;
      }
      info.lastUpstreamTxNanos = lastActivity;
    }

    @Override
    public void onReading(boolean on) {
      touch();
      (on ? stats.rxResumed : stats.rxPaused).inc();
    }

    @Override
    public void onFinished() {
      half();
    }
  }

  private final class FromUpstream implements Relay.Observer {
    @Override
    public void onRead(int bytes) {
      touch();
      if (info.firstUpstreamRxNanos < 0) {
        info.firstUpstreamRxNanos = lastActivity;
      }
      info.lastUpstreamRxNanos = lastActivity;
    }

    @Override
    public void onPassed(int bytes) {
      stats.txBytes.add(bytes);
      info.bytesSent += bytes;
      if (info.firstDownstreamTxNanos < 0) {
        info.firstDownstreamTxNanos = lastActivity;
      }
    }

    @Override
    public void onReading(boolean on) {
      touch();
    }

    @Override
    public void onFinished() {
      half();
    }
  }

  /** One direction has ended; with both, the connection has. */
  private void half() {
    if (fromUpstream != null && fromDownstream.finished() && fromUpstream.finished()) {
      downstream.close();
    }
  }

  private void touch() {
    lastActivity = worker.loop().nanoTime();
  }

  private void startIdleTimer(Duration in) {
    if (!config.idleTimeout().isZero()) {
      idleTimer = worker.loop().schedule(in, this::checkIdle);
    }
  }

  private void checkIdle() {
    Duration idle = Duration.ofNanos(worker.loop().nanoTime() - lastActivity);
    if (idle.compareTo(config.idleTimeout()) < 0) {
      startIdleTimer(config.idleTimeout().minus(idle));
      return;
    }
    stats.idleTimeout.inc();
    if (cluster != null) {
      cluster.stats().cxIdleTimeout.inc();
    }
    info.flag(ResponseFlag.STREAM_IDLE_TIMEOUT);
    closeNow();
  }

  private void durationOver() {
    stats.maxDuration.inc();
    info.flag(ResponseFlag.DURATION_TIMEOUT);
    closeNow();
  }

  private void closeNow() {
    downstream.close();
    if (upstream != null) {
      upstream.channel().close();
    }
  }

  /** The downstream connection is closed. */
  private void end() {
    ended = true;
    if (ticket != null) {
      ticket.cancel();
    }
    if (durationTimer != null) {
      durationTimer.cancel();
    }
    fromDownstream.release();
    UpstreamConnection joined = upstream;
    if (joined != null && fromUpstream != null) {
      fromUpstream.whenFlushed(
          () -> {
            if (idleTimer != null) {
              idleTimer.cancel();
            }
            joined.discard();
          });
    }
    stats.active.dec();
    info.endNanos = worker.loop().nanoTime();
    accessLogs.forEach(l -> l.log(info));
  }
}
