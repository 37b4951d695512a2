package io.bifocal.dataplane.listener;

import io.bifocal.api.ConfigException;
import io.bifocal.api.IpLiterals;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Family;
import io.envoyproxy.envoy.config.core.v3.Pipe;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;

/**
 * Where a listener listens.
 *
 * @param address port 0 for any that is free
 * @param dualStack {@code ipv4_compat}: {@code ::} takes IPv4 connections too
 * @param mode a pipe's permissions, 0 to leave them
 * @param options of its sockets; a pipe has none
 * @param udp for datagrams: they have ports of their own
 */
record BindAddress(
    Address address, boolean dualStack, int mode, ListenOptions options, boolean udp) {
  private static final SupportedFields SOCKET =
      SupportedFields.of(SocketAddress.getDescriptor())
          .supports("protocol", "address", "port_value", "ipv4_compat");
  private static final SupportedFields PIPE =
      SupportedFields.of(Pipe.getDescriptor()).supports("path", "mode");

  /**
   * Reads an address.
   *
   * @param udp whether datagrams are to come in there
   * @throws ConfigException when it is no literal, or of a kind that is not listened on
   */
  static BindAddress parse(
      io.envoyproxy.envoy.config.core.v3.Address proto,
      ListenOptions options,
      boolean udp,
      String path)
      throws ConfigException {
    return switch (proto.getAddressCase()) {
      case SOCKET_ADDRESS ->
          socket(proto.getSocketAddress(), options, udp, path + ".socket_address");
      case PIPE -> pipe(proto.getPipe(), path + ".pipe");
      case ENVOY_INTERNAL_ADDRESS ->
          throw new ConfigException(path + ": field 'envoy_internal_address' is not supported");
      case ADDRESS_NOT_SET -> throw new ConfigException(path + ": Address must be set");
    };
  }

  private static BindAddress socket(
      SocketAddress proto, ListenOptions options, boolean udp, String path) throws ConfigException {
    SOCKET.check(proto, path);
    if (udp != (proto.getProtocol() == SocketAddress.Protocol.UDP)) {
      throw new ConfigException(
          udp
              ? path + ": protocol must be UDP where udp_listener_config is set"
              : path + ": protocol UDP is only supported with udp_listener_config");
    }
    Address.Ip ip = new Address.Ip(IpLiterals.parse(proto.getAddress()), proto.getPortValue());
    return new BindAddress(ip, proto.getIpv4Compat() && ip.family() == Family.V6, 0, options, udp);
  }

  private static BindAddress pipe(Pipe proto, String path) throws ConfigException {
    PIPE.check(proto, path);
    if (proto.getPath().startsWith("@") || proto.getPath().startsWith("\0")) {
      throw new ConfigException(path + ": abstract sockets are not supported");
    }
    return new BindAddress(
        new Address.Pipe(proto.getPath()), false, proto.getMode(), ListenOptions.NONE, false);
  }

  /** Whether two listeners cannot both have it. */
  boolean exclusive() {
    return !(address instanceof Address.Ip ip) || ip.port() != 0;
  }

  String text() {
    return address.text();
  }
}
