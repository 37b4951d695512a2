package io.bifocal.dataplane.cluster;

import com.google.protobuf.UInt32Value;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.connect.Keepalive;
import io.bifocal.dataplane.connect.LocalAddresses;
import io.bifocal.dataplane.connect.SocketSettings;
import io.bifocal.dataplane.host.Address;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.BindConfig;
import io.envoyproxy.envoy.config.core.v3.ExtraSourceAddress;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.core.v3.TcpKeepalive;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** From a cluster's {@code upstream_bind_config} and {@code tcp_keepalive} to its sockets. */
final class SocketSettingsReader {
  // What Linux takes.
  private static final int MAX_PROBES = 127;
  private static final int MAX_SECONDS = 32767;

  private SocketSettingsReader() {}

  /**
   * A cluster's own {@code upstream_bind_config} stands in the place of the bootstrap's, even an
   * empty one.
   *
   * @param bootstrap {@code cluster_manager.upstream_bind_config}
   */
  static SocketSettings read(Cluster cluster, BindConfig bootstrap, String path)
      throws ConfigException {
    LocalAddresses local =
        cluster.hasUpstreamBindConfig()
            ? local(
                cluster.getUpstreamBindConfig(),
                path + ".upstream_bind_config",
                "Cluster " + cluster.getName())
            : local(bootstrap, "cluster_manager.upstream_bind_config", "Bootstrap");
    return new SocketSettings(
        local,
        cluster.getUpstreamConnectionOptions().hasTcpKeepalive()
            ? keepalive(
                cluster.getUpstreamConnectionOptions().getTcpKeepalive(),
                path + ".upstream_connection_options.tcp_keepalive")
            : Optional.empty());
  }

  // ---- addresses

  @SuppressWarnings("deprecation") // additional_source_addresses, which older control planes send
  private static LocalAddresses local(BindConfig bind, String path, String whose)
      throws ConfigException {
    var unused = ClusterFields.BIND.check(bind, path);
    if (bind.getFreebind().getValue()) {
      throw new ConfigException(path + ".freebind: foreign addresses are not bound to");
    }
    List<SocketAddress> extra = new ArrayList<>(bind.getAdditionalSourceAddressesList());
    for (ExtraSourceAddress more : bind.getExtraSourceAddressesList()) {
      unused = ClusterFields.EXTRA_SOURCE.check(more, path + ".extra_source_addresses");
      extra.add(more.getAddress());
    }
    checkNumber(bind, extra.size(), whose + "'s upstream binding config");
    if (!bind.hasSourceAddress()) {
      return LocalAddresses.NONE;
    }
    List<Address.Ip> addresses = new ArrayList<>();
    addresses.add(source(bind.getSourceAddress(), path));
    for (SocketAddress more : extra) {
      addresses.add(source(more, path));
    }
    if (addresses.stream().map(Address.Ip::family).distinct().count() < addresses.size()) {
      throw new ConfigException(
          whose
              + "'s upstream binding config has two same IP version source addresses. Only two"
              + " different IP version source addresses can be supported in BindConfig's"
              + " source_address and extra_source_addresses/additional_source_addresses fields");
    }
    return new LocalAddresses(addresses);
  }

  @SuppressWarnings("deprecation")
  private static void checkNumber(BindConfig bind, int extra, String config)
      throws ConfigException {
    if (bind.getExtraSourceAddressesCount() > 0 && bind.getAdditionalSourceAddressesCount() > 0) {
      throw new ConfigException(
          "Can't specify both `extra_source_addresses` and `additional_source_addresses` in the "
              + config);
    }
    if (!bind.hasSourceAddress() && extra > 0) {
      throw new ConfigException(
          config
              + " has extra/additional source addresses but no source_address. Extra/additional"
              + " addresses cannot be specified if source_address is not set.");
    }
    if (extra > 1) {
      throw new ConfigException(
          config
              + " has more than one extra/additional source addresses. Only one extra/additional"
              + " source can be supported in BindConfig's"
              + " extra_source_addresses/additional_source_addresses field");
    }
  }

  private static Address.Ip source(SocketAddress proto, String path) throws ConfigException {
    if (!proto.getNetworkNamespaceFilepath().isEmpty()) {
      throw new ConfigException(path + ": network namespaces are not entered");
    }
    return AddressReader.LITERAL.ip(proto);
  }

  // ---- keepalive

  /** A 0 anywhere switches it off, as in Envoy. */
  private static Optional<Keepalive> keepalive(TcpKeepalive proto, String path)
      throws ConfigException {
    Keepalive keepalive =
        new Keepalive(
            value(proto.getKeepaliveProbes(), MAX_PROBES, path + ".keepalive_probes"),
            value(proto.getKeepaliveTime(), MAX_SECONDS, path + ".keepalive_time"),
            value(proto.getKeepaliveInterval(), MAX_SECONDS, path + ".keepalive_interval"));
    boolean off =
        (proto.hasKeepaliveProbes() && keepalive.probes() == 0)
            || (proto.hasKeepaliveTime() && keepalive.idleSeconds() == 0)
            || (proto.hasKeepaliveInterval() && keepalive.intervalSeconds() == 0);
    return off ? Optional.empty() : Optional.of(keepalive);
  }

  private static int value(UInt32Value number, int most, String path) throws ConfigException {
    if (Integer.compareUnsigned(number.getValue(), most) > 0) {
      throw new ConfigException(path + ": the system takes at most " + most);
    }
    return number.getValue();
  }
}
