package io.bifocal.dataplane.cluster;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.dns.NameService;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.TransportSockets;
import io.bifocal.xds.Hold;
import io.bifocal.xds.LoadSource;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceStatus;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.Subscription;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.admin.v3.ClustersConfigDump;
import io.envoyproxy.envoy.admin.v3.EndpointsConfigDump;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All clusters: those of the bootstrap and those of CDS. A new or changed cluster warms (its hosts
 * are asked for) and is then handed to the workers in one step; until then its predecessor serves.
 *
 * <p>Confined to the control loop. Source: the xDS protocol's "warming", Envoy's cluster manager.
 */
public final class ClusterManager {
  private static final Logger log = LoggerFactory.getLogger(ClusterManager.class);

  private final Loop control;
  private final Subscriptions xds;
  private final ManagerStats managerStats;
  private final Publisher publisher;
  private final ClusterFactory factory;
  private final Map<String, ManagedCluster> statics = new LinkedHashMap<>();
  private final Map<String, ManagedCluster> active = new TreeMap<>();
  private final WarmingClusters warming;
  private final Set<String> onlyOnDemand = new HashSet<>();
  private final OnDemandClusters onDemand;
  private final GoneStats goneStats;
  private @Nullable Subscription cds;
  private String cdsVersion = "";
  private boolean closed;

  /**
   * A manager without clusters.
   *
   * @param tables where workers hear of clusters
   * @param defaults what holds for clusters that say nothing of it
   * @param names how names are resolved
   * @param transports what may be between connections and their users
   * @param filters reads the filters that requests meet on their way to connections
   */
  public ClusterManager(
      Loop control,
      Subscriptions xds,
      StatsStore stats,
      ClusterTables tables,
      ClusterDefaults defaults,
      NameService names,
      TransportSockets transports,
      UpstreamFilters.Reader filters) {
    this(
        control,
        xds,
        stats,
        tables,
        defaults,
        names,
        transports,
        filters,
        () -> ThreadLocalRandom.current().nextDouble());
  }

  ClusterManager(
      Loop control,
      Subscriptions xds,
      StatsStore stats,
      ClusterTables tables,
      ClusterDefaults defaults,
      NameService names,
      TransportSockets transports,
      UpstreamFilters.Reader filters,
      DoubleSupplier chance) {
    this.control = control;
    this.xds = xds;
    this.factory =
        new ClusterFactory(
            control, xds, names, chance, stats, defaults, transports, filters, this::onChange);
    this.warming = new WarmingClusters(xds);
    this.goneStats = new GoneStats(stats);
    this.managerStats = new ManagerStats(stats.root());
    this.publisher =
        new Publisher(
            tables,
            control,
            () -> xds.hold(ResourceType.ENDPOINTS),
            () -> control.execute(this::forget));
    this.onDemand =
        new OnDemandClusters(
            this, control, xds, stats.root().scope("cluster_manager").scope("odcds"));
  }

  /**
   * Adds a cluster of the bootstrap; before {@link #start}.
   *
   * @throws ConfigException when it cannot be taken, in Envoy's words where it has any
   */
  public void addStatic(Cluster proto) throws ConfigException {
    control.assertInLoop();
    if (statics.containsKey(proto.getName())) {
      throw new ConfigException("cluster manager: duplicate cluster '" + proto.getName() + "'");
    }
    ManagedCluster cluster =
        factory.create(proto, ManagedCluster.Origin.bootstrap(control.wallTime()));
    statics.put(proto.getName(), cluster);
    managerStats.added.inc();
  }

  /**
   * Starts: the bootstrap's clusters that ask nobody, then those that ask EDS, then CDS (its first
   * answer, failure or timeout), then the clusters that it named.
   *
   * @param cds where clusters come from, or null when there are those of the bootstrap only
   * @param cdsObserver counts what happens to the subscription to clusters
   * @param edsObservers by cluster, as its statistics call it ({@code cluster.<name>.}): counts
   *     what happens to its subscription to endpoints
   * @param initialized runs once, when all that is through; maybe within this call
   * @throws IllegalArgumentException when a source is of a kind that is not served
   */
  public void start(
      @Nullable ConfigSource cds,
      SubscriptionObserver cdsObserver,
      Function<String, SubscriptionObserver> edsObservers,
      Runnable initialized) {
    start(Runnable::run, cds, cdsObserver, edsObservers, initialized);
  }

  /**
   * As {@link #start(ConfigSource, SubscriptionObserver, Function, Runnable)}.
   *
   * @param between is handed the rest when the clusters that ask nobody are ready, and runs it once
   */
  public void start(
      Consumer<Runnable> between,
      @Nullable ConfigSource cds,
      SubscriptionObserver cdsObserver,
      Function<String, SubscriptionObserver> edsObservers,
      Runnable initialized) {
    control.assertInLoop();
    factory.observeEndpoints(edsObservers);
    publisher.batch(() -> statics.values().stream().filter(c -> !c.asksEds()).forEach(this::warm));
    warming.whenPrimaryAreReady(
        () -> between.accept(() -> startEds(cds, cdsObserver, initialized)));
  }

  private void startEds(
      @Nullable ConfigSource cdsSource, SubscriptionObserver cdsObserver, Runnable initialized) {
    publisher.flush();
    Hold hold = xds.hold(ResourceType.ENDPOINTS);
    try {
      statics.values().stream().filter(ManagedCluster::asksEds).forEach(this::warm);
    } finally {
      hold.close();
    }
    warming.whenStaticAreReady(() -> startCds(cdsSource, cdsObserver, initialized));
  }

  private void startCds(
      @Nullable ConfigSource source, SubscriptionObserver observer, Runnable whenInitialized) {
    publisher.flush();
    if (source != null) {
      InitManager.Target firstAnswer = warming.firstAnswer();
      cds =
          xds.subscribe(
              source,
              ResourceType.CLUSTER,
              Set.of(),
              new CdsWatcher(this, xds, firstAnswer::ready),
              observer);
    }
    warming.whenDynamicAreReady(
        () -> {
          publisher.flush();
          warming.initialized();
          count();
          whenInitialized.run();
        });
  }

  /** Clusters that are asked for when a request needs them. */
  public OnDemandClusters onDemand() {
    return onDemand;
  }

  /** Whether there is a cluster of that name, warm or not. */
  public boolean has(String cluster) {
    control.assertInLoop();
    return statics.containsKey(cluster) || active.containsKey(cluster) || warming.contains(cluster);
  }

  /** An active cluster, or null. */
  public @Nullable ClusterStatusView find(String cluster) {
    control.assertInLoop();
    ManagedCluster found = active.get(cluster);
    return found == null ? null : found.status();
  }

  /** The active clusters by name. */
  public List<ClusterStatusView> clusters() {
    control.assertInLoop();
    return active.values().stream().map(ManagedCluster::status).toList();
  }

  /** What {@code /config_dump} shows of clusters. */
  public ClustersConfigDump clustersDump() {
    control.assertInLoop();
    return ClusterDump.clusters(cdsVersion, active.values(), warming.all(), statuses());
  }

  // What concerns all of the type has no place there.
  private Map<String, ResourceStatus> statuses() {
    Map<String, ResourceStatus> byName = new HashMap<>();
    onDemand.statuses().forEach(status -> byName.put(status.name(), status));
    if (cds != null) {
      cds.statuses().forEach(status -> byName.put(status.name(), status));
    }
    byName.remove("");
    return byName;
  }

  /** What {@code /config_dump?include_eds} shows of their hosts. */
  public EndpointsConfigDump endpointsDump() {
    control.assertInLoop();
    return ClusterDump.endpoints(inForce());
  }

  /** What the active clusters do, for reports of load. */
  public LoadSource load() {
    return new LoadCounts(active::keySet, active::get);
  }

  /** Who is still waited for. */
  public Set<String> unready() {
    control.assertInLoop();
    return warming.unready();
  }

  /** Ends all subscriptions. What the workers have stays until their tables are closed. */
  public void close() {
    control.assertInLoop();
    closed = true;
    // Nobody needs to hear name by name that nothing is wanted any more.
    @SuppressWarnings("UnusedVariable")
    Hold lastWords = xds.hold(ResourceType.ENDPOINTS);
    if (cds != null) {
      cds.close();
    }
    onDemand.close();
    warming.close();
    active.values().forEach(ManagedCluster::close);
    active.clear();
    factory.close();
    warming.holdAcknowledgement();
  }

  /** Applies one answer of CDS: workers hear of it in one step. */
  void apply(String version, Runnable changes) {
    batch(changes);
    cdsVersion = version;
  }

  /** Makes changes of which workers hear in one step. */
  void batch(Runnable changes) {
    publisher.batch(changes);
    warming.holdAcknowledgement();
  }

  /** Names that CDS has added, whether warm or not, and that are not among these. */
  Set<String> dynamicNamesBeside(Set<String> these) {
    Set<String> names = new TreeSet<>();
    Stream.of(active, warming.byName())
        .flatMap(clusters -> clusters.keySet().stream())
        .filter(name -> !these.contains(name) && !statics.containsKey(name))
        .filter(name -> !onlyOnDemand.contains(name))
        .forEach(names::add);
    return names;
  }

  /** Takes a cluster of CDS; one that is as it was costs nothing. */
  void addOrUpdate(Resource<Cluster> resource) throws ConfigException {
    take(resource);
    onlyOnDemand.remove(resource.value().getName());
  }

  /** Takes a cluster that was asked for by name. CDS removes it only if CDS has named it too. */
  void addOnDemand(Resource<Cluster> resource) throws ConfigException {
    String name = resource.value().getName();
    boolean known = has(name);
    take(resource);
    if (!known) {
      onlyOnDemand.add(name);
    }
  }

  /** Removes one that nobody but a request has asked for; any other name is harmless. */
  void removeOnDemand(String name) {
    if (onlyOnDemand.contains(name)) {
      remove(name);
    }
  }

  private void take(Resource<Cluster> resource) throws ConfigException {
    Cluster proto = resource.value();
    String name = proto.getName();
    if (statics.containsKey(name)) {
      log.debug("cluster '{}' of CDS is one of the bootstrap's: skipped", name);
      return;
    }
    ManagedCluster serving = active.get(name);
    ManagedCluster newest = warming.contains(name) ? warming.get(name) : serving;
    if (newest != null && newest.config().proto().equals(proto)) {
      return;
    }
    if (serving != null && serving.config().proto().equals(proto)) {
      dropWarming(name); // the change is taken back
      count();
      return;
    }
    ManagedCluster cluster =
        factory.create(proto, ManagedCluster.Origin.of(resource, control.wallTime()));
    dropWarming(name);
    try {
      warm(cluster);
    } catch (IllegalArgumentException e) { // its source is of a kind that is not served
      dropWarming(name);
      throw new ConfigException(String.valueOf(e.getMessage()), e);
    }
    (newest == null ? managerStats.added : managerStats.modified).inc();
    log.debug("cluster '{}' {}", name, newest == null ? "added" : "changed");
  }

  /** Removes a cluster of CDS; any other name is harmless. */
  void remove(String name) {
    if (statics.containsKey(name)) {
      return;
    }
    onlyOnDemand.remove(name);
    boolean known = dropWarming(name);
    ManagedCluster serving = active.remove(name);
    if (serving != null) {
      serving.close();
      goneStats.add(serving);
      publisher.remove(name);
    }
    if (known || serving != null) {
      managerStats.removed.inc();
      count();
    }
  }

  private void forget() {
    goneStats.forget(
        Stream.of(statics, active, warming.byName())
            .flatMap(clusters -> clusters.values().stream()));
  }

  private void warm(ManagedCluster cluster) {
    warming.add(cluster);
    cluster.start();
    count();
  }

  private void onChange(ManagedCluster cluster) {
    if (closed) {
      return;
    }
    if (warming.remove(cluster)) {
      ManagedCluster predecessor = active.put(cluster.name(), cluster);
      if (predecessor != null) {
        cluster.replaces(predecessor);
        goneStats.add(predecessor);
      }
    }
    cluster.showStats();
    managerStats.updated.inc();
    publisher.set(cluster.snapshot());
    onDemand.onActive(cluster.name());
    count();
    warming.settled(cluster);
    warming.holdAcknowledgement();
  }

  private boolean dropWarming(String name) {
    ManagedCluster dropped = warming.drop(name);
    if (dropped == null) {
      return false;
    }
    dropped.close();
    goneStats.add(dropped);
    control.execute(this::forget);
    warming.settled(dropped);
    return true;
  }

  // Until all is initialised nothing serves yet, and the endpoints of what is new are shown too.
  private List<ManagedCluster> inForce() {
    Map<String, ManagedCluster> clusters = new TreeMap<>(active);
    if (!warming.isInitialized()) {
      warming.byName().forEach(clusters::putIfAbsent);
    }
    return new ArrayList<>(clusters.values());
  }

  private void count() {
    managerStats.clusters(active.size(), warming.size());
  }
}
