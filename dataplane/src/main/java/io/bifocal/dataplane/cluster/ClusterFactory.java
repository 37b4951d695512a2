package io.bifocal.dataplane.cluster;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.dns.NameService;
import io.bifocal.dataplane.grid.AlternateProtocolsCaches;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.TransportSockets;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import java.net.InetAddress;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes incarnations of clusters from their configuration. */
final class ClusterFactory {
  private static final Logger log = LoggerFactory.getLogger(ClusterFactory.class);

  private final Loop control;
  private final Subscriptions xds;
  private final NameService names;
  private final DoubleSupplier chance;
  private final StatsStore stats;
  private final Scope hostScope;
  private final Consumer<ManagedCluster> onChange;
  private final ClusterReader reader;
  private final RuntimeReader runtime;
  private final AssignmentCache assignments = new AssignmentCache();
  private final LedsCollections collections;
  private final UpstreamFilters.Reader filters;
  private final AlternateProtocolsCaches alternatives;
  private Function<String, SubscriptionObserver> edsObservers = c -> SubscriptionObserver.NONE;
  private long incarnations;

  /**
   * @param names how names are resolved
   * @param chance uniform in [0, 1)
   * @param defaults what holds for clusters that say nothing of it
   * @param transports what may be between connections and their users
   * @param filters reads the filters that requests meet on their way to connections
   * @param onChange hears of each cluster when it is ready, and of its changes later
   */
  ClusterFactory(
      Loop control,
      Subscriptions xds,
      NameService names,
      DoubleSupplier chance,
      StatsStore stats,
      ClusterDefaults defaults,
      TransportSockets transports,
      UpstreamFilters.Reader filters,
      Consumer<ManagedCluster> onChange) {
    this.alternatives =
        new AlternateProtocolsCaches(control, stats.root().scope("alternate_protocols_cache"));
    this.reader = new ClusterReader(defaults, transports, alternatives);
    this.filters = filters;
    this.runtime = defaults.runtime();
    this.control = control;
    this.names = names;
    this.chance = chance;
    this.xds = xds;
    this.collections = new LedsCollections(xds);
    this.stats = stats;
    this.hostScope = stats.unlisted();
    this.onChange = onChange;
  }

  /** Writes what is to be kept beyond the process. */
  void close() {
    alternatives.close();
  }

  /** Who counts, by cluster, what happens to subscriptions that start from now on. */
  void observeEndpoints(Function<String, SubscriptionObserver> observers) {
    edsObservers = observers;
  }

  /**
   * Makes one, which is not started.
   *
   * @throws ConfigException when it cannot be taken
   */
  ManagedCluster create(Cluster proto, ManagedCluster.Origin origin) throws ConfigException {
    ClusterConfig config = reader.read(proto);
    Scope scope = ClusterStats.scope(stats, config);
    EndpointStats endpoints =
        proto.getTrackClusterStats().getPerEndpointStats() ? new EndpointStats(scope) : null;
    AssignmentReader hosts =
        new AssignmentReader(
            config.happyEyeballs(),
            new HostIdentity(config.proto().getHealthChecksCount() > 0),
            address ->
                new HostState(address, endpoints == null ? hostScope : endpoints.of(address)),
            warning -> log.warn("cluster '{}': {}", config.name(), warning),
            runtime);
    // A cluster that is refused here has no statistics yet, and leaves none.
    Function<ClusterStats, Membership> membership;
    if (config.discovery() instanceof Discovery.Eds eds) {
      Supplier<SubscriptionObserver> observer =
          () -> edsObservers.apply(ClusterStats.statName(config.observabilityName()));
      membership =
          counts ->
              new EdsMembership(
                  eds, hosts, assignments, collections, counts, xds, observer, control);
    } else if (config.discovery() instanceof OriginalDestination original) {
      membership = counts -> original(original, config, counts);
    } else if (config.discovery() instanceof Discovery.Dns dns) {
      check(dns.endpoints(), hosts);
      membership = counts -> new DnsMembership(context(dns, config, counts), hosts);
    } else {
      ClusterLoadAssignment inline = ((Discovery.Static) config.discovery()).assignment();
      Hosts named = hosts.read(inline, Hosts.NONE);
      membership = counts -> new StaticMembership(inline, named);
    }
    InitManager init = new InitManager("Cluster " + config.name());
    UpstreamFilters between = filters(config, scope, init);
    ClusterStats counts = new ClusterStats(scope, endpoints);
    // Listed from the start, as what workers count of traffic is.
    TrackedStats.of(proto).list(scope);
    var unused = config.transport().on(scope, StatsStore.CONTROL);
    return new ManagedCluster(
        config,
        between,
        init,
        origin,
        ++incarnations,
        config.limits().breakers(config.name(), runtime),
        membership.apply(counts),
        counts,
        onChange);
  }

  private @Nullable UpstreamFilters filters(ClusterConfig config, Scope scope, InitManager init)
      throws ConfigException {
    return config.http().filters().isEmpty()
        ? null
        : filters.read(config.http().filters(), "cluster '" + config.name() + "'", scope, init);
  }

  private Membership original(OriginalDestination how, ClusterConfig config, ClusterStats counts) {
    return new OriginalMembership(
        config.name(),
        hostScope,
        counts.scope().counter("original_dst_host_overflow"),
        how.cleanup(),
        control);
  }

  // What is wrong beside the names is wrong now, and not when there is an answer.
  private static void check(DnsEndpoints endpoints, AssignmentReader hosts) throws ConfigException {
    List<InetAddress> any = List.of(InetAddress.getLoopbackAddress());
    var unused =
        hosts.read(
            endpoints.resolved(Collections.nCopies(endpoints.names().size(), any)), Hosts.NONE);
  }

  private DnsContext context(Discovery.Dns dns, ClusterConfig config, ClusterStats counts) {
    return new DnsContext(
        dns,
        config.connect(),
        names.resolver(dns.resolver()),
        names.sources(),
        counts.lookups(),
        control,
        chance);
  }
}
