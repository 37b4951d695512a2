package io.bifocal.dataplane.listener.filter;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Extensions;
import io.bifocal.api.JavaDuration;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.extension.ExtensionConfigs;
import io.bifocal.dataplane.extension.ListenerContext;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.dataplane.worker.Workers;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.listener.v3.ListenerFilter;
import io.envoyproxy.envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The listener filters of one version of a listener, of all workers.
 *
 * @param onWorkers of each worker: the filters in their order
 * @param timeout how long all of them may take for a connection; zero for ever
 * @param goOn whether a connection goes on when that is over
 * @param made what they were made of
 */
public record ListenerFilters(
    List<List<Entry>> onWorkers, Duration timeout, boolean goOn, List<ListenerFilterFactory> made) {
  private static final Logger log = LoggerFactory.getLogger(ListenerFilters.class);
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(15);
  private static final String TYPES = "type.googleapis.com/envoy.extensions.filters.listener.";
  private static final String TLS_INSPECTOR = TYPES + "tls_inspector.v3.TlsInspector";
  private static final String HTTP_INSPECTOR = TYPES + "http_inspector.v3.HttpInspector";
  private static final String PROXY_PROTOCOL = TYPES + "proxy_protocol.v3.ProxyProtocol";
  private static final String ORIGINAL_DST = TYPES + "original_dst.v3.OriginalDst";

  private static final SupportedFields FIELDS =
      SupportedFields.of(ListenerFilter.getDescriptor())
          .supports("name", "typed_config", "config_discovery", "filter_disabled");

  /** One filter of one worker. */
  record Entry(
      Supplier<io.bifocal.dataplane.listener.filter.ListenerFilter> filter, Predicate disabled) {}

  private record Configured(ListenerFilterFactory factory, Predicate disabled) {}

  /**
   * Reads them.
   *
   * @param root where they count
   * @param context of the listener
   * @param discovery where configurations are subscribed to
   * @throws ConfigException when there is none of a type, in Envoy's words, or one refuses its
   *     configuration; nothing is left subscribed then
   */
  public static ListenerFilters read(
      Listener proto,
      String path,
      Scope root,
      Workers workers,
      ListenerContext context,
      ExtensionConfigs discovery)
      throws ConfigException {
    List<Configured> configured = new ArrayList<>();
    try {
      for (ListenerFilter filter : proto.getListenerFiltersList()) {
        configured.add(configured(filter, path, root, workers, context, discovery));
      }
      configured.addAll(implied(proto, path));
    } catch (ConfigException e) {
      configured.forEach(each -> each.factory().close());
      throw e;
    }
    List<List<Entry>> onWorkers = new ArrayList<>();
    for (Worker worker : workers) {
      onWorkers.add(
          configured.stream()
              .map(c -> new Entry(c.factory().on(root, worker.shard()), c.disabled()))
              .toList());
    }
    return new ListenerFilters(
        List.copyOf(onWorkers),
        proto.hasListenerFiltersTimeout()
            ? JavaDuration.of(proto.getListenerFiltersTimeout())
            : DEFAULT_TIMEOUT,
        proto.getContinueOnListenerFiltersTimeout(),
        configured.stream().map(Configured::factory).toList());
  }

  private static Configured configured(
      ListenerFilter filter,
      String path,
      Scope root,
      Workers workers,
      ListenerContext context,
      ExtensionConfigs discovery)
      throws ConfigException {
    String at = path + ": listener_filters '" + filter.getName() + "'";
    FIELDS.check(filter, at);
    return new Configured(
        filter.hasConfigDiscovery()
            ? new DiscoveredListenerFilter(filter, at, root, workers.size(), context, discovery)
            : factory(filter.getName(), filter.getTypedConfig(), at),
        filter.hasFilterDisabled() ? Predicate.of(filter.getFilterDisabled()) : Predicate.NEVER);
  }

  /** Those that other fields of the listener ask for, behind all others. */
  private static List<Configured> implied(Listener proto, String path) throws ConfigException {
    List<Configured> all = new ArrayList<>();
    if (proto.getUseOriginalDst().getValue() && !has(proto, ORIGINAL_DST)) {
      all.add(
          new Configured(OriginalDestination.asking(path + ": use_original_dst"), Predicate.NEVER));
    }
    if (wantsTlsInspector(proto) && !has(proto, TLS_INSPECTOR)) {
      log.warn(
          "{}: filter chain match rules require TLS Inspector listener filter, but it isn't"
              + " configured; it was added",
          path);
      all.add(new Configured(TlsInspector.inspecting(), Predicate.NEVER));
    }
    if (wantsProxyProtocol(proto, path)) {
      Any config = Any.pack(ProxyProtocol.getDefaultInstance());
      all.add(new Configured(ProxyProtocolFilter.factory(config, path), Predicate.NEVER));
    }
    return all;
  }

  // The first chain's word is the listener's.
  @SuppressWarnings("deprecation") // control planes still send it
  private static boolean wantsProxyProtocol(Listener proto, String path) {
    for (int i = 1; i < proto.getFilterChainsCount(); i++) {
      if (proto.getFilterChains(i).getUseProxyProto().getValue()) {
        log.warn("{}: filter_chains[{}].use_proxy_proto: only the first chain's counts", path, i);
      }
    }
    boolean only = proto.getFilterChainsCount() == 0;
    FilterChain otherwise = proto.getDefaultFilterChain();
    if (!only && otherwise.getUseProxyProto().getValue()) {
      log.warn("{}: default_filter_chain.use_proxy_proto: only the first chain's counts", path);
    }
    boolean wants = (only ? otherwise : proto.getFilterChains(0)).getUseProxyProto().getValue();
    if (wants) {
      log.warn(
          "{}: using deprecated field 'use_proxy_proto' is dangerous as it does not respect listener"
              + " filter order. Do not use this field and instead configure the proxy proto listener"
              + " filter directly.",
          path);
    }
    return wants;
  }

  /** Whether there are filters that are configured by this type. */
  static boolean knows(String typeUrl) {
    return typeUrl.equals(TLS_INSPECTOR)
        || typeUrl.equals(HTTP_INSPECTOR)
        || typeUrl.equals(PROXY_PROTOCOL)
        || typeUrl.equals(ORIGINAL_DST);
  }

  /** One that is configured by a message. */
  static ListenerFilterFactory factory(String name, Any config, String path)
      throws ConfigException {
    return switch (config.getTypeUrl()) {
      case TLS_INSPECTOR -> TlsInspector.factory(config, path);
      case HTTP_INSPECTOR -> HttpInspector.factory(config);
      case PROXY_PROTOCOL -> ProxyProtocolFilter.factory(config, path);
      case ORIGINAL_DST -> OriginalDestination.factory(config, path);
      default -> throw Extensions.unregistered(name, config);
    };
  }

  private static boolean has(Listener proto, String type) {
    return proto.getListenerFiltersList().stream()
        .anyMatch(f -> f.getTypedConfig().getTypeUrl().equals(type));
  }

  private static boolean wantsTlsInspector(Listener proto) {
    return !proto.hasUdpListenerConfig()
        && proto.getFilterChainsList().stream()
            .map(FilterChain::getFilterChainMatch)
            .anyMatch(ListenerFilters::wantsTlsInspector);
  }

  private static boolean wantsTlsInspector(FilterChainMatch match) {
    return match.getTransportProtocol().equals("tls")
        || (match.getTransportProtocol().isEmpty()
            && (match.getServerNamesCount() > 0 || match.getApplicationProtocolsCount() > 0));
  }

  /** Whether there is nothing to do for any connection. */
  public boolean isEmpty() {
    return onWorkers.get(0).isEmpty();
  }

  /** No connection begins with them any more; on the control loop. */
  public void close() {
    made.forEach(ListenerFilterFactory::close);
  }

  List<Entry> on(Worker worker) {
    return onWorkers.get(worker.shard() - 1);
  }
}
