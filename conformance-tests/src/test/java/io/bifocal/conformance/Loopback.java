package io.bifocal.conformance;

import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** Where every suite lives. */
public final class Loopback {
  private Loopback() {}

  /** 127.0.0.1 with a port; 0 is an ephemeral one. */
  public static InetSocketAddress v4(int port) {
    return address(new byte[] {127, 0, 0, 1}, port);
  }

  /** The address ::1 with a port; 0 is an ephemeral one. */
  public static InetSocketAddress v6(int port) {
    byte[] one = new byte[16];
    one[15] = 1;
    return address(one, port);
  }

  private static InetSocketAddress address(byte[] bytes, int port) {
    try {
      return new InetSocketAddress(InetAddress.getByAddress(bytes), port);
    } catch (UnknownHostException e) {
      throw new UncheckedIOException(e);
    }
  }
}
