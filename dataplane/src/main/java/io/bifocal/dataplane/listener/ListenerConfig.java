package io.bifocal.dataplane.listener;

import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.config.core.v3.TrafficDirection;
import io.envoyproxy.envoy.config.listener.v3.AdditionalAddress;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.listener.v3.ListenerFilter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A listener's configuration, checked, but for its filters.
 *
 * @param name the configured one, or one made up
 * @param addresses the first is the one that names its statistics
 * @param bufferLimit bytes; default 1 MiB
 * @param backlog connections that wait to be accepted; default 128
 * @param acceptsPerEvent at most so many at once; 0 for the default
 */
record ListenerConfig(
    String name,
    Listener proto,
    List<BindAddress> addresses,
    boolean reusePort,
    int backlog,
    int bufferLimit,
    int acceptsPerEvent) {
  private static final Logger log = LoggerFactory.getLogger(ListenerConfig.class);
  private static final int DEFAULT_BUFFER_LIMIT = 1 << 20;
  private static final int DEFAULT_BACKLOG = 128;

  // These only find out what filter_chain_match could ask for, and what needs them is refused.
  private static final Set<String> NEEDLESS_LISTENER_FILTERS =
      Set.of(
          "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector",
          "type.googleapis.com/envoy.extensions.filters.listener.http_inspector.v3.HttpInspector");

  static ListenerConfig parse(Listener proto) throws ConfigException {
    String path = "listener '" + proto.getName() + "'";
    if (!proto.hasAddress()) {
      throw new ConfigException(
          "error adding listener named '" + proto.getName() + "': address is necessary");
    }
    ListenerFields.LISTENER.check(proto, path).forEach(log::warn);
    if (proto.hasBindToPort() && !proto.getBindToPort().getValue()) {
      throw new ConfigException(path + ": bind_to_port: false is not supported");
    }
    List<BindAddress> addresses = addresses(proto, path);
    if (proto.getFilterChainsCount() == 0 && !proto.hasDefaultFilterChain()) {
      throw new ConfigException(
          "error adding listener '" + addresses.get(0).text() + "': no filter chains specified");
    }
    checkListenerFilters(proto, path);
    return new ListenerConfig(
        proto.getName().isEmpty() ? UUID.randomUUID().toString() : proto.getName(),
        proto,
        addresses,
        !proto.hasEnableReusePort() || proto.getEnableReusePort().getValue(),
        proto.hasTcpBacklogSize() ? proto.getTcpBacklogSize().getValue() : DEFAULT_BACKLOG,
        proto.hasPerConnectionBufferLimitBytes()
            ? proto.getPerConnectionBufferLimitBytes().getValue()
            : DEFAULT_BUFFER_LIMIT,
        proto.getMaxConnectionsToAcceptPerSocketEvent().getValue());
  }

  private static List<BindAddress> addresses(Listener proto, String path) throws ConfigException {
    List<BindAddress> addresses = new ArrayList<>();
    addresses.add(BindAddress.parse(proto.getAddress(), path + ": address"));
    for (AdditionalAddress more : proto.getAdditionalAddressesList()) {
      String at = path + ": additional_addresses[" + (addresses.size() - 1) + "]";
      if (more.hasSocketOptions()) {
        throw new ConfigException(at + ": field 'socket_options' is not supported");
      }
      addresses.add(BindAddress.parse(more.getAddress(), at + ".address"));
    }
    Set<BindAddress> seen = new HashSet<>();
    for (BindAddress address : addresses) {
      if (address.exclusive() && !seen.add(address)) {
        throw new ConfigException(path + ": address '" + address.text() + "' is there twice");
      }
    }
    return List.copyOf(addresses);
  }

  private static void checkListenerFilters(Listener proto, String path) throws ConfigException {
    for (ListenerFilter filter : proto.getListenerFiltersList()) {
      if (filter.hasConfigDiscovery()) {
        throw new ConfigException(
            "%s: listener_filters '%s': field 'config_discovery' is not supported"
                .formatted(path, filter.getName()));
      }
      if (NEEDLESS_LISTENER_FILTERS.contains(filter.getTypedConfig().getTypeUrl())) {
        log.warn("{}: listener filter '{}' has nothing to do here", path, filter.getName());
      } else {
        throw new ConfigException(
            Unregistered.text(filter.getName(), filter.getTypedConfig().getTypeUrl()));
      }
    }
  }

  /** Whether an operator's drain of inbound listeners means this one. */
  boolean inbound() {
    return proto.getTrafficDirection() == TrafficDirection.INBOUND;
  }

  /** As Envoy lists them in an error. */
  String addressTexts() {
    return String.join(",", addresses.stream().map(BindAddress::text).toList());
  }

  /** The name of its statistics: {@code stat_prefix}, or the first address without colons. */
  String statName() {
    return proto.getStatPrefix().isEmpty()
        ? addresses.get(0).text().replace(':', '_')
        : proto.getStatPrefix();
  }

  /** Whether only filter chains differ: then chains that are equal go on undisturbed. */
  boolean differsOnlyInChains(ListenerConfig other) {
    return withoutChains(proto).equals(withoutChains(other.proto));
  }

  private static Listener withoutChains(Listener proto) {
    return proto.toBuilder().clearFilterChains().clearDefaultFilterChain().build();
  }
}
