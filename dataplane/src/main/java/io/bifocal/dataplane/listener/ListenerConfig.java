package io.bifocal.dataplane.listener;

import io.bifocal.api.ConfigException;
import io.bifocal.api.Extensions;
import io.bifocal.dataplane.host.Address;
import io.envoyproxy.envoy.config.core.v3.TrafficDirection;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.listener.v3.AdditionalAddress;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
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
 * @param quic how QUIC is spoken; null for connections over TCP
 */
record ListenerConfig(
    String name,
    Listener proto,
    List<BindAddress> addresses,
    boolean reusePort,
    int backlog,
    int bufferLimit,
    int acceptsPerEvent,
    @Nullable QuicOptions quic) {
  private static final Logger log = LoggerFactory.getLogger(ListenerConfig.class);
  private static final int DEFAULT_BUFFER_LIMIT = 1 << 20;
  private static final int DEFAULT_BACKLOG = 128;

  static ListenerConfig parse(Listener proto) throws ConfigException {
    String path = "listener '" + proto.getName() + "'";
    if (!proto.hasAddress()) {
      throw new ConfigException(
          "error adding listener named '" + proto.getName() + "': address is necessary");
    }
    ListenerFields.LISTENER.check(proto, path).forEach(log::warn);
    List<BindAddress> addresses = addresses(proto, path);
    if (proto.getFilterChainsCount() == 0 && !proto.hasDefaultFilterChain()) {
      throw new ConfigException(
          "error adding listener '" + addresses.get(0).text() + "': no filter chains specified");
    }
    if (proto.getConnectionBalanceConfig().hasExtendBalance()) {
      TypedExtensionConfig balance = proto.getConnectionBalanceConfig().getExtendBalance();
      throw Extensions.unregistered(balance.getName(), balance.getTypedConfig());
    }
    return new ListenerConfig(
        proto.getName().isEmpty() ? UUID.randomUUID().toString() : proto.getName(),
        proto,
        addresses,
        !proto.hasEnableReusePort() || proto.getEnableReusePort().getValue(),
        proto.hasTcpBacklogSize() ? proto.getTcpBacklogSize().getValue() : DEFAULT_BACKLOG,
        proto.hasPerConnectionBufferLimitBytes()
            ? proto.getPerConnectionBufferLimitBytes().getValue()
            : DEFAULT_BUFFER_LIMIT,
        proto.getMaxConnectionsToAcceptPerSocketEvent().getValue(),
        QuicOptions.of(proto, path));
  }

  private static List<BindAddress> addresses(Listener proto, String path) throws ConfigException {
    ListenOptions options = ListenOptions.of(proto, path);
    List<BindAddress> addresses = new ArrayList<>();
    addresses.add(
        BindAddress.parse(
            proto.getAddress(), options, proto.hasUdpListenerConfig(), path + ": address"));
    for (AdditionalAddress more : proto.getAdditionalAddressesList()) {
      String at = path + ": additional_addresses[" + (addresses.size() - 1) + "]";
      ListenOptions own =
          more.hasSocketOptions()
              ? options.with(
                  more.getSocketOptions().getSocketOptionsList(), proto.hasUdpListenerConfig(), at)
              : options;
      addresses.add(
          BindAddress.parse(more.getAddress(), own, proto.hasUdpListenerConfig(), at + ".address"));
    }
    Set<Address> seen = new HashSet<>();
    for (BindAddress address : addresses) {
      if (address.exclusive() && !seen.add(address.address())) {
        throw new ConfigException(path + ": address '" + address.text() + "' is there twice");
      }
    }
    return List.copyOf(addresses);
  }

  /** Whether each connection goes to the worker that has the fewest. */
  boolean balancesExactly() {
    return proto.getConnectionBalanceConfig().hasExactBalance();
  }

  /** Whether it has sockets; if not, other listeners hand over to it. */
  @SuppressWarnings("deprecation") // control planes still send the older field
  boolean binds() {
    return (!proto.hasBindToPort() || proto.getBindToPort().getValue())
        && (!proto.getDeprecatedV1().hasBindToPort()
            || proto.getDeprecatedV1().getBindToPort().getValue());
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
    return proto.toBuilder()
        .clearFilterChains()
        .clearDefaultFilterChain()
        .clearFilterChainMatcher()
        .build();
  }
}
