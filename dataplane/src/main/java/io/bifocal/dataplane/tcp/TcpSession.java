package io.bifocal.dataplane.tcp;

import io.bifocal.dataplane.balance.LoadBalancerContext;
import io.bifocal.dataplane.balance.MetadataCriteria;
import io.bifocal.dataplane.cluster.OriginalDestination;
import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.ondemand.Question;
import io.bifocal.dataplane.ondemand.Wait;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.pool.UpstreamConnection;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stream.CloseType;
import io.bifocal.dataplane.stream.LogType;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportSocketOptions;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import java.time.Duration;
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
  private final @Nullable MetadataCriteria criteria;

  private final Relay fromDownstream;
  private @Nullable WorkerCluster cluster;
  private @Nullable Wait wait;
  private ConnectionPool.@Nullable Ticket ticket;
  private @Nullable Upstream upstream;
  private Loop.@Nullable Timer idleTimer;
  private Loop.@Nullable Timer durationTimer;
  private Loop.@Nullable Timer connectTimer;
  private Loop.@Nullable Timer logTimer;
  private long lastActivity;
  private long askedAt;
  private int connectAttempts;
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
    this.criteria = criteria;
    this.stats = proxy.stats(worker);
    this.fromDownstream = new Relay(downstream, new FromDownstream());
  }

  void begin() {
    stats.total.inc();
    stats.active.inc();
    info.downstreamBytes = new PayloadBytes(info);
    downstream.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    downstream.pipeline().addLast(fromDownstream);
    downstream.closeFuture().addListener(f -> end());
    if (!config.maxDuration().isZero()) {
      durationTimer = worker.loop().schedule(config.maxDuration(), this::durationOver);
    }
    startLogTimer();
    cluster = proxy.clusters(worker).find(info.upstreamCluster);
    OnDemand onDemand = proxy.onDemand();
    if (cluster == null && onDemand != null) {
      discover(onDemand);
    } else {
      connect();
    }
  }

  // ---- to an upstream

  private void discover(OnDemand onDemand) {
    Question question = onDemand.question(info.upstreamCluster);
    onDemand.attempt().at(worker.shard()).inc();
    connectTimer =
        worker.loop().schedule(question.patience(), () -> answered(onDemand, onDemand.timeout()));
    wait =
        Wait.begin(
            question,
            onDemand.control(),
            worker.loop(),
            () -> answered(onDemand, onDemand.missing()));
  }

  private void answered(OnDemand onDemand, Counter missing) {
    if (wait != null) {
      wait.cancel();
    }
    cancel(connectTimer);
    if (ended) {
      return;
    }
    cluster = proxy.clusters(worker).find(info.upstreamCluster);
    (cluster == null ? missing : onDemand.success()).at(worker.shard()).inc();
    connect();
  }

  private void connect() {
    if (cluster == null) {
      stats.noRoute.inc();
      info.upstreamCluster = "";
      fail(ResponseFlag.NO_CLUSTER_FOUND);
      return;
    }
    info.cluster = cluster.config().proto();
    if (cluster.breakers().connections().inUse() >= cluster.breakers().connections().max()) {
      cluster.stats().cxOverflow.inc();
      fail(ResponseFlag.UPSTREAM_OVERFLOW);
      return;
    }
    if (connectAttempts >= config.maxConnectAttempts()) {
      cluster.stats().cxConnectAttemptsExceeded.inc();
      fail(ResponseFlag.UPSTREAM_RETRY_LIMIT_EXCEEDED);
      return;
    }
    Host host = cluster.chooseHost(wanted(cluster));
    if (host == null) {
      cluster.stats().cxNoneHealthy.inc();
      fail(ResponseFlag.NO_HEALTHY_UPSTREAM);
      return;
    }
    connectAttempts++;
    askedAt = worker.loop().nanoTime();
    info.requestAttempts = connectAttempts;
    ask(cluster, host);
  }

  private void ask(WorkerCluster of, Host host) {
    FromUpstream observer = new FromUpstream();
    Waiter waiter = new Waiter(host);
    TransportSocketOptions wanted =
        of.tellsOfClients() ? TransportSocketOptions.ofClient(config.client(info)) : null;
    TunnelingConfig tunneling = config.tunneling();
    if (tunneling == null) {
      ConnectionPool pool = wanted == null ? of.tcpPool(host) : of.tcpPool(host, wanted);
      ticket = pool.acquire(new Connecting(of, observer, waiter));
      return;
    }
    RoutingPriority priority = RoutingPriority.DEFAULT;
    ApplicationProtocol spoken = ApplicationProtocol.HTTP_1_1;
    ConnectionPool pool =
        wanted == null
            ? of.httpPool(host, priority, spoken)
            : of.httpPool(host, priority, spoken, wanted);
    if (pool == null) {
      of.stats().cxNoneHealthy.inc();
      fail(ResponseFlag.NO_HEALTHY_UPSTREAM);
    } else {
      ticket = HttpUpstream.open(tunneling, of, pool, info, observer, waiter);
    }
  }

  /** Hears what came of the last attempt. */
  private final class Waiter implements Upstream.Waiter {
    private final Host host;

    Waiter(Host host) {
      this.host = host;
    }

    @Override
    public void onReady(Upstream ready) {
      join(ready);
    }

    @Override
    public void onFailure(PoolFailure failure) {
      noConnection(host, failure);
    }
  }

  // What filters say of the connection counts before what is configured.
  private LoadBalancerContext wanted(WorkerCluster of) {
    LoadBalancerContext context = config.balancing(info.downstreamRemote);
    if (of.config().discovery() instanceof OriginalDestination original) {
      return context.to(original.find(null, info, of.stats()));
    }
    return of.config().balancing().subsets() == null
        ? context
        : context.like(
            MetadataCriteria.merged(
                criteria, info.dynamicMetadata.get(MetadataCriteria.NAMESPACE)));
  }

  /** A connection of its own is asked for. */
  private record Connecting(WorkerCluster of, Relay.Observer observer, Upstream.Waiter waiter)
      implements ConnectionPool.Waiter {
    @Override
    public void onReady(UpstreamConnection connection) {
      waiter.onReady(new TcpUpstream(connection, of.config().bufferLimit(), observer));
    }

    @Override
    public void onFailure(PoolFailure failure) {
      waiter.onFailure(failure);
    }
  }

  private void noConnection(Host host, PoolFailure failure) {
    if (ended) {
      return;
    }
    if (failure.reason() != PoolFailure.Reason.OVERFLOW) { // else no host was tried
      info.upstreamHost = host;
      info.upstreamTransportFailureReason = failure.detail();
      info.race = failure.race();
      info.failedAt(host);
      info.flag(ResponseFlag.UPSTREAM_CONNECTION_FAILURE);
    }
    Duration pause =
        connectAttempts < config.maxConnectAttempts()
            ? config.backOff().after(connectAttempts, proxy.chance())
            : Duration.ZERO;
    if (pause.isZero()) {
      connect();
    } else {
      connectTimer = worker.loop().schedule(pause, this::connect);
    }
  }

  private void fail(ResponseFlag flag) {
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

  private void join(Upstream ready) {
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
    info.upstreamReadyNanos = worker.loop().nanoTime() - askedAt;
    info.upstreamBytes = ready.bytes();
    info.race = connection.race();
    if (config.logMoments().onConnected()) {
      log(LogType.TCP_UPSTREAM_CONNECTED);
    }
    touch();
    startIdleTimer(config.idleTimeout());
    ready.join(fromDownstream);
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

    @Override
    public void onBroken() {
      info.downstreamClose = CloseType.REMOTE_RESET;
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
      if (cluster != null) {
        (on ? cluster.stats().cxReadingResumed : cluster.stats().cxReadingPaused).inc();
      }
    }

    @Override
    public void onFinished() {
      upstreamEndedFirst = !fromDownstream.finished();
      half();
    }

    @Override
    public void onBroken() {
      info.flag(ResponseFlag.UPSTREAM_REMOTE_RESET);
      info.upstreamClose = CloseType.REMOTE_RESET;
      info.downstreamClose = CloseType.LOCAL_RESET;
    }
  }

  /** One direction has ended; with both, the connection has. */
  private void half() {
    if (upstream != null && fromDownstream.finished() && upstream.finished()) {
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
    closeNow("tcp_session_idle_timeout");
  }

  private void durationOver() {
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

  private void startLogTimer() {
    Duration interval = config.logMoments().interval();
    if (!interval.isZero()) {
      logTimer =
          worker
              .loop()
              .schedule(
                  interval,
                  () -> {
                    log(LogType.TCP_PERIODIC);
                    startLogTimer();
                  });
    }
  }

  private void log(LogType type) {
    info.logType = type;
    proxy.accessLogs().forEach(l -> l.log(info));
  }

  /** The downstream connection is closed. */
  private void end() {
    ended = true;
    cancelWaiting();
    fromDownstream.release();
    if (upstream != null) {
      flush(upstream);
    }
    stats.active.dec();
    info.endNanos = worker.loop().nanoTime();
    log(LogType.TCP_CONNECTION_END);
  }

  private void cancelWaiting() {
    if (ticket != null) {
      ticket.cancel();
    }
    if (wait != null) {
      wait.cancel();
    }
    cancel(durationTimer);
    cancel(connectTimer);
    cancel(logTimer);
  }

  private static void cancel(Loop.@Nullable Timer timer) {
    if (timer != null) {
      timer.cancel();
    }
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
          cancel(idleTimer);
          joined.end(upstreamEndedFirst);
        });
  }
}
