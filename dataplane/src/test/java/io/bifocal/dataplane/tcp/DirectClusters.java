package io.bifocal.dataplane.tcp;

import io.bifocal.dataplane.balance.LoadBalancerContext;
import io.bifocal.dataplane.cluster.ClusterConfig;
import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.cluster.WorkerClusters;
import io.bifocal.dataplane.connect.RacePlan;
import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.host.HostStats;
import io.bifocal.dataplane.host.Locality;
import io.bifocal.dataplane.pool.CircuitBreakers;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.pool.UpstreamConnection;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportSocketOptions;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.dataplane.worker.Worker;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Clusters of one host each, whose "pool" connects without a race; for one worker. */
public final class DirectClusters implements WorkerClusters {
  private final Worker worker;
  private final Transport transport;
  private final StatsStore stats;
  private final Map<String, WorkerCluster> clusters = new ConcurrentHashMap<>();
  public final AtomicInteger acquired = new AtomicInteger();
  public final AtomicInteger discarded = new AtomicInteger();
  public final List<Channel> channels = new CopyOnWriteArrayList<>();

  public DirectClusters(Worker worker, Transport transport, StatsStore stats) {
    this.worker = worker;
    this.transport = transport;
    this.stats = stats;
  }

  /** A cluster of one host, or of none. */
  public DirectClusters with(String name, @Nullable SocketAddress address) {
    clusters.put(name, new Direct(name, address));
    return this;
  }

  public void without(String name) {
    clusters.remove(name);
  }

  @Override
  public @Nullable WorkerCluster find(String name) {
    worker.loop().assertInLoop();
    return clusters.get(name);
  }

  private final class Direct implements WorkerCluster {
    private final ClusterConfig config;
    private final UpstreamStats upstreamStats;
    private final @Nullable Host host;

    Direct(String name, @Nullable SocketAddress socket) {
      config =
          new ClusterConfig(
              name,
              name,
              Duration.ofSeconds(5),
              1 << 20,
              Duration.ZERO,
              0,
              Cluster.getDefaultInstance());
      upstreamStats =
          new UpstreamStats(
              stats.root().tagged("cluster", "envoy.cluster_name", name), worker.shard());
      if (socket == null) {
        host = null;
      } else {
        Address address = Address.of(socket);
        host =
            new Host(
                new HostState(address, HostStats.in(new StatsStore(worker.shard()).root())),
                new AddressList(List.of(address), List.of(address)),
                "",
                Locality.NONE,
                0,
                1,
                HealthStatus.HEALTHY,
                Metadata.getDefaultInstance());
      }
    }

    @Override
    public ClusterConfig config() {
      return config;
    }

    @Override
    public UpstreamStats stats() {
      return upstreamStats;
    }

    @Override
    public CircuitBreakers breakers(RoutingPriority priority) {
      return CircuitBreakers.defaults();
    }

    @Override
    public @Nullable Host chooseHost(LoadBalancerContext context) {
      return host;
    }

    @Override
    public ConnectionPool httpPool(
        Host host, RoutingPriority priority, ApplicationProtocol downstream) {
      return tcpPool(host);
    }

    @Override
    public ConnectionPool http2Pool(Host host, @Nullable TransportSocketOptions options) {
      return tcpPool(host);
    }

    @Override
    public ConnectionPool tcpPool(Host host) {
      return new Pool(host);
    }
  }

  private final class Pool implements ConnectionPool {
    private final Host host;

    @Override
    public Load load() {
      return Load.NONE;
    }

    @Override
    public boolean preconnect(double ratio) {
      return false;
    }

    Pool(Host host) {
      this.host = host;
    }

    @Override
    public Ticket acquire(Waiter waiter) {
      worker.loop().assertInLoop();
      acquired.incrementAndGet();
      var connecting =
          new Bootstrap()
              .group(worker.eventLoop())
              .channel(host.primary() instanceof Address.Pipe ? transport.pipe() : transport.tcp())
              .option(ChannelOption.AUTO_READ, false)
              .handler(new ChannelInboundHandlerAdapter())
              .connect(host.primary().socketAddress());
      boolean[] cancelled = new boolean[1];
      connecting.addListener(
          f -> {
            if (cancelled[0]) {
              var unused = connecting.channel().close();
            } else if (f.isSuccess()) {
              channels.add(connecting.channel());
              waiter.onReady(new Connection(host, connecting.channel()));
            } else {
              waiter.onFailure(
                  new PoolFailure(
                      PoolFailure.Reason.REMOTE_CONNECTION_FAILURE,
                      "delayed connect error: Connection refused"));
            }
          });
      return () -> cancelled[0] = true;
    }

    @Override
    public void update(Host host) {}

    @Override
    public void drain() {}

    @Override
    public void close() {}

    @Override
    public int size() {
      return 0;
    }
  }

  private final class Connection implements UpstreamConnection {
    private final Host host;
    private final Channel channel;

    Connection(Host host, Channel channel) {
      this.host = host;
      this.channel = channel;
    }

    @Override
    public Channel channel() {
      return channel;
    }

    @Override
    public Host host() {
      return host;
    }

    @Override
    public Address remoteAddress() {
      return host.primary();
    }

    @Override
    public RaceReport race() {
      RacePlan plan = RacePlan.of("direct", List.of(host.primary()), Duration.ofSeconds(1));
      return new RaceReport(plan, RaceReport.Result.WON, Instant.EPOCH, 0, 0, -1, List.of());
    }

    @Override
    public void release() {
      discard();
    }

    @Override
    public void discard() {
      worker.loop().assertInLoop();
      discarded.incrementAndGet();
      var unused = channel.close();
    }
  }
}
