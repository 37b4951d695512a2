package io.bifocal.dataplane.cluster;

import io.bifocal.api.ConfigException;
import io.bifocal.api.IpLiterals;
import io.bifocal.dataplane.host.Address;
import io.envoyproxy.envoy.config.core.v3.Pipe;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.core.v3.SocketAddress.PortSpecifierCase;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;

/** Addresses of configurations: written out, read and refused in Envoy's words. */
enum AddressReader {
  /** Of endpoints: a name would need a resolver, so who has one is named. */
  ENDPOINT(
      ". Consider setting resolver_name or setting cluster type to 'STRICT_DNS' or 'LOGICAL_DNS'"),
  /** Of anything else. */
  LITERAL("");

  private static final String IP_RESOLVER = "envoy.ip";
  private static final int MAX_PIPE_PATH = 107; // what sockaddr_un holds, less a zero behind it

  private final String advice;

  AddressReader(String advice) {
    this.advice = advice;
  }

  Address read(io.envoyproxy.envoy.config.core.v3.Address proto) throws ConfigException {
    return switch (proto.getAddressCase()) {
      case SOCKET_ADDRESS -> {
        if (!proto.getSocketAddress().getNetworkNamespaceFilepath().isEmpty()) {
          throw new ConfigException(
              "Invalid host configuration: hosts cannot specify network namespaces with their"
                  + " address");
        }
        yield ip(proto.getSocketAddress());
      }
      case PIPE -> pipe(proto.getPipe());
      case ENVOY_INTERNAL_ADDRESS ->
          throw new ConfigException(
              "internal listeners are not served: "
                  + proto.getEnvoyInternalAddress().getServerListenerName());
      case ADDRESS_NOT_SET -> throw new ConfigException("Address must be set");
    };
  }

  /** An IP address with its port, which may be 0. */
  Address.Ip ip(SocketAddress proto) throws ConfigException {
    String resolver = proto.getResolverName();
    if (!resolver.isEmpty() && !resolver.equals(IP_RESOLVER)) {
      throw refused("Unknown address resolver: " + resolver);
    }
    if (proto.getPortSpecifierCase() == PortSpecifierCase.NAMED_PORT) {
      throw refused(
          "IP resolver can't handle port specifier type " + SocketAddress.NAMED_PORT_FIELD_NUMBER);
    }
    InetAddress address =
        IpLiterals.find(proto.getAddress())
            .orElseThrow(() -> refused("malformed IP address: " + proto.getAddress()));
    return new Address.Ip(address, proto.getPortValue());
  }

  private Address pipe(Pipe proto) throws ConfigException {
    String path = proto.getPath();
    if (path.getBytes(StandardCharsets.UTF_8).length > MAX_PIPE_PATH) {
      throw refused("Path \"" + path + "\" exceeds maximum UNIX domain socket path size of 108.");
    }
    return new Address.Pipe(path);
  }

  private ConfigException refused(String reason) {
    return new ConfigException(reason + advice);
  }
}
