package io.bifocal.dataplane.listener;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.extension.Discovered;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.extension.ExtensionConfigs;
import io.bifocal.dataplane.extension.ListenerContext;
import io.bifocal.dataplane.extension.NetworkFilter;
import io.bifocal.dataplane.extension.NetworkFilterFactory;
import io.bifocal.dataplane.extension.PassingFilter;
import io.bifocal.dataplane.extension.Registry;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.netty.channel.Channel;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A terminal filter whose configuration is discovered. What connections began with they keep; while
 * there is none, a connection is closed.
 */
final class DiscoveredFilter
    implements NetworkFilter, Discovered.Reader<DiscoveredFilter.Generation> {
  private static final String KIND = "network_filter";

  private final String name;
  private final Registry<NetworkFilterFactory> filters;
  private final ListenerContext context;
  private final Loop control;
  private final Counter missing;
  private final Set<Generation> generations = new LinkedHashSet<>();
  private final Discovered<Generation> discovered;
  private volatile boolean draining;

  /**
   * Subscribes.
   *
   * @throws ConfigException in Envoy's words
   */
  DiscoveredFilter(
      Filter config,
      Registry<NetworkFilterFactory> filters,
      ListenerContext context,
      ExtensionConfigs discovery,
      Loop control)
      throws ConfigException {
    this.name = config.getName();
    this.filters = filters;
    this.context = context;
    this.control = control;
    this.missing = context.listenerScope().counter("network_extension_config_missing");
    this.discovered =
        discovery.discover(KIND, name, config.getConfigDiscovery(), this, context.init());
  }

  @Override
  public boolean knows(String typeUrl) {
    return filters.typeUrls().contains(typeUrl);
  }

  @Override
  public Generation read(Any config) throws ConfigException {
    NetworkFilter filter = filters.find(name, config).create(config, context);
    if (filter instanceof PassingFilter) {
      filter.close();
      throw new ConfigException(
          "Error: non-terminal filter named %s of type %s is the last filter in a network filter chain."
              .formatted(name, name));
    }
    Generation made = new Generation(filter);
    generations.add(made);
    return made;
  }

  @Override
  public void release(Generation gone) {
    if (gone.retire()) {
      close(gone);
    }
  }

  private void close(Generation gone) {
    if (generations.remove(gone)) {
      gone.filter.close();
    }
  }

  @Override
  public void onConnection(Channel downstream, Worker worker, DownstreamConnection connection) {
    Generation current = discovered.current();
    while (current != null && !current.enter()) {
      current = discovered.current(); // replaced meanwhile
    }
    if (current == null) {
      missing.at(worker.shard()).inc();
      var unused = downstream.close();
      return;
    }
    Generation entered = current;
    downstream
        .closeFuture()
        .addListener(
            f -> {
              if (entered.leave()) {
                control.execute(() -> close(entered));
              }
            });
    if (draining) {
      entered.filter.drain();
    }
    entered.filter.onConnection(downstream, worker, connection);
  }

  @Override
  public void drain() {
    draining = true;
    Generation current = discovered.current();
    if (current != null) {
      current.filter.drain();
    }
    control.execute(() -> generations.forEach(each -> each.filter.drain()));
  }

  @Override
  public void close() {
    discovered.close();
  }

  /** One configuration's filter, with the number of its connections. */
  static final class Generation {
    private static final int RETIRED = 1;
    private static final int CONNECTION = 2;

    private final NetworkFilter filter;
    private final AtomicInteger state = new AtomicInteger();

    Generation(NetworkFilter filter) {
      this.filter = filter;
    }

    /** Whether another connection may begin. */
    private boolean enter() {
      int before = state.getAndUpdate(s -> (s & RETIRED) == 0 ? s + CONNECTION : s);
      return (before & RETIRED) == 0;
    }

    /** A connection has ended; whether it was the last one that will ever be. */
    private boolean leave() {
      return state.addAndGet(-CONNECTION) == RETIRED;
    }

    /** No more connections; whether there is none. */
    private boolean retire() {
      return state.getAndUpdate(s -> s | RETIRED) == 0;
    }
  }
}
