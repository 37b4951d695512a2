package io.bifocal.dataplane.listener;

import com.google.protobuf.Timestamp;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.extension.AccessLogs;
import io.bifocal.dataplane.extension.ExtensionConfigs;
import io.bifocal.dataplane.extension.ListenerContext;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.listener.filter.ListenerFilters;
import io.bifocal.dataplane.overload.Overload;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.stream.AccessLog;
import io.bifocal.dataplane.worker.Workers;
import io.bifocal.xds.time.Loop;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes versions of listeners: their filter chains, their sockets, their logs and statistics.
 * Confined to the control loop.
 */
final class VersionFactory {
  private final Loop control;
  private final StatsStore stats;
  private final Workers workers;
  private final AccessLogs accessLogs;
  private final ManagerStats managerStats;
  private final RuntimeReader runtime;
  private final Listeners listeners;
  private final Overload overload;
  private final ChainReader chainReader;
  private final ExtensionConfigs discovery;
  private final Sockets sockets;

  VersionFactory(
      Loop control,
      StatsStore stats,
      Workers workers,
      AccessLogs accessLogs,
      ManagerStats managerStats,
      RuntimeReader runtime,
      Overload overload,
      Listeners listeners,
      ChainReader chainReader,
      ExtensionConfigs discovery,
      Sockets sockets) {
    this.control = control;
    this.stats = stats;
    this.workers = workers;
    this.accessLogs = accessLogs;
    this.managerStats = managerStats;
    this.runtime = runtime;
    this.overload = overload;
    this.listeners = listeners;
    this.chainReader = chainReader;
    this.discovery = discovery;
    this.sockets = sockets;
  }

  /**
   * The next version of {@code entry}; nothing has changed there yet.
   *
   * @param info the version as its source calls it; empty for the bootstrap
   * @throws ConfigException when it cannot be made; nothing is left of it then
   */
  ListenerVersion create(ListenerConfig config, ListenerEntry entry, String info)
      throws ConfigException {
    Scope scope = stats.root().tagged("listener", "envoy.listener_address", config.statName());
    InitManager init = new InitManager("listener '" + config.name() + "'");
    Overload concerned = config.proto().getBypassOverloadManager() ? overload.bypassed() : overload;
    ListenerContext context =
        new ListenerContext(
            config.name(), scope, init, !entry.fromBootstrap, concerned, config.quic() != null);
    ListenerVersion active = entry.active;
    FilterChains predecessor =
        active != null && config.differsOnlyInChains(active.config()) ? active.chains() : null;
    ListenerFilters listenerFilters =
        ListenerFilters.read(
            config.proto(),
            "listener '" + config.name() + "'",
            stats.root(),
            workers,
            context,
            discovery);
    try {
      return create(config, entry, info, scope, context, predecessor, listenerFilters);
    } catch (ConfigException | RuntimeException e) {
      listenerFilters.close();
      throw e;
    }
  }

  private ListenerVersion create(
      ListenerConfig config,
      ListenerEntry entry,
      String info,
      Scope scope,
      ListenerContext context,
      @Nullable FilterChains predecessor,
      ListenerFilters listenerFilters)
      throws ConfigException {
    List<AccessLog> logs = accessLogs.read(config.proto().getAccessLogList());
    FilterChains chains = chainReader.read(config, context, predecessor);
    List<ListenSocket> claimed;
    try {
      claimed = sockets.claim(config, entry.sockets());
    } catch (ConfigException e) {
      managerStats.createFailure.inc();
      (predecessor == null ? chains.all() : chains.notIn(predecessor))
          .forEach(ConnectionChain::close);
      throw e;
    }
    return new ListenerVersion(
        config,
        listenerFilters,
        chains,
        claimed,
        logs,
        new ListenerStats(scope, workers, config.quic() != null),
        entry.limits(runtime, overload),
        listeners,
        context.init(),
        info,
        timestamp(control.wallTime()));
  }

  static Timestamp timestamp(Instant at) {
    return Timestamp.newBuilder().setSeconds(at.getEpochSecond()).setNanos(at.getNano()).build();
  }
}
