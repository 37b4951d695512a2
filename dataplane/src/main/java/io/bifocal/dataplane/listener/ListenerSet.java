package io.bifocal.dataplane.listener;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.extension.AccessLogs;
import io.bifocal.dataplane.extension.ExtensionConfigs;
import io.bifocal.dataplane.extension.NetworkFilterFactory;
import io.bifocal.dataplane.extension.Registry;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.overload.Overload;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.TransportSockets;
import io.bifocal.dataplane.worker.Workers;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** The listeners by name: puts, warms, swaps and removes them. Confined to the control loop. */
final class ListenerSet {
  private static final Logger log = LoggerFactory.getLogger(ListenerSet.class);
  private static final String DUPLICATE =
      "error adding listener: '%s' has duplicate address '%s' as existing listener, to check if the"
          + " listener has duplicated addresses with other listeners or 'enable_reuse_port' is set"
          + " to 'false' for the listener";

  private final StatsStore stats;
  private final Workers workers;
  private final ManagerStats managerStats;
  private final Level progress;
  private final InitManager server;
  private final Sockets sockets;
  private final VersionFactory versions;
  private final Drains drains;
  private final Listeners active = new Listeners();
  private final Map<String, ListenerEntry> entries = new LinkedHashMap<>();
  private Accepting accepting = Accepting.NOT_YET;
  private boolean inboundStopped;

  private enum Accepting {
    NOT_YET,
    YES,
    NO_MORE
  }

  ListenerSet(
      Loop control,
      StatsStore stats,
      Workers workers,
      Registry<NetworkFilterFactory> filters,
      AccessLogs accessLogs,
      TransportSockets transports,
      ExtensionConfigs discovery,
      ManagerStats managerStats,
      RuntimeReader runtime,
      Overload overload,
      Level progress,
      InitManager server,
      Drains drains) {
    this.stats = stats;
    this.workers = workers;
    this.managerStats = managerStats;
    this.progress = progress;
    this.server = server;
    this.drains = drains;
    this.sockets = new Sockets(workers, runtime);
    this.versions =
        new VersionFactory(
            control,
            stats,
            workers,
            accessLogs,
            managerStats,
            runtime,
            overload,
            active,
            new ChainReader(filters, transports, workers, discovery, control),
            discovery,
            sockets);
  }

  Collection<ListenerEntry> entries() {
    return entries.values();
  }

  /** From now on listeners are but checked. */
  void bindNothing() {
    sockets.bindNothing();
  }

  /** Stops, or goes on, accepting at all listeners but those that overload does not concern. */
  void hold(boolean on) {
    for (ListenerEntry entry : entries.values()) {
      ListenerVersion active = entry.active;
      if (active != null && !active.config().proto().getBypassOverloadManager()) {
        active.sockets().forEach(socket -> socket.hold(on));
      }
    }
  }

  @Nullable ListenerEntry find(String name) {
    return entries.get(name);
  }

  /**
   * Adds or changes a listener. One that is unchanged, or has its name from the bootstrap, is left
   * alone.
   *
   * @return whether anything came of it
   * @throws ConfigException when it cannot be taken; an earlier version stays in force
   */
  boolean put(Listener proto, String info, boolean fromBootstrap) throws ConfigException {
    ListenerEntry known = entries.get(proto.getName());
    if (known != null && (known.fromBootstrap || unchanged(known, proto))) {
      return false;
    }
    ListenerConfig config = ListenerConfig.parse(proto);
    ListenerEntry entry = known != null ? known : new ListenerEntry(config.name(), fromBootstrap);
    checkDuplicate(config, entry);
    ListenerVersion version = versions.create(config, entry, info);
    if (known == null) {
      entries.put(entry.name, entry);
      managerStats.added.inc();
    } else {
      managerStats.modified.inc();
      discardWarming(entry, version.sockets());
    }
    InitManager.Target target = server.register("listener '" + entry.name + "'");
    entry.warming = new ListenerEntry.Warming(version, target);
    count();
    version.init().await(() -> warm(entry, version));
    return true;
  }

  /** Whether there is nothing to do. A change that is taken back while it warms is forgotten. */
  private boolean unchanged(ListenerEntry entry, Listener proto) {
    if (entry.warming != null) {
      if (entry.warming.version().config().proto().equals(proto)) {
        return true;
      }
      if (entry.active != null && entry.active.config().proto().equals(proto)) {
        discardWarming(entry, List.of());
        count();
        return true;
      }
      return false;
    }
    return entry.active != null && entry.active.config().proto().equals(proto);
  }

  private void checkDuplicate(ListenerConfig config, ListenerEntry entry) throws ConfigException {
    for (ListenerEntry other : entries.values()) {
      if (other.name.equals(entry.name)) {
        continue;
      }
      for (ListenerVersion version : other.versions()) {
        for (BindAddress address : version.config().addresses()) {
          if (address.exclusive()
              && config.addresses().stream()
                  .anyMatch(
                      a -> a.udp() == address.udp() && a.address().equals(address.address()))) {
            throw new ConfigException(DUPLICATE.formatted(config.name(), config.addressTexts()));
          }
        }
      }
    }
  }

  private void warm(ListenerEntry entry, ListenerVersion version) {
    ListenerEntry.Warming warming = entry.warming;
    if (warming == null || !warming.version().equals(version)) {
      return; // replaced meanwhile
    }
    ListenerVersion old = entry.active;
    entry.active = version;
    entry.warming = null;
    active.put(version);
    if (accepts(version)) {
      serve(version);
    }
    if (old != null) {
      active.remove(old);
      retire(old, version);
    }
    count();
    warming.target().ready();
  }

  private void serve(ListenerVersion version) {
    for (ListenSocket socket : version.sockets()) {
      try {
        socket.serve(version);
        log.atLevel(progress)
            .log("listener '{}' listens on {}", version.config().name(), socket.localAddress());
      } catch (IOException e) {
        managerStats.createFailure.inc();
        log.error(
            "listener '{}' cannot listen on {}: {}",
            version.config().name(),
            socket.localAddress(),
            e.getMessage());
      }
    }
    managerStats.createSuccess.add(workers.size());
  }

  private void retire(ListenerVersion old, ListenerVersion successor) {
    old.sockets().stream()
        .filter(s -> !successor.sockets().contains(s))
        .forEach(ListenSocket::close);
    boolean inPlace = successor.config().differsOnlyInChains(old.config());
    if (inPlace) {
      managerStats.inPlaceUpdated.inc();
    }
    drain(old, old.chains().notIn(successor.chains()), !inPlace);
  }

  private void drain(ListenerVersion version, List<ConnectionChain> chains, boolean whole) {
    version.listenerFilters().close();
    drains.start(
        new Drains.Draining(version, chains, whole),
        () -> forgetStats(version.config().statName()));
  }

  /** A name that no listener bears any more leaves the statistics. */
  private void forgetStats(String statName) {
    boolean inUse =
        entries.values().stream()
                .flatMap(e -> e.versions().stream())
                .anyMatch(v -> v.config().statName().equals(statName))
            || drains.all().stream()
                .anyMatch(d -> d.version().config().statName().equals(statName));
    if (!inUse) {
      stats.root().tagged("listener", "envoy.listener_address", statName).remove();
    }
  }

  /** Removes a listener that did not come from the bootstrap; its connections drain. */
  boolean remove(String name) {
    ListenerEntry entry = entries.get(name);
    if (entry == null || entry.fromBootstrap) {
      return false;
    }
    entries.remove(name);
    sockets.orphan(entry.sockets());
    discardWarming(entry, entry.sockets());
    if (entry.active != null) {
      active.remove(entry.active);
      drain(entry.active, entry.active.chains().all(), true);
    }
    managerStats.removed.inc();
    count();
    return true;
  }

  /** An update is through: sockets of removed listeners that nobody took over are closed. */
  void settle() {
    sockets.closeOrphans();
  }

  /**
   * Forgets the version that warms.
   *
   * @param kept sockets that somebody else has now
   */
  private void discardWarming(ListenerEntry entry, List<ListenSocket> kept) {
    ListenerEntry.Warming warming = entry.warming;
    if (warming == null) {
      return;
    }
    entry.warming = null;
    ListenerVersion active = entry.active;
    warming.version().sockets().stream()
        .filter(s -> !kept.contains(s) && (active == null || !active.sockets().contains(s)))
        .forEach(ListenSocket::close);
    (active == null
            ? warming.version().chains().all()
            : warming.version().chains().notIn(active.chains()))
        .forEach(ConnectionChain::close);
    warming.version().listenerFilters().close();
    warming.target().ready();
    forgetStats(warming.version().config().statName());
  }

  /** From now on active listeners accept. */
  void startAccepting() {
    if (accepting == Accepting.NOT_YET) {
      accepting = Accepting.YES;
      active().stream().filter(this::accepts).forEach(this::serve);
      count();
    }
  }

  private boolean accepts(ListenerVersion version) {
    return accepting == Accepting.YES && !(inboundStopped && version.config().inbound());
  }

  /** Closes all sockets; connections stay. */
  void stopAccepting() {
    if (accepting != Accepting.NO_MORE) {
      long open = active().stream().filter(v -> !inboundStopped || !v.config().inbound()).count();
      accepting = Accepting.NO_MORE;
      managerStats.stopped.add(open);
      entries.values().forEach(e -> e.sockets().forEach(ListenSocket::close));
    }
  }

  /** Closes the sockets of inbound listeners, for good; connections stay, others go on. */
  void stopAcceptingInbound() {
    if (accepting != Accepting.NO_MORE && !inboundStopped) {
      inboundStopped = true;
      for (ListenerVersion version : active()) {
        if (version.config().inbound()) {
          managerStats.stopped.inc();
          version.sockets().forEach(ListenSocket::close);
        }
      }
    }
  }

  List<ListenerVersion> active() {
    List<ListenerVersion> active = new ArrayList<>();
    for (ListenerEntry entry : entries.values()) {
      if (entry.active != null) {
        active.add(entry.active);
      }
    }
    return active;
  }

  // Until listeners accept at all, one that waits for its routes counts as active, as in Envoy.
  private void count() {
    long warming = entries.values().stream().filter(e -> e.warming != null).count();
    boolean started = accepting != Accepting.NOT_YET;
    managerStats.active.set(started ? active().size() : entries.size());
    managerStats.warming.set(started ? warming : 0);
  }
}
