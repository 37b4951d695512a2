package io.bifocal.dataplane.connect;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.UnresolvedAddressException;
import java.util.Optional;

/** From which address this machine would connect. */
public final class SourceAddress {
  private static final int ANY_PORT = 9; // discard: nothing is sent

  private SourceAddress() {}

  /**
   * Asks the system by connecting a datagram socket, which sends nothing and does not wait. Empty
   * when there is no way to {@code destination}.
   */
  public static Optional<InetAddress> towards(InetAddress destination) {
    StandardProtocolFamily family =
        destination instanceof Inet6Address
            ? StandardProtocolFamily.INET6
            : StandardProtocolFamily.INET;
    try (DatagramChannel socket = DatagramChannel.open(family)) {
      socket.connect(new InetSocketAddress(destination, ANY_PORT));
      return Optional.of(((InetSocketAddress) socket.getLocalAddress()).getAddress());
    } catch (IOException | UnsupportedOperationException | UnresolvedAddressException none) {
      return Optional.empty();
    }
  }
}
