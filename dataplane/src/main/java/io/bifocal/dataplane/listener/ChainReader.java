package io.bifocal.dataplane.listener;

import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.dataplane.extension.ExtensionConfigs;
import io.bifocal.dataplane.extension.ListenerContext;
import io.bifocal.dataplane.extension.NetworkFilter;
import io.bifocal.dataplane.extension.NetworkFilterFactory;
import io.bifocal.dataplane.extension.PassingFilter;
import io.bifocal.dataplane.extension.Registry;
import io.bifocal.dataplane.listener.match.ChainMatches;
import io.bifocal.dataplane.transport.DownstreamSocketFactory;
import io.bifocal.dataplane.transport.TransportSockets;
import io.bifocal.dataplane.transport.tls.DownstreamQuic;
import io.bifocal.dataplane.worker.Workers;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes filter chains from their configuration, or takes over those that did not change. */
final class ChainReader {
  private static final Logger log = LoggerFactory.getLogger(ChainReader.class);
  private static final String MANAGER =
      "/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

  private final Registry<NetworkFilterFactory> filters;
  private final TransportSockets transports;
  private final Workers workers;
  private final ExtensionConfigs discovery;
  private final Loop control;

  ChainReader(
      Registry<NetworkFilterFactory> filters,
      TransportSockets transports,
      Workers workers,
      ExtensionConfigs discovery,
      Loop control) {
    this.filters = filters;
    this.transports = transports;
    this.workers = workers;
    this.discovery = discovery;
    this.control = control;
  }

  /**
   * Makes the chains of one version.
   *
   * @param predecessor whose equal chains go on, or null
   * @throws ConfigException when one cannot be made; nothing is left of the others then
   */
  FilterChains read(
      ListenerConfig config, ListenerContext context, @Nullable FilterChains predecessor)
      throws ConfigException {
    List<ConnectionChain> made = new ArrayList<>();
    try {
      return read(config, context, predecessor, made);
    } catch (ConfigException | RuntimeException e) {
      made.forEach(ConnectionChain::close);
      throw e;
    }
  }

  private FilterChains read(
      ListenerConfig config,
      ListenerContext context,
      @Nullable FilterChains predecessor,
      List<ConnectionChain> made)
      throws ConfigException {
    List<ConnectionChain> chains = new ArrayList<>();
    boolean byTree = config.proto().hasFilterChainMatcher();
    ChainMatches<ConnectionChain> matches =
        byTree
            ? ChainMatches.byName(config.addressTexts())
            : ChainMatches.byMatch(config.addressTexts());
    for (int i = 0; i < config.proto().getFilterChainsCount(); i++) {
      FilterChain proto = config.proto().getFilterChains(i);
      String path = "listener '" + config.name() + "': filter_chains[" + i + "]";
      matches.check(proto, path);
      ConnectionChain chain = chain(proto, path, context, predecessor, made);
      matches.add(proto, chain);
      chains.add(chain);
    }
    ConnectionChain fallback =
        config.proto().hasDefaultFilterChain()
            ? chain(
                config.proto().getDefaultFilterChain(),
                "listener '" + config.name() + "': default_filter_chain",
                context,
                predecessor,
                made)
            : null;
    return new FilterChains(
        List.copyOf(chains),
        matches.choice(config.proto().getFilterChainMatcher()),
        fallback,
        byTree
            || config.proto().getFilterChainsList().stream()
                .anyMatch(chain -> chain.getFilterChainMatch().getServerNamesCount() > 0));
  }

  private ConnectionChain chain(
      FilterChain proto,
      String path,
      ListenerContext context,
      @Nullable FilterChains predecessor,
      List<ConnectionChain> made)
      throws ConfigException {
    ConnectionChain same = predecessor == null ? null : predecessor.like(proto);
    if (same != null) {
      return same;
    }
    ListenerFields.FILTER_CHAIN.check(proto, path).forEach(log::warn);
    if (context.quic()) {
      checkQuic(proto, path);
    }
    NetworkFilter filter = filter(proto, path, context);
    ChainTransport transport;
    try {
      transport = transport(proto, path, context, filter);
    } catch (ConfigException | RuntimeException e) {
      if (filter != null) {
        filter.close();
      }
      throw e;
    }
    ConnectionChain chain =
        new ConnectionChain(proto, transport, filter, new LiveConnections(workers));
    made.add(chain);
    return chain;
  }

  private static void checkQuic(FilterChain proto, String path) throws ConfigException {
    if (proto.getFiltersCount() != 1
        || !proto.getFilters(0).getTypedConfig().getTypeUrl().endsWith(MANAGER)) {
      throw new ConfigException(
          path + ".filters: with QUIC there must be one http_connection_manager, and no other");
    }
  }

  private ChainTransport transport(
      FilterChain proto, String path, ListenerContext context, @Nullable NetworkFilter filter)
      throws ConfigException {
    List<String> warnings = new ArrayList<>();
    DownstreamSocketFactory factory =
        transports.downstream(
            proto.getTransportSocket(),
            path + ".transport_socket",
            alpn -> filter == null || filter.speaks(alpn),
            warnings);
    warnings.forEach(log::warn);
    if (context.quic() != factory instanceof DownstreamQuic) {
      factory.close();
      throw new ConfigException(
          path
              + (context.quic()
                  ? ".transport_socket: a listener of QUIC needs a QuicDownstreamTransport"
                  : ".transport_socket: QUIC needs udp_listener_config"));
    }
    try {
      factory.start(context.listenerScope(), context.init());
    } catch (IllegalArgumentException e) {
      factory.close();
      throw new ConfigException(String.valueOf(e.getMessage()), e);
    }
    return ChainTransport.of(
        factory,
        context.listenerScope(),
        workers,
        proto.hasTransportSocketConnectTimeout()
            ? JavaDuration.of(proto.getTransportSocketConnectTimeout())
            : ChainTransport.DEFAULT_TIMEOUT,
        proto.hasTransportSocketConnectTimeout() ? context.overload().timeouts() : null);
  }

  private @Nullable NetworkFilter filter(FilterChain proto, String path, ListenerContext context)
      throws ConfigException {
    if (proto.getFiltersCount() == 0) {
      return null;
    }
    for (int i = 0; i < proto.getFiltersCount(); i++) {
      Filter filter = proto.getFilters(i);
      ListenerFields.FILTER.check(filter, path + ".filters[" + i + "]");
      if (!filter.hasConfigDiscovery()) {
        filters.find(filter.getName(), filter.getTypedConfig());
      }
    }
    List<NetworkFilter> made = new ArrayList<>();
    try {
      for (int i = 0; i < proto.getFiltersCount(); i++) {
        made.add(filter(proto.getFilters(i), context));
        checkPlace(made.get(i), proto.getFilters(i), i + 1 == proto.getFiltersCount());
      }
    } catch (ConfigException | RuntimeException e) {
      made.forEach(NetworkFilter::close);
      throw e;
    }
    NetworkFilter last = made.remove(made.size() - 1);
    return made.isEmpty()
        ? last
        : new FilterSequence(made.stream().map(PassingFilter.class::cast).toList(), last);
  }

  private NetworkFilter filter(Filter config, ListenerContext context) throws ConfigException {
    return config.hasConfigDiscovery()
        ? new DiscoveredFilter(config, filters, context, discovery, control)
        : filters
            .find(config.getName(), config.getTypedConfig())
            .create(config.getTypedConfig(), context);
  }

  private static void checkPlace(NetworkFilter filter, Filter config, boolean last)
      throws ConfigException {
    boolean passing = filter instanceof PassingFilter;
    if (passing && last) {
      throw new ConfigException(
          "Error: non-terminal filter named %s of type %s is the last filter in a network filter chain."
              .formatted(config.getName(), typeName(config)));
    }
    if (!passing && !last) {
      throw new ConfigException(
          "Error: terminal filter named %s of type %s must be the last filter in a network filter chain."
              .formatted(config.getName(), typeName(config)));
    }
  }

  /** Envoy tells the extension's name, which most configurations use as the filter's too. */
  private static String typeName(Filter config) {
    return config.getName();
  }
}
