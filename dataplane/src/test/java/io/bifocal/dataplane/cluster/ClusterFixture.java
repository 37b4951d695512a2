package io.bifocal.dataplane.cluster;

import com.google.protobuf.util.Durations;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.balance.LoadBalancer;
import io.bifocal.dataplane.dns.ScriptedResolver;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.PoolFactory;
import io.bifocal.dataplane.pool.PoolSettings;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.runtime.ScriptedRuntime;
import io.bifocal.dataplane.secret.SecretManager;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Gauge;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportSockets;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.testing.ScriptedSubscriptions;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DiscoveryType;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.netty.channel.DefaultEventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A cluster manager in virtual time, with one worker whose pools only write down what happens. */
final class ClusterFixture {
  static final ConfigSource ADS =
      ConfigSource.newBuilder().setAds(AggregatedConfigSource.getDefaultInstance()).build();

  final VirtualTime time = new VirtualTime();
  final ScriptedSubscriptions xds = new ScriptedSubscriptions();
  final StatsStore stats = new StatsStore(1);
  final Worker worker = new Worker(1, new DefaultEventLoop(), time);
  final List<FakePool> pools = new ArrayList<>();
  final ClusterTables tables =
      new ClusterTables(
          List.of(worker),
          stats,
          w -> new FakePools(),
          (config, counted, loop, local) -> firstUsable(),
          ProxyPlace.UNKNOWN);
  final ScriptedNames names = new ScriptedNames(time);
  final ScriptedResolver resolver = names.resolver;
  final SecretManager secrets = new SecretManager(time, xds, name -> SubscriptionObserver.NONE);
  final ScriptedRuntime runtime = new ScriptedRuntime();
  UpstreamFilters.Reader filters = UpstreamFilters.Reader.NONE;
  final ClusterManager manager =
      new ClusterManager(
          time,
          xds,
          stats,
          tables,
          new ClusterDefaults(
              ClusterDefaults.DEFAULT.connect(),
              ClusterDefaults.DEFAULT.bind(),
              ClusterDefaults.DEFAULT.resolver(),
              runtime),
          names,
          new TransportSockets(secrets),
          (read, path, scope, init) -> filters.read(read, path, scope, init),
          () -> 0.5);
  boolean initialized;

  ClusterFixture with(Cluster... statics) throws ConfigException {
    for (Cluster cluster : statics) {
      manager.addStatic(cluster);
    }
    return this;
  }

  ClusterFixture start() {
    manager.start(ADS, SubscriptionObserver.NONE, c -> SubscriptionObserver.NONE, this::ready);
    time.run();
    return this;
  }

  /** Started, and initialised with these clusters of CDS; requests so far are forgotten. */
  ClusterFixture running(Cluster... clusters) {
    start();
    cds("1", clusters);
    for (String name : xds.names(ResourceType.ENDPOINTS)) {
      eds("1", assignment(name, "10.0.0.1"));
    }
    xds.newRequests();
    return this;
  }

  private void ready() {
    if (initialized) {
      throw new AssertionError("initialised twice");
    }
    initialized = true;
  }

  void cds(String version, Cluster... clusters) {
    xds.respond(ResourceType.CLUSTER, version, clusters);
    time.run();
  }

  void eds(String version, ClusterLoadAssignment... assignments) {
    xds.respond(ResourceType.ENDPOINTS, version, assignments);
    time.run();
  }

  void edsTimesOut(String name) {
    xds.timeOut(ResourceType.ENDPOINTS, name);
    time.run();
  }

  /** A cluster as the worker sees it. */
  @Nullable WorkerCluster find(String name) {
    return tables.of(worker).find(name);
  }

  WorkerCluster get(String name) {
    WorkerCluster found = find(name);
    if (found == null) {
      throw new AssertionError("the worker has no cluster " + name);
    }
    return found;
  }

  /** The primary address of the host that the worker would use, or null. */
  @Nullable String host(String cluster) {
    WorkerCluster found = find(cluster);
    Host host = found == null ? null : found.chooseHost();
    return host == null ? null : host.primary().text();
  }

  static FakePool httpPool(WorkerCluster cluster, Host host) {
    ConnectionPool pool =
        cluster.httpPool(host, RoutingPriority.DEFAULT, ApplicationProtocol.HTTP_1_1);
    return (FakePool) Objects.requireNonNull(pool);
  }

  /** The worker's pool for the host that it would use. */
  FakePool pool(String cluster) {
    Host host = get(cluster).chooseHost();
    if (host == null) {
      throw new AssertionError("no usable host in " + cluster);
    }
    return ClusterFixture.httpPool(get(cluster), host);
  }

  /** A counter's or gauge's value, or null when it is not listed. */
  @Nullable Long stat(String name) {
    for (Counter counter : stats.counters()) {
      if (counter.name().full().equals(name)) {
        return counter.value();
      }
    }
    for (Gauge gauge : stats.gauges()) {
      if (gauge.name().full().equals(name)) {
        return gauge.value();
      }
    }
    return null;
  }

  static Cluster inline(String name, String... addresses) {
    return Cluster.newBuilder()
        .setName(name)
        .setType(DiscoveryType.STATIC)
        .setLoadAssignment(assignment(name, addresses))
        .build();
  }

  static Cluster eds(String name) {
    return Cluster.newBuilder()
        .setName(name)
        .setType(DiscoveryType.EDS)
        .setEdsClusterConfig(Cluster.EdsClusterConfig.newBuilder().setEdsConfig(ADS))
        .build();
  }

  static Cluster changed(Cluster cluster, int connectTimeoutSeconds) {
    return cluster.toBuilder()
        .setConnectTimeout(Durations.fromSeconds(connectTimeoutSeconds))
        .build();
  }

  static ClusterLoadAssignment assignment(String cluster, String... addresses) {
    ClusterLoadAssignment.Builder assignment =
        ClusterLoadAssignment.newBuilder().setClusterName(cluster);
    var locality = assignment.addEndpointsBuilder();
    for (String address : addresses) {
      locality.addLbEndpoints(endpoint(address));
    }
    return assignment.build();
  }

  static LbEndpoint endpoint(String address, String... additional) {
    Endpoint.Builder endpoint = Endpoint.newBuilder().setAddress(address(address));
    for (String more : additional) {
      endpoint.addAdditionalAddressesBuilder().setAddress(address(more));
    }
    return LbEndpoint.newBuilder().setEndpoint(endpoint).build();
  }

  static Address address(String ip) {
    Address.Builder address = Address.newBuilder();
    address.getSocketAddressBuilder().setAddress(ip).setPortValue(80);
    return address.build();
  }

  private static LoadBalancer firstUsable() {
    return (hosts, context) ->
        hosts.all().stream()
            .filter(h -> h.health() != Host.Health.UNHEALTHY)
            .findFirst()
            .orElse(null);
  }

  /** A pool that connects to nothing. */
  static final class FakePool implements ConnectionPool {
    final PoolSettings settings;
    final List<Host> versions = new ArrayList<>();
    int connections = 1;
    int users = 1;
    int preconnects;
    private Runnable whenEmpty = () -> {};
    boolean drained;
    boolean closed;

    FakePool(PoolSettings settings, Host host) {
      this.settings = settings;
      versions.add(host);
    }

    Host host() {
      return versions.get(versions.size() - 1);
    }

    @Override
    public Ticket acquire(Waiter waiter) {
      throw new AssertionError("no test connects");
    }

    @Override
    public void update(Host host) {
      versions.add(host);
    }

    @Override
    public void drain() {
      drained = true;
    }

    @Override
    public void close() {
      closed = true;
      connections = 0;
      users = 0;
    }

    @Override
    public void whenEmpty(Runnable then) {
      whenEmpty = then;
    }

    void becomeEmpty() {
      connections = 0;
      users = 0;
      whenEmpty.run();
    }

    @Override
    public int size() {
      return connections;
    }

    @Override
    public Load load() {
      return new Load(0, users, 0);
    }

    @Override
    public boolean preconnect(double ratio) {
      preconnects++;
      return true;
    }
  }

  final class FakePools implements PoolFactory {
    @Override
    public ConnectionPool http(PoolSettings settings, UpstreamStats upstream, Host host) {
      return add(settings, host);
    }

    @Override
    public ConnectionPool http2(PoolSettings settings, UpstreamStats upstream, Host host) {
      return add(settings, host);
    }

    @Override
    public ConnectionPool tcp(PoolSettings settings, UpstreamStats upstream, Host host) {
      return add(settings, host);
    }

    private ConnectionPool add(PoolSettings settings, Host host) {
      FakePool pool = new FakePool(settings, host);
      pools.add(pool);
      return pool;
    }
  }
}
