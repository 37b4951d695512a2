package io.bifocal.dataplane.listener.filter;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.dataplane.worker.Workers;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.listener.v3.ListenerFilter;
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
 */
public record ListenerFilters(List<List<Entry>> onWorkers, Duration timeout, boolean goOn) {
  private static final Logger log = LoggerFactory.getLogger(ListenerFilters.class);
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(15);
  private static final String TYPES = "type.googleapis.com/envoy.extensions.filters.listener.";
  private static final String TLS_INSPECTOR = TYPES + "tls_inspector.v3.TlsInspector";
  private static final String ORIGINAL_DST = TYPES + "original_dst.v3.OriginalDst";

  private static final SupportedFields FIELDS =
      SupportedFields.of(ListenerFilter.getDescriptor())
          .supports("name", "typed_config", "filter_disabled");

  /** One filter of one worker. */
  record Entry(
      Supplier<io.bifocal.dataplane.listener.filter.ListenerFilter> filter, Predicate disabled) {}

  private record Configured(ListenerFilterFactory factory, Predicate disabled) {}

  /**
   * Reads them.
   *
   * @param root where they count
   * @throws ConfigException when there is none of a type, in Envoy's words, or one refuses its
   *     configuration
   */
  public static ListenerFilters read(Listener proto, String path, Scope root, Workers workers)
      throws ConfigException {
    List<Configured> configured = configured(proto, path);
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
        proto.getContinueOnListenerFiltersTimeout());
  }

  private static List<Configured> configured(Listener proto, String path) throws ConfigException {
    List<Configured> all = new ArrayList<>();
    for (ListenerFilter filter : proto.getListenerFiltersList()) {
      String at = path + ": listener_filters '" + filter.getName() + "'";
      FIELDS.check(filter, at);
      all.add(
          new Configured(
              factory(filter.getName(), filter.getTypedConfig(), at),
              filter.hasFilterDisabled()
                  ? Predicate.of(filter.getFilterDisabled())
                  : Predicate.NEVER));
    }
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
    return all;
  }

  private static ListenerFilterFactory factory(String name, Any config, String path)
      throws ConfigException {
    String type = config.getTypeUrl();
    if (!type.startsWith(TYPES)) {
      throw unknown(name, config);
    }
    return switch (type.substring(TYPES.length())) {
      case "tls_inspector.v3.TlsInspector" -> TlsInspector.factory(config, path);
      case "http_inspector.v3.HttpInspector" -> HttpInspector.factory(config);
      case "proxy_protocol.v3.ProxyProtocol" -> ProxyProtocolFilter.factory(config, path);
      case "original_dst.v3.OriginalDst" -> OriginalDestination.factory(config, path);
      default -> throw unknown(name, config);
    };
  }

  private static ConfigException unknown(String name, Any config) {
    return new ConfigException(
        "Didn't find a registered implementation for '%s' with type URL: '%s'"
            .formatted(name, config.getTypeUrl().replaceFirst("^type.googleapis.com/", "")));
  }

  private static boolean has(Listener proto, String type) {
    return proto.getListenerFiltersList().stream()
        .anyMatch(f -> f.getTypedConfig().getTypeUrl().equals(type));
  }

  private static boolean wantsTlsInspector(Listener proto) {
    return proto.getFilterChainsList().stream()
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

  List<Entry> on(Worker worker) {
    return onWorkers.get(worker.shard() - 1);
  }
}
