package io.bifocal.dataplane.tcp;

import io.bifocal.dataplane.balance.MetadataCriteria;
import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.pool.UpstreamConnection;
import io.bifocal.dataplane.stream.LogType;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.worker.Worker;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import org.jspecify.annotations.Nullable;

/**
 * One connection through a TCP proxy: accepted, then joined to one upstream, then closed. Confined
 * to its worker.
 */
@SuppressWarnings("FutureReturnValueIgnored") // closing tells itself, by the handlers
final class TcpSession {
  private final TcpProxyFilter proxy;
  private final TcpProxyConfig config;
  private final Worker worker;
  private final Channel downstream;
  private final StreamInfo info;
  private final TcpStats stats;
  private final SessionTimers timers;
  private final Traffic traffic;
  private final UpstreamConnector connector;
  private final Relay fromDownstream;
  private @Nullable Upstream upstream;
  private boolean upstreamEndedFirst;
  private boolean ended;

  /**
   * @param criteria what hosts must be like, if the cluster has subsets; null for any
   */
  TcpSession(
      TcpProxyFilter proxy,
      Worker worker,
      Channel downstream,
      StreamInfo info,
      @Nullable MetadataCriteria criteria) {
    this.proxy = proxy;
    this.config = proxy.config();
    this.worker = worker;
    this.downstream = downstream;
    this.info = info;
    this.stats = proxy.stats(worker);
    this.timers = new SessionTimers(this, config, worker.loop());
    this.traffic = new Traffic(this, timers, info, stats);
    this.connector = new UpstreamConnector(this, proxy, worker, info, criteria);
    this.fromDownstream = new Relay(downstream, traffic.new FromDownstream());
  }

  void begin() {
    stats.total.inc();
    stats.active.inc();
    info.downstreamBytes = new PayloadBytes(info);
    downstream.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    downstream.pipeline().addLast(fromDownstream);
    downstream.closeFuture().addListener(f -> end());
    timers.begin();
    connector.start();
  }

  /** Null when there is none. */
  @Nullable WorkerCluster cluster() {
    return connector.cluster();
  }

  // ---- its upstream

  /** Who hears of one. */
  Relay.Observer fromUpstream() {
    return traffic.new FromUpstream();
  }

  void noCluster() {
    stats.noRoute.inc();
    info.upstreamCluster = "";
    fail(ResponseFlag.NO_CLUSTER_FOUND);
  }

  /** There is none to be had. */
  void fail(ResponseFlag flag) {
    info.flag(flag);
    info.downstreamLocalCloseReason = "tcp_initializion_failure:" + number(flag);
    downstream.close();
  }

  // Of Envoy's UpstreamFailureReason; the misspelling is Envoy's too.
  private static int number(ResponseFlag flag) {
    return switch (flag) {
      case NO_HEALTHY_UPSTREAM -> 1;
      case UPSTREAM_OVERFLOW -> 2;
      case NO_CLUSTER_FOUND -> 3;
      default -> 0;
    };
  }

  /** There is one. */
  void join(Upstream ready) {
    if (ended) {
      ready.abort();
      return;
    }
    upstream = ready;
    UpstreamConnection connection = ready.connection();
    info.upstreamHost = connection.host();
    info.upstreamRemote = connection.remoteAddress();
    info.upstreamLocal = ready.localAddress();
    info.upstreamTls = connection.tls();
    info.upstreamConnectionId = connection.id();
    info.upstreamReadyNanos = worker.loop().nanoTime() - connector.askedAt();
    info.upstreamBytes = ready.bytes();
    info.race = connection.race();
    if (config.logMoments().onConnected()) {
      log(LogType.TCP_UPSTREAM_CONNECTED);
    }
    timers.joined();
    ready.join(fromDownstream);
  }

  void onDownstreamFinished() {
    half();
  }

  void onUpstreamFinished() {
    upstreamEndedFirst = !fromDownstream.finished();
    half();
  }

  /** One direction has ended; with both, the connection has. */
  private void half() {
    if (upstream != null && fromDownstream.finished() && upstream.finished()) {
      downstream.close();
    }
  }

  // ---- its end

  /** Nothing has passed for too long. */
  void onIdle() {
    stats.idleTimeout.inc();
    closeNow("tcp_session_idle_timeout");
  }

  /** It has lasted too long. */
  void onMaxDuration() {
    stats.maxDuration.inc();
    info.flag(ResponseFlag.DURATION_TIMEOUT);
    closeNow("max_connection_duration_reached");
  }

  private void closeNow(String reason) {
    info.downstreamLocalCloseReason = reason;
    if (config.tunneling() == null) { // a tunnel's connection may carry others
      info.upstreamLocalCloseReason = reason;
    }
    downstream.close();
    if (upstream != null) {
      upstream.abort();
    }
  }

  /** It is logged once more before its end. */
  void logPeriodic() {
    log(LogType.TCP_PERIODIC);
  }

  private void log(LogType type) {
    info.logType = type;
    proxy.accessLogs().forEach(l -> l.log(info));
  }

  /** The downstream connection is closed. */
  private void end() {
    ended = true;
    connector.stop();
    timers.end();
    fromDownstream.release();
    if (upstream != null) {
      flush(upstream);
    }
    stats.active.dec();
    info.endNanos = worker.loop().nanoTime();
    log(LogType.TCP_CONNECTION_END);
  }

  /** What the client has sent still goes out. */
  private void flush(Upstream joined) {
    boolean pending = joined.hasPending();
    if (pending) {
      stats.flushTotal.inc();
      stats.flushActive.inc();
    }
    joined.whenFlushed(
        () -> {
          if (pending) {
            stats.flushActive.dec();
          }
          timers.flushed();
          joined.end(upstreamEndedFirst);
        });
  }
}
