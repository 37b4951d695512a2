package io.bifocal.conformance.demo;

import com.google.common.net.InetAddresses;
import io.envoyproxy.envoy.config.core.v3.Address;
import java.net.InetSocketAddress;

/** A socket's address as people and as Envoy's API write it. */
record EndpointAddress(String ip, int port) {
  static EndpointAddress of(InetSocketAddress socket) {
    return new EndpointAddress(InetAddresses.toAddrString(socket.getAddress()), socket.getPort());
  }

  Address proto() {
    Address.Builder address = Address.newBuilder();
    address.getSocketAddressBuilder().setAddress(ip).setPortValue(port);
    return address.build();
  }

  String text() {
    return ip.contains(":") ? "[%s]:%d".formatted(ip, port) : "%s:%d".formatted(ip, port);
  }
}
