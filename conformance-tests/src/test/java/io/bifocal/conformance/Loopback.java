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
    try {
      return new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port);
    } catch (UnknownHostException e) {
      throw new UncheckedIOException(e);
    }
  }
}
