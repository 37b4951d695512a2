package io.bifocal.dataplane;

import io.bifocal.api.ConfigException;
import io.bifocal.api.IpLiterals;
import io.envoyproxy.envoy.config.bootstrap.v3.Admin;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.netty.channel.unix.DomainSocketAddress;
import java.net.InetSocketAddress;

/** Where the bootstrap wants the admin interface. */
final class AdminAddress {
  private AdminAddress() {}

  static java.net.SocketAddress of(Admin admin) throws ConfigException {
    return switch (admin.getAddress().getAddressCase()) {
      case SOCKET_ADDRESS -> {
        SocketAddress socket = admin.getAddress().getSocketAddress();
        yield new InetSocketAddress(IpLiterals.parse(socket.getAddress()), socket.getPortValue());
      }
      case PIPE -> new DomainSocketAddress(admin.getAddress().getPipe().getPath());
      default -> throw new ConfigException("admin.address must be a socket address or a pipe");
    };
  }
}
