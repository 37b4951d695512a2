package io.bifocal.dataplane.http.filter;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Extensions;
import io.bifocal.api.SupportedFields;
import io.bifocal.api.TypedStructs;
import io.bifocal.dataplane.extension.Discovered;
import io.bifocal.dataplane.extension.ExtensionConfigs;
import io.bifocal.dataplane.http.filter.FilterChain.Entry;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stats.Scope;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads filters, but for what passes nothing on at their end. Confined to the control loop. */
public final class FilterChainReader {
  private static final Logger log = LoggerFactory.getLogger(FilterChainReader.class);

  private static final SupportedFields FIELDS =
      SupportedFields.of(
              io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter
                  .getDescriptor())
          .supports("name", "typed_config", "config_discovery", "is_optional", "disabled");

  private final HttpFilters kinds;
  private final ExtensionConfigs discovery;
  private final RuntimeReader runtime;

  /**
   * @param kinds what there is besides the router
   * @param discovery where configurations are subscribed to
   */
  public FilterChainReader(HttpFilters kinds, ExtensionConfigs discovery, RuntimeReader runtime) {
    this.kinds = kinds;
    this.discovery = discovery;
    this.runtime = runtime;
  }

  /** The kinds of filters that there are. */
  public HttpFilters kinds() {
    return kinds;
  }

  /**
   * Reads those before the router.
   *
   * @param filters in order
   * @param hasRouter whether the router comes behind them
   * @param path of the connection manager
   * @param scope {@code http.<stat_prefix>.}
   * @param init waits for what is discovered
   * @throws ConfigException in Envoy's words where it has any; nothing is left subscribed then
   */
  public FilterChain read(
      List<io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter>
          filters,
      boolean hasRouter,
      String path,
      Scope scope,
      InitManager init)
      throws ConfigException {
    return read(Position.DOWNSTREAM, filters, hasRouter, path, scope, init);
  }

  /** The same anywhere; {@code whole} is whether that comes behind them which ends a chain. */
  FilterChain read(
      Position position,
      List<io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter>
          filters,
      boolean whole,
      String path,
      Scope scope,
      InitManager init)
      throws ConfigException {
    List<Entry> entries = new ArrayList<>();
    try {
      for (int i = 0; i < filters.size(); i++) {
        var filter = filters.get(i);
        String at = "%s.%s '%s'".formatted(path, position.field, filter.getName());
        FIELDS.check(filter, at);
        boolean last = !whole && i == filters.size() - 1;
        Reading reading =
            new Reading(
                position,
                filter.getName(),
                last,
                new HttpFilterContext(filter.getName(), at, scope, runtime));
        FilterChain.Source source = source(filter, reading, init);
        if (source != null) {
          entries.add(new Entry(filter.getName(), filter.getDisabled(), source));
        }
      }
      return new FilterChain(entries);
    } catch (ConfigException e) {
      entries.forEach(entry -> entry.source().close());
      throw e;
    }
  }

  private FilterChain.@Nullable Source source(
      io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter filter,
      Reading reading,
      InitManager init)
      throws ConfigException {
    if (filter.hasConfigDiscovery()) {
      return new DiscoveredSource(
          discovery.discover(
              reading.position.discovered,
              filter.getName(),
              filter.getConfigDiscovery(),
              reading,
              init));
    }
    Any config = TypedStructs.unwrap(filter.getTypedConfig());
    if (filter.getIsOptional() && !reading.knows(config.getTypeUrl())) {
      log.warn("{}: it is optional and left out", reading.context.path());
      return null;
    }
    HttpFilter.Maker maker = reading.read(config);
    return () -> maker;
  }

  /** One that is discovered; who asks after the end gets what was in force. */
  private static final class DiscoveredSource implements FilterChain.Source {
    private final Discovered<HttpFilter.Maker> discovered;
    private volatile HttpFilter.@Nullable Maker last;

    DiscoveredSource(Discovered<HttpFilter.Maker> discovered) {
      this.discovered = discovered;
    }

    @Override
    public HttpFilter.@Nullable Maker current() {
      HttpFilter.Maker now = discovered.current();
      return now == null ? last : now;
    }

    @Override
    public void close() {
      last = discovered.current();
      discovered.close();
    }
  }

  /** How one filter's configuration is read. */
  private final class Reading implements Discovered.Reader<HttpFilter.Maker> {
    private final Position position;
    private final String name;
    private final boolean last;
    private final HttpFilterContext context;

    Reading(Position position, String name, boolean last, HttpFilterContext context) {
      this.position = position;
      this.name = name;
      this.last = last;
      this.context = context;
    }

    @Override
    public boolean knows(String typeUrl) {
      return position.find(kinds, typeUrl) != null;
    }

    @Override
    public HttpFilter.Maker read(Any config) throws ConfigException {
      HttpFilterFactory factory = position.find(kinds, config.getTypeUrl());
      if (factory == null) {
        throw Extensions.unregistered(name, config);
      }
      if (last) {
        throw new ConfigException(position.leadsNowhere(name, factory.kind()));
      }
      return factory.create(config, context);
    }
  }
}
