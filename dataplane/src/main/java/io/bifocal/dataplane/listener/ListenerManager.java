package io.bifocal.dataplane.listener;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.extension.AccessLogs;
import io.bifocal.dataplane.extension.ExtensionConfigs;
import io.bifocal.dataplane.extension.NetworkFilterFactory;
import io.bifocal.dataplane.extension.Registry;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.overload.Overload;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.runtime.RuntimeSnapshot;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.TransportSockets;
import io.bifocal.dataplane.worker.Workers;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.Subscription;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.admin.v3.ListenerStatus;
import io.envoyproxy.envoy.admin.v3.ListenersConfigDump;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * All listeners: those of the bootstrap and those of LDS. A new or changed listener binds its
 * addresses at once, warms (its filters get what they need) and then takes over the connections; a
 * changed one keeps its sockets, so none is lost. What older versions accepted drains.
 *
 * <p>Confined to the control loop. Source: Envoy's listener manager.
 */
public final class ListenerManager {
  private static final Logger log = LoggerFactory.getLogger(ListenerManager.class);
  private static final int CLOSE_SECONDS = 10;

  private final Loop control;
  private final Subscriptions xds;
  private final Duration drainTime;
  private final ManagerStats managerStats;
  private final InitManager server = new InitManager("listeners");
  private final Drains drains;
  private final ListenerSet listeners;
  private final ExtensionConfigs discovery;
  private @Nullable LdsWatcher lds;
  private @Nullable Subscription subscription;

  /**
   * A manager without listeners, for configurations without secrets that must be fetched.
   *
   * @param filters terminal network filters by type
   * @param drainTime how long connections of a version that is gone may last
   */
  public ListenerManager(
      Loop control,
      Subscriptions xds,
      StatsStore stats,
      Workers workers,
      Registry<NetworkFilterFactory> filters,
      AccessLogs accessLogs,
      Duration drainTime) {
    this(
        control,
        xds,
        stats,
        workers,
        filters,
        accessLogs,
        new TransportSockets(),
        () -> RuntimeSnapshot.EMPTY,
        Overload.unwatched(),
        Level.INFO,
        drainTime);
  }

  /**
   * The same.
   *
   * @param transports what may be between connections and their filters
   * @param runtime has the limits of connections
   * @param overload what is done when resources run short
   * @param progress at which level it is logged where listeners listen
   */
  public ListenerManager(
      Loop control,
      Subscriptions xds,
      StatsStore stats,
      Workers workers,
      Registry<NetworkFilterFactory> filters,
      AccessLogs accessLogs,
      TransportSockets transports,
      RuntimeReader runtime,
      Overload overload,
      Level progress,
      Duration drainTime) {
    this.control = control;
    this.xds = xds;
    this.drainTime = drainTime;
    this.managerStats = new ManagerStats(stats.root());
    this.drains = new Drains(control, drainTime, managerStats);
    this.discovery = new ExtensionConfigs(xds, stats, control);
    this.listeners =
        new ListenerSet(
            control,
            stats,
            workers,
            filters,
            accessLogs,
            transports,
            discovery,
            managerStats,
            runtime,
            overload,
            progress,
            server,
            drains);
  }

  /** From now on listeners are but checked: their addresses are not bound. */
  public void bindNothing() {
    control.assertInLoop();
    listeners.bindNothing();
  }

  /**
   * Adds a listener of the bootstrap; before {@link #start}. Its addresses are bound now.
   *
   * @throws ConfigException when it cannot be taken, in Envoy's words where it has any
   */
  public void addStatic(Listener proto) throws ConfigException {
    control.assertInLoop();
    if (!proto.getName().isEmpty() && listeners.find(proto.getName()) != null) {
      throw new ConfigException("duplicate listener " + proto.getName() + " found");
    }
    listeners.put(proto, "", true);
  }

  /**
   * Starts LDS and waits for its first answer (good or bad, or {@code initial_fetch_timeout}), and
   * for what the listeners known by then need.
   *
   * @param source where listeners come from, or null when there are those of the bootstrap only
   * @param observer counts what happens to the subscription
   * @param initialized runs once, maybe within this call
   * @throws IllegalArgumentException when the source is of a kind that is not served
   */
  public void start(
      @Nullable ConfigSource source, SubscriptionObserver observer, Runnable initialized) {
    control.assertInLoop();
    if (source != null) {
      InitManager.Target firstAnswer = server.register("LDS");
      lds = new LdsWatcher(listeners, xds, firstAnswer::ready);
      subscription = xds.subscribe(source, ResourceType.LISTENER, Set.of(), lds, observer);
    }
    server.await(initialized);
  }

  /** From now on connections are accepted. */
  public void startWorkers() {
    control.assertInLoop();
    listeners.startAccepting();
    managerStats.workersStarted.set(1);
  }

  /** The active listeners, with the addresses that they really have. */
  public List<ListenerStatus> listeners() {
    control.assertInLoop();
    return listeners.active().stream().map(ListenerDump::status).toList();
  }

  /** What {@code /config_dump} shows of listeners. */
  public ListenersConfigDump dump() {
    control.assertInLoop();
    return ListenerDump.dump(
        lds == null ? "" : lds.version(),
        listeners.entries(),
        drains.all(),
        subscription == null ? List.of() : subscription.statuses());
  }

  /** The network filters whose configurations are discovered. */
  public ExtensionConfigs discovery() {
    return discovery;
  }

  /** Stops accepting, or goes on, at all listeners but those that overload does not concern. */
  public void hold(boolean on) {
    control.assertInLoop();
    listeners.hold(on);
  }

  /** What an active listener is really bound to, in the order of its addresses; empty if none. */
  public List<SocketAddress> addresses(String listener) {
    control.assertInLoop();
    ListenerEntry entry = listeners.find(listener);
    if (entry == null || entry.active == null) {
      return List.of();
    }
    return entry.active.sockets().stream().map(s -> s.localAddress().socketAddress()).toList();
  }

  /** Who is still waited for. */
  public Set<String> unready() {
    control.assertInLoop();
    return server.unready();
  }

  /**
   * Stops accepting, for good. Gracefully: connections are asked to end first, and new ones are
   * taken until there is none left or the drain time is over; then the sockets close.
   *
   * @param done runs on the control loop: when the sockets are closed, or, gracefully, when the
   *     last connection has ended or the drain time is over. Connections that are left stay
   */
  public void drain(boolean graceful, Runnable done) {
    drain(graceful, false, done);
  }

  /**
   * Stops accepting as {@link #drain(boolean, Runnable)} does.
   *
   * @param inboundOnly whether only listeners whose {@code traffic_direction} is {@code INBOUND};
   *     the others go on
   */
  public void drain(boolean graceful, boolean inboundOnly, Runnable done) {
    control.assertInLoop();
    if (!graceful) {
      stopAccepting(inboundOnly);
      done.run();
      return;
    }
    List<ConnectionChain> chains = activeChains(inboundOnly);
    chains.forEach(ConnectionChain::drain);
    new GracefulEnd(chains, inboundOnly, done).begin();
  }

  /** Asks connections to end when they can, and goes on accepting. */
  public void drainConnections(boolean inboundOnly) {
    control.assertInLoop();
    activeChains(inboundOnly).forEach(ConnectionChain::drain);
  }

  private void stopAccepting(boolean inboundOnly) {
    if (inboundOnly) {
      listeners.stopAcceptingInbound();
    } else {
      listeners.stopAccepting();
    }
  }

  /** Two steps, each until nobody is left, and both within the drain time. */
  private final class GracefulEnd {
    private final List<ConnectionChain> chains;
    private final boolean inboundOnly;
    private final Runnable done;
    private Loop.@Nullable Timer over;
    private boolean ended;

    GracefulEnd(List<ConnectionChain> chains, boolean inboundOnly, Runnable done) {
      this.chains = chains;
      this.inboundOnly = inboundOnly;
      this.done = done;
    }

    void begin() {
      over = control.schedule(drainTime, this::end);
      drains.whenGone(chains, this::lastIsGone);
    }

    private void lastIsGone() {
      stopAccepting(inboundOnly);
      drains.whenGone(chains, this::end);
    }

    private void end() {
      if (!ended) {
        ended = true;
        if (over != null) {
          over.cancel();
        }
        stopAccepting(inboundOnly);
        done.run();
      }
    }
  }

  private List<ConnectionChain> activeChains(boolean inboundOnly) {
    List<ConnectionChain> chains = new ArrayList<>();
    for (ListenerVersion version : listeners.active()) {
      if (!inboundOnly || version.config().inbound()) {
        chains.addAll(version.chains().all());
      }
    }
    return chains;
  }

  /** Closes all sockets and connections, and waits until they are gone. Ends the subscription. */
  public void close() {
    control.assertInLoop();
    if (subscription != null) {
      subscription.close();
    }
    List<CompletableFuture<?>> gone = new ArrayList<>();
    listeners.stopAccepting();
    List<ListenSocket> sockets = new ArrayList<>();
    listeners.entries().forEach(e -> sockets.addAll(e.sockets()));
    sockets.stream().filter(s -> !s.outlastsItsEnd()).forEach(s -> gone.add(s.gone()));
    await(gone); // after that no worker takes another connection
    listeners.entries().forEach(e -> e.versions().forEach(v -> v.listenerFilters().close()));
    List<ConnectionChain> chains = new ArrayList<>();
    listeners.entries().forEach(e -> e.versions().forEach(v -> chains.addAll(v.chains().all())));
    drains.all().forEach(d -> chains.addAll(d.chains()));
    drains.abandon();
    for (ConnectionChain chain : chains) {
      CompletableFuture<Void> closed = new CompletableFuture<>();
      chain.connections().closeAll();
      chain.connections().whenGone(Runnable::run, () -> closed.complete(null));
      gone.add(closed);
    }
    sockets.forEach(s -> gone.add(s.gone()));
    await(gone);
    chains.stream().distinct().forEach(ConnectionChain::close);
  }

  private static void await(List<CompletableFuture<?>> all) {
    try {
      CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new))
          .get(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
      log.warn("sockets or connections are left after {} s", CLOSE_SECONDS);
    }
  }
}
