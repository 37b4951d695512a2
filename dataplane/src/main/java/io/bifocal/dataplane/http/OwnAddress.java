package io.bifocal.dataplane.http;

import com.google.common.net.InetAddresses;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Collections;

/**
 * An address of this machine that means something to others: what a client on it is called, as
 * Envoy does. Found once.
 */
final class OwnAddress {
  private static final String ADDRESS = find();

  private OwnAddress() {}

  static String address() {
    return ADDRESS;
  }

  private static String find() {
    try {
      for (NetworkInterface link : Collections.list(NetworkInterface.getNetworkInterfaces())) {
        if (!link.isUp()) {
          continue;
        }
        for (InetAddress address : Collections.list(link.getInetAddresses())) {
          if (address instanceof Inet4Address && !address.isLoopbackAddress()) {
            return InetAddresses.toAddrString(address);
          }
        }
      }
    } catch (SocketException e) {
      return "127.0.0.1";
    }
    return "127.0.0.1";
  }
}
