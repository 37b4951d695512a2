package io.bifocal.dataplane.listener.filter;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.extension.Discovered;
import io.bifocal.dataplane.extension.ExtensionConfigs;
import io.bifocal.dataplane.extension.ListenerContext;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A listener filter whose configuration is discovered. A connection has what there was when its
 * turn came; while there is nothing, it is closed.
 */
final class DiscoveredListenerFilter
    implements ListenerFilterFactory, Discovered.Reader<List<Supplier<ListenerFilter>>> {
  private final String name;
  private final String path;
  private final Scope root;
  private final int workers;
  private final Counter missing;
  private final Discovered<List<Supplier<ListenerFilter>>> discovered;
  // For connections that are still looked at when the listener has gone.
  private volatile @Nullable List<Supplier<ListenerFilter>> last;

  /**
   * Subscribes.
   *
   * @throws ConfigException in Envoy's words
   */
  DiscoveredListenerFilter(
      io.envoyproxy.envoy.config.listener.v3.ListenerFilter config,
      String path,
      Scope root,
      int workers,
      ListenerContext context,
      ExtensionConfigs discovery)
      throws ConfigException {
    this.name = config.getName();
    this.path = path;
    this.root = root;
    this.workers = workers;
    this.missing = context.listenerScope().counter("extension_config_missing");
    this.discovered =
        discovery.discover(
            ExtensionConfigs.LISTENER_FILTER,
            name,
            config.getConfigDiscovery(),
            this,
            context.init());
  }

  @Override
  public boolean knows(String typeUrl) {
    return ListenerFilters.knows(typeUrl);
  }

  @Override
  public List<Supplier<ListenerFilter>> read(Any config) throws ConfigException {
    ListenerFilterFactory factory = ListenerFilters.factory(name, config, path);
    List<Supplier<ListenerFilter>> onWorkers = new ArrayList<>();
    for (int shard = StatsStore.CONTROL + 1; shard <= workers; shard++) {
      onWorkers.add(factory.on(root, shard));
    }
    return onWorkers;
  }

  @Override
  public Supplier<ListenerFilter> on(Scope scope, int shard) {
    return () -> {
      List<Supplier<ListenerFilter>> known = discovered.current();
      List<Supplier<ListenerFilter>> now = known == null ? last : known;
      return now == null ? missing(shard) : now.get(shard - 1).get();
    };
  }

  private ListenerFilter missing(int shard) {
    missing.at(shard).inc();
    return connection -> ListenerFilter.Verdict.CLOSE;
  }

  @Override
  public void close() {
    last = discovered.current();
    discovered.close();
  }
}
