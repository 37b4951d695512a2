package io.bifocal.dataplane.http.router;

import com.google.common.net.InetAddresses;
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
import io.bifocal.dataplane.pool.UpstreamConnection;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportSocketOptions;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Clusters of one host each, to which there is always a connection, in memory. */
final class EmbeddedClusters implements WorkerClusters {
  private final Scope stats = new StatsStore(1).root();
  private final Map<String, InMemory> clusters = new HashMap<>();

  EmbeddedClusters with(String name) {
    clusters.put(name, new InMemory(name));
    return this;
  }

  @Override
  public @Nullable WorkerCluster find(String name) {
    return clusters.get(name);
  }

  private InMemory cluster(String name) {
    InMemory cluster = clusters.get(name);
    if (cluster == null) {
      throw new IllegalArgumentException(name);
    }
    return cluster;
  }

  /** The connections that were asked for, in order. */
  List<EmbeddedChannel> connections(String name) {
    return cluster(name).channels;
  }

  /** What came over the last connection since this was asked last. */
  String heard(String name) {
    List<EmbeddedChannel> channels = connections(name);
    StringBuilder heard = new StringBuilder();
    for (ByteBuf sent = channels.get(channels.size() - 1).readOutbound();
        sent != null;
        sent = channels.get(channels.size() - 1).readOutbound()) {
      heard.append(sent.toString(StandardCharsets.ISO_8859_1));
      sent.release();
    }
    return heard.toString();
  }

  /** Closes every connection, and frees what was not heard. */
  void close() {
    for (InMemory cluster : clusters.values()) {
      cluster.channels.forEach(EmbeddedChannel::finishAndReleaseAll);
    }
  }

  long counted(String name, String counter) {
    return cluster(name).scope.counter(counter).value();
  }

  private final class InMemory implements WorkerCluster, ConnectionPool {
    final List<EmbeddedChannel> channels = new ArrayList<>();
    final Scope scope;
    private final ClusterConfig config;
    private final UpstreamStats counted;
    private final CircuitBreakers breakers = CircuitBreakers.defaults();
    private final Host host;

    InMemory(String name) {
      scope = stats.tagged("cluster", "envoy.cluster_name", name);
      counted = new UpstreamStats(scope, 0);
      config =
          new ClusterConfig(
              name,
              name,
              Duration.ofSeconds(1),
              1000,
              Duration.ofHours(1),
              0,
              Cluster.newBuilder().setName(name).build());
      Address address = new Address.Ip(InetAddresses.forString("10.0.0.1"), 80);
      host =
          new Host(
              new HostState(address, HostStats.in(scope.scope("host"))),
              new AddressList(List.of(address), List.of(address)),
              "",
              Locality.NONE,
              0,
              1,
              HealthStatus.UNKNOWN,
              Metadata.getDefaultInstance());
    }

    @Override
    public ClusterConfig config() {
      return config;
    }

    @Override
    public UpstreamStats stats() {
      return counted;
    }

    @Override
    public CircuitBreakers breakers(RoutingPriority priority) {
      return breakers;
    }

    @Override
    public Host chooseHost(LoadBalancerContext context) {
      return host;
    }

    @Override
    public ConnectionPool httpPool(
        Host wanted, RoutingPriority priority, ApplicationProtocol downstream) {
      return this;
    }

    @Override
    public ConnectionPool http2Pool(Host wanted, @Nullable TransportSocketOptions options) {
      return this;
    }

    @Override
    public ConnectionPool tcpPool(Host wanted) {
      return this;
    }

    // ---- its pool

    @Override
    public Ticket acquire(Waiter waiter) {
      EmbeddedChannel channel = new EmbeddedChannel();
      channels.add(channel);
      waiter.onReady(new Connection(host, channel));
      return () -> {};
    }

    @Override
    public void update(Host version) {}

    @Override
    public void drain() {}

    @Override
    public void close() {}

    @Override
    public int size() {
      return channels.size();
    }

    @Override
    public Load load() {
      return Load.NONE;
    }

    @Override
    public boolean preconnect(double ratio) {
      return false;
    }
  }

  private record Connection(Host host, Channel channel) implements UpstreamConnection {
    @Override
    public Address remoteAddress() {
      return host.primary();
    }

    @Override
    public RaceReport race() {
      RacePlan plan = RacePlan.of("in memory", List.of(host.primary()), Duration.ofSeconds(1));
      return new RaceReport(plan, RaceReport.Result.WON, Instant.EPOCH, 0, 0, -1, List.of());
    }

    @Override
    public void release() {}

    @Override
    public void discard() {
      var unused = channel.close();
    }
  }
}
