package io.bifocal.dataplane.cli.probe;

import io.bifocal.dataplane.host.Family;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;

/** What addresses this machine has. */
final class OwnAddresses {
  private OwnAddresses() {}

  /** Whether there is one of a family that another machine could answer to. */
  static boolean reachOut(Family family) {
    try {
      return NetworkInterface.networkInterfaces()
          .flatMap(NetworkInterface::inetAddresses)
          .anyMatch(a -> of(a) == family && !a.isLoopbackAddress() && !a.isLinkLocalAddress());
    } catch (SocketException e) {
      return true; // unknown: then nothing is said of it
    }
  }

  private static Family of(InetAddress address) {
    return address instanceof Inet6Address ? Family.V6 : Family.V4;
  }
}
