package io.bifocal.dataplane;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.admin.AdminServer;
import io.bifocal.dataplane.dns.ResolverConfig;
import io.bifocal.dataplane.dns.ResolverConfigReader;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.runtime.RuntimeLayers;
import io.bifocal.dataplane.stats.LoadReporterStats;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A proxy's life: starts the {@link Parts} in Envoy's order (static clusters, CDS and its clusters,
 * listeners, then the workers take requests), drains them, ends them.
 */
final class Server {
  private static final Logger log = LoggerFactory.getLogger(Server.class);

  private final Bootstrap bootstrap;
  private final ProxyOptions options;
  private final Parts parts;
  private final ControlCalls control;
  private final ServerState state = new ServerState();
  private @Nullable Pulse pulse;
  private final CompletableFuture<Void> live = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private @Nullable AdminServer admin;
  private boolean closed;

  private Server(Bootstrap bootstrap, ProxyOptions options) throws ConfigException {
    this.bootstrap = bootstrap;
    this.options = options;
    RuntimeLayers layers = BootstrapFields.runtime(bootstrap);
    ResolverConfig resolver = ResolverConfigReader.ofBootstrap(bootstrap, new ArrayList<>());
    this.parts = new Parts(bootstrap, options, layers, resolver, state::healthCheckFailed);
    this.control = new ControlCalls(parts.control());
  }

  static Server start(Bootstrap bootstrap, ProxyOptions options) throws ConfigException {
    BootstrapFields.check(bootstrap).forEach(log::warn);
    Server server = new Server(bootstrap, options);
    try {
      server.control.call(server::loadStatic);
      server.startAdmin();
      server.control.call(server::begin);
      return server;
    } catch (ConfigException | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  static void validate(Bootstrap bootstrap, ProxyOptions options) throws ConfigException {
    BootstrapFields.check(bootstrap).forEach(log::warn);
    Server server = new Server(bootstrap, options.withConcurrency(1).withRehearsal(false));
    try {
      server.control.call(server::checkStatic);
    } finally {
      server.close();
    }
  }

  private boolean checkStatic() throws ConfigException {
    parts.listeners().bindNothing();
    return loadStatic();
  }

  private boolean loadStatic() throws ConfigException {
    pulse = new Pulse(parts, state, options.unknownStaticFields());
    for (Secret secret : bootstrap.getStaticResources().getSecretsList()) {
      parts.secrets().addStatic(secret);
    }
    for (Cluster cluster : bootstrap.getStaticResources().getClustersList()) {
      parts.clusters().addStatic(cluster);
    }
    String local = bootstrap.getClusterManager().getLocalClusterName();
    if (!local.isEmpty() && !parts.clusters().has(local)) {
      throw new ConfigException("local cluster '" + local + "' must be defined");
    }
    for (Listener listener : bootstrap.getStaticResources().getListenersList()) {
      parts.listeners().addStatic(listener);
    }
    return true;
  }

  private void startAdmin() throws ConfigException {
    if (!bootstrap.getAdmin().hasAddress()) {
      return;
    }
    SocketAddress address = AdminAddress.of(bootstrap.getAdmin());
    admin = AdminServer.start(address, new ServerView(bootstrap, options, parts, state, this));
    log.info("admin address: {}", Address.of(admin.address()).text());
  }

  private boolean begin() throws ConfigException {
    try {
      startClusters();
    } catch (IllegalArgumentException e) {
      // A source of a kind that is not served; the text names it.
      throw new ConfigException(String.valueOf(e.getMessage()), e);
    }
    parts.startOverload();
    parts.xds().start();
    startLoadReports();
    return true;
  }

  private void startClusters() {
    Bootstrap.DynamicResources dynamic = bootstrap.getDynamicResources();
    parts
        .clusters()
        .start(
            parts::startRuntime,
            dynamic.hasCdsConfig() ? dynamic.getCdsConfig() : null,
            parts.observer("cluster_manager.cds"),
            parts::clusterObserver,
            () -> clustersInitialized(dynamic.hasLdsConfig() ? dynamic.getLdsConfig() : null));
  }

  private void startLoadReports() {
    if (bootstrap.getClusterManager().hasLoadStatsConfig()) {
      var unused = // it ends with the client
          parts
              .xds()
              .reportLoad(
                  bootstrap.getClusterManager().getLoadStatsConfig(),
                  parts.clusters().load(),
                  new LoadReporterStats(parts.stats().root()));
    }
  }

  private void clustersInitialized(@Nullable ConfigSource lds) {
    enter(state::clustersInitialized);
    progress("all clusters initialized; fetching listeners");
    parts
        .listeners()
        .start(lds, parts.observer("listener_manager.lds"), this::listenersInitialized);
  }

  private void listenersInitialized() {
    parts.listeners().startWorkers();
    enter(state::listenersInitialized);
    progress("all dependencies initialized; {} workers take requests", parts.workers().size());
    live.complete(null);
  }

  private void progress(String text, Object... values) {
    log.atLevel(options.progress()).log(text, values);
  }

  void failHealthCheck(boolean fail) {
    enter(() -> state.failHealthCheck(fail));
  }

  private void enter(Runnable change) {
    change.run();
    if (pulse != null) {
      pulse.onState();
    }
  }

  CompletableFuture<Void> live() {
    return live;
  }

  Set<String> unready() {
    return control.ask(parts::unready);
  }

  List<SocketAddress> listenerAddresses(String listener) {
    return control.ask(() -> parts.listeners().addresses(listener));
  }

  Optional<SocketAddress> adminAddress() {
    return Optional.ofNullable(admin).map(AdminServer::address);
  }

  /** Drains; ends when nothing is left, or after the drain time. From any thread. */
  void reopenLogs() {
    parts.accessLogs().reopen();
  }

  void shutdown() {
    parts
        .control()
        .execute(
            () -> {
              log.info("shutting down: at most {} for open connections", options.drainTime());
              enter(state::draining);
              parts.listeners().drain(true, this::quit);
              parts.control().schedule(options.drainTime(), this::quit);
            });
  }

  /** Ends without draining: whoever awaits the end closes. From any thread. */
  void quit() {
    ended.complete(null);
  }

  void awaitEnd() throws InterruptedException {
    try {
      ended.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (admin != null) {
      admin.close();
    }
    parts.close();
    live.completeExceptionally(new CancellationException("the proxy was closed"));
    ended.complete(null);
  }
}
