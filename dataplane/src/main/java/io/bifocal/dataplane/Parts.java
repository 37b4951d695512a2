package io.bifocal.dataplane;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.cluster.ClusterDefaults;
import io.bifocal.dataplane.cluster.ClusterManager;
import io.bifocal.dataplane.cluster.ClusterTables;
import io.bifocal.dataplane.cluster.ConnectDefaults;
import io.bifocal.dataplane.cluster.ProxyPlace;
import io.bifocal.dataplane.connect.OutcomeMemory;
import io.bifocal.dataplane.connect.RaceListener;
import io.bifocal.dataplane.controlplane.AdsChannelFactory;
import io.bifocal.dataplane.controlplane.ClusterRest;
import io.bifocal.dataplane.controlplane.Pings;
import io.bifocal.dataplane.dns.ResolverConfig;
import io.bifocal.dataplane.dns.SystemNameService;
import io.bifocal.dataplane.extension.AccessLogs;
import io.bifocal.dataplane.extension.ExtensionConfigs;
import io.bifocal.dataplane.extension.Registry;
import io.bifocal.dataplane.host.Locality;
import io.bifocal.dataplane.http.HttpConnectionManagerFactory;
import io.bifocal.dataplane.http.codec.ClientConnection;
import io.bifocal.dataplane.http.filter.FilterChainReader;
import io.bifocal.dataplane.http.filter.HttpFilters;
import io.bifocal.dataplane.http.filter.UpstreamChainReader;
import io.bifocal.dataplane.http.filter.ondemand.OnDemandFactory;
import io.bifocal.dataplane.http.filter.rbac.NetworkRbacFactory;
import io.bifocal.dataplane.http.route.RouteContext;
import io.bifocal.dataplane.listener.ListenerManager;
import io.bifocal.dataplane.observe.AccessLogFiles;
import io.bifocal.dataplane.observe.RaceHistory;
import io.bifocal.dataplane.observe.RaceRecorder;
import io.bifocal.dataplane.overload.Degree;
import io.bifocal.dataplane.overload.OverloadAction;
import io.bifocal.dataplane.overload.OverloadManager;
import io.bifocal.dataplane.pool.RacingPools;
import io.bifocal.dataplane.runtime.RuntimeLayers;
import io.bifocal.dataplane.runtime.RuntimeLoader;
import io.bifocal.dataplane.secret.SecretManager;
import io.bifocal.dataplane.stats.ControlPlaneStats;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.stats.SubscriptionStats;
import io.bifocal.dataplane.tcp.TcpProxyFactory;
import io.bifocal.dataplane.tcp.filter.NetworkFilters;
import io.bifocal.dataplane.transport.TransportSockets;
import io.bifocal.dataplane.transport.tls.TlsContexts;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.dataplane.worker.Workers;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.XdsClient;
import io.bifocal.xds.XdsClientBuilder;
import io.bifocal.xds.file.FileWatcher;
import io.bifocal.xds.time.ThreadLoop;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** Everything a proxy is made of, put together; started and ended by {@link Server}. */
final class Parts implements AutoCloseable {
  private static final String PREFIX = "type.googleapis.com/envoy.extensions.filters.network.";

  private final ThreadLoop control = ThreadLoop.start("bifocal-control");
  private final Workers workers;
  private final StatsStore stats;
  private final RuntimeLoader runtime;
  private final OutcomeMemory outcomes = new OutcomeMemory(control::nanoTime);
  private final RaceHistory races;
  private final ClusterTables tables;
  private final AdsChannelFactory channels;
  private final XdsClient xds;
  private final SystemNameService names;
  private final SecretManager secrets;
  private final TlsContexts tls = new TlsContexts();
  private final ClusterManager clusters;
  private final AccessLogFiles accessLogs;
  private final ExtensionConfigs discovery;
  private final HttpConnectionManagerFactory http;
  private final ListenerManager listeners;
  private final OverloadManager overload;

  /**
   * @param layers where runtime values come from
   * @param resolver how names are resolved where a cluster does not say
   * @param failing whether health checks are to fail; on any thread
   */
  Parts(
      Bootstrap bootstrap,
      ProxyOptions options,
      RuntimeLayers layers,
      ResolverConfig resolver,
      BooleanSupplier failing)
      throws ConfigException {
    workers = Workers.start(options.concurrency(), options.transport());
    stats = new StatsStore(workers.size());
    overload = OverloadManager.of(bootstrap.getOverloadManager(), stats.root());
    runtime = new RuntimeLoader(layers, control, stats.root(), FileWatcher.onFileSystem(control));
    races = new RaceHistory(workers.size());
    tell(outcomes, stats.root().scope("connect.memory"));
    tables =
        new ClusterTables(
            workers, stats, worker -> pools(worker, options), place(bootstrap), runtime);
    channels = new AdsChannelFactory(tables::of, workers.get(0), Pings.of(bootstrap));
    xds = client(bootstrap, options);
    names = new SystemNameService(control, options.transport(), stats.root(), resolver);
    ClusterDefaults defaults =
        new ClusterDefaults(
            new ConnectDefaults(runtime),
            bootstrap.getClusterManager().getUpstreamBindConfig(),
            resolver,
            runtime);
    secrets =
        new SecretManager(
            control,
            xds.subscriptions(),
            this::secretObserver,
            FileWatcher.onFileSystem(control),
            secret -> rotationFailed(secret).at(StatsStore.CONTROL).inc());
    accessLogs = AccessLogFiles.start(stats.root(), control, options.accessLogFlush());
    TransportSockets transports =
        new TransportSockets(
            secrets,
            tls,
            accessLogs::lines,
            options.rehearsal() ? Http3Rehearsal::begin : TransportSockets.NO_REHEARSAL);
    discovery = new ExtensionConfigs(xds.subscriptions(), stats, control);
    HttpFilters filters = ShippedFilters.http(bootstrap, stats, runtime, failing);
    options.httpFilters().forEach(filters::register);
    FilterChainReader chains = new FilterChainReader(filters, discovery, runtime);
    clusters =
        new ClusterManager(
            control,
            xds.subscriptions(),
            stats,
            tables,
            defaults,
            names,
            transports,
            new UpstreamChainReader(chains));
    clusters.onDemand().observe(() -> observer("cluster_manager.odcds"));
    filters.register(new OnDemandFactory(clusters.onDemand(), control));
    AccessLogs logs = new AccessLogs(accessLogs.registry(), runtime);
    http =
        new HttpConnectionManagerFactory(
            xds.subscriptions(),
            tables::of,
            logs,
            bootstrap.getNode(),
            stats,
            this::observer,
            new RouteContext(clusters::has, runtime, filters::routeConfig, stats.root()),
            chains,
            control);
    listeners =
        new ListenerManager(
            control,
            xds.subscriptions(),
            stats,
            workers,
            NetworkFilters.register(new Registry<>(), stats.root(), runtime)
                .register(PREFIX + "http_connection_manager.v3.HttpConnectionManager", http)
                .register(PREFIX + "rbac.v3.RBAC", new NetworkRbacFactory(stats.root()))
                .register(
                    PREFIX + "tcp_proxy.v3.TcpProxy",
                    new TcpProxyFactory(tables::of, logs, stats, clusters.onDemand(), control)),
            logs,
            transports,
            runtime,
            overload.overload(),
            options.progress(),
            options.drainTime());
  }

  private static void tell(OutcomeMemory outcomes, Scope scope) {
    scope.gauge("addresses").read(outcomes::size);
    scope.counter("evictions").read(outcomes::evictions);
  }

  private RacingPools pools(Worker worker, ProxyOptions options) {
    return new RacingPools(
        worker,
        options.transport(),
        listener(worker, options.races()),
        outcomes,
        ClientConnection.SESSIONS);
  }

  /** Where this proxy stands among its cluster's hosts. */
  private static ProxyPlace place(Bootstrap bootstrap) {
    io.envoyproxy.envoy.config.core.v3.Locality here = bootstrap.getNode().getLocality();
    return new ProxyPlace(
        new Locality(here.getRegion(), here.getZone(), here.getSubZone()),
        bootstrap.getClusterManager().getLocalClusterName());
  }

  /** Who hears of a worker's races: the embedder, {@code /races}, and the Flight Recorder. */
  private RaceListener listener(Worker worker, RaceListener embedder) {
    return embedder.and(races.of(worker.shard() - 1)).and(new RaceRecorder());
  }

  private XdsClient client(Bootstrap bootstrap, ProxyOptions options) {
    XdsClientBuilder client =
        XdsClient.builder()
            .loop(control)
            .node(NodeIdentity.of(bootstrap.getNode()))
            .channelFactory(channels)
            .servers(bootstrap)
            .restTransport(new ClusterRest(tables::of, workers.get(0), control))
            .rejectUnknownFields(options.rejectUnknownDynamicFields());
    if (bootstrap.getDynamicResources().hasAdsConfig()) {
      client
          .ads(bootstrap.getDynamicResources().getAdsConfig())
          .transportObserver(ControlPlaneStats.ofAggregatedStream(stats.root()));
    } else {
      client.transportObserver(ControlPlaneStats.withoutAggregatedStream(stats.root()));
    }
    return client.build();
  }

  ThreadLoop control() {
    return control;
  }

  Workers workers() {
    return workers;
  }

  StatsStore stats() {
    return stats;
  }

  RaceHistory races() {
    return races;
  }

  XdsClient xds() {
    return xds;
  }

  TlsContexts tls() {
    return tls;
  }

  SecretManager secrets() {
    return secrets;
  }

  RuntimeLoader runtime() {
    return runtime;
  }

  /** Asks for what of the runtime comes from elsewhere. */
  void startRuntime(Runnable ready) {
    runtime.start(xds.subscriptions(), () -> observer("runtime"), ready);
  }

  ClusterManager clusters() {
    return clusters;
  }

  HttpConnectionManagerFactory http() {
    return http;
  }

  ExtensionConfigs discovery() {
    return discovery;
  }

  /** Begins to watch resources; on the control loop. */
  void startOverload() {
    Degree holding = overload.overload().degree(OverloadAction.STOP_ACCEPTING_CONNECTIONS);
    overload.start(
        control,
        () -> {
          if (holding != null) {
            listeners.hold(holding.isSaturated());
          }
        });
  }

  ListenerManager listeners() {
    return listeners;
  }

  AccessLogFiles accessLogs() {
    return accessLogs;
  }

  /** Counts a subscription under {@code scope}. */
  SubscriptionObserver observer(String scope) {
    return observer(stats.root().scope(scope));
  }

  private SubscriptionObserver observer(Scope scope) {
    return new SubscriptionStats(scope, control);
  }

  private SubscriptionObserver secretObserver(String secret) {
    var unused = rotationFailed(secret); // so that it is listed
    return observer("sds." + secret);
  }

  private Counter rotationFailed(String secret) {
    return stats.root().scope("sds." + secret).counter("key_rotation_failed");
  }

  /** Counts a cluster's subscription to its endpoints. */
  SubscriptionObserver clusterObserver(String cluster) {
    return new SubscriptionStats(
        stats.root().tagged("cluster", "envoy.cluster_name", cluster), control);
  }

  /** Who is still waited for. */
  Set<String> unready() {
    Set<String> unready = new LinkedHashSet<>(runtime.unready());
    unready.addAll(clusters.unready());
    unready.addAll(listeners.unready());
    return unready;
  }

  /** Ends everything, in the reverse order of a request's way; waits until it has ended. */
  @Override
  public void close() {
    new ControlCalls(control)
        .ask(
            () -> {
              overload.close();
              listeners.close();
              clusters.close();
              secrets.close();
              runtime.close();
              xds.close();
              return true;
            });
    channels.close();
    tables.close();
    names.close();
    workers.close();
    accessLogs.close();
    control.close();
  }
}
