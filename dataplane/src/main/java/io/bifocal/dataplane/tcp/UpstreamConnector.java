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
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportSocketOptions;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Looks for an upstream for one client: its cluster, asked for where it is not there, a host, and a
 * connection or a tunnel to it, tried as often as is configured. Confined to the worker's loop.
 * Source: Envoy's {@code TcpProxy::Filter::establishUpstreamConnection}.
 */
final class UpstreamConnector {
  private final TcpSession session;
  private final TcpProxyFilter proxy;
  private final TcpProxyConfig config;
  private final Worker worker;
  private final StreamInfo info;
  private final @Nullable MetadataCriteria criteria;
  private @Nullable WorkerCluster cluster;
  private @Nullable Wait wait;
  private ConnectionPool.@Nullable Ticket ticket;
  private Loop.@Nullable Timer timer;
  private long askedAt;
  private int attempts;
  private boolean stopped;

  /**
   * @param criteria what hosts must be like, if the cluster has subsets; null for any
   */
  UpstreamConnector(
      TcpSession session,
      TcpProxyFilter proxy,
      Worker worker,
      StreamInfo info,
      @Nullable MetadataCriteria criteria) {
    this.session = session;
    this.proxy = proxy;
    this.config = proxy.config();
    this.worker = worker;
    this.info = info;
    this.criteria = criteria;
  }

  /** Starts; the session hears of the outcome, maybe within this call. */
  void start() {
    cluster = proxy.clusters(worker).find(info.upstreamCluster);
    OnDemand onDemand = proxy.onDemand();
    if (cluster == null && onDemand != null) {
      discover(onDemand);
    } else {
      connect();
    }
  }

  /** Null when there is none. */
  @Nullable WorkerCluster cluster() {
    return cluster;
  }

  /** When the last attempt began, as the loop counts. */
  long askedAt() {
    return askedAt;
  }

  /** Nobody waits any more. */
  void stop() {
    stopped = true;
    if (ticket != null) {
      ticket.cancel();
    }
    if (wait != null) {
      wait.cancel();
    }
    cancelTimer();
  }

  private void cancelTimer() {
    if (timer != null) {
      timer.cancel();
    }
  }

  private void discover(OnDemand onDemand) {
    Question question = onDemand.question(info.upstreamCluster);
    onDemand.attempt().at(worker.shard()).inc();
    timer =
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
    cancelTimer();
    if (stopped) {
      return;
    }
    cluster = proxy.clusters(worker).find(info.upstreamCluster);
    (cluster == null ? missing : onDemand.success()).at(worker.shard()).inc();
    connect();
  }

  private void connect() {
    WorkerCluster of = cluster;
    if (of == null) {
      session.noCluster();
      return;
    }
    info.cluster = of.config().proto();
    if (of.breakers().connections().inUse() >= of.breakers().connections().max()) {
      of.stats().cxOverflow.inc();
      session.fail(ResponseFlag.UPSTREAM_OVERFLOW);
      return;
    }
    if (attempts >= config.maxConnectAttempts()) {
      of.stats().cxConnectAttemptsExceeded.inc();
      session.fail(ResponseFlag.UPSTREAM_RETRY_LIMIT_EXCEEDED);
      return;
    }
    Host host = of.chooseHost(wanted(of));
    if (host == null) {
      of.stats().cxNoneHealthy.inc();
      session.fail(ResponseFlag.NO_HEALTHY_UPSTREAM);
      return;
    }
    attempts++;
    askedAt = worker.loop().nanoTime();
    info.requestAttempts = attempts;
    ask(of, host);
  }

  // What filters say of the connection counts before what is configured.
  private LoadBalancerContext wanted(WorkerCluster of) {
    LoadBalancerContext context = config.balancing(info);
    if (of.config().discovery() instanceof OriginalDestination original) {
      return context.to(original.find(null, info, of.stats()));
    }
    return of.config().balancing().subsets() == null
        ? context
        : context.like(
            MetadataCriteria.merged(
                criteria, info.dynamicMetadata.get(MetadataCriteria.NAMESPACE)));
  }

  private void ask(WorkerCluster of, Host host) {
    int mine = attempts;
    Waiter waiter = new Waiter(host);
    TransportSocketOptions wanted =
        of.tellsOfClients() ? TransportSocketOptions.ofClient(config.client(info)) : null;
    TunnelingConfig tunneling = config.tunneling();
    if (tunneling == null) {
      ConnectionPool pool = wanted == null ? of.tcpPool(host) : of.tcpPool(host, wanted);
      waitWith(pool.acquire(new Connecting(of, session.fromUpstream(), waiter)), mine);
      return;
    }
    if (of.config().connections().ofOneClient()) {
      TransportSocketOptions shared = wanted == null ? TransportSocketOptions.NONE : wanted;
      wanted = shared.ownedBy(info.ownUpstreams());
    }
    RoutingPriority priority = RoutingPriority.DEFAULT;
    ApplicationProtocol spoken = ApplicationProtocol.HTTP_1_1;
    ConnectionPool pool =
        wanted == null
            ? of.httpPool(host, priority, spoken)
            : of.httpPool(host, priority, spoken, wanted);
    if (pool == null) {
      of.stats().cxNoneHealthy.inc();
      session.fail(ResponseFlag.NO_HEALTHY_UPSTREAM);
    } else {
      waitWith(HttpUpstream.open(tunneling, of, pool, info, session.fromUpstream(), waiter), mine);
    }
  }

  // One that failed at once has been followed by the next, whose ticket counts.
  private void waitWith(ConnectionPool.Ticket place, int attempt) {
    if (attempt == attempts) {
      ticket = place;
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
      session.join(ready);
    }

    @Override
    public void onFailure(PoolFailure failure) {
      noConnection(host, failure);
    }
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
    if (stopped) {
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
        attempts < config.maxConnectAttempts()
            ? config.backOff().after(attempts, proxy.chance())
            : Duration.ZERO;
    if (pause.isZero()) {
      connect();
    } else {
      timer = worker.loop().schedule(pause, this::connect);
    }
  }
}
