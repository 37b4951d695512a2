package io.bifocal.conformance.demo;

import io.bifocal.conformance.Backend;
import io.bifocal.conformance.SilentAddress;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.List;

/** What the demonstration runs against: an address that is silent, and one that serves. */
record Stage(SilentAddress silent, Backend good) implements AutoCloseable {
  private static final String GREETING = "hello from the IPv4 address";

  /** IPv6 silent and IPv4 good; on a host without IPv6 it says so and takes IPv4 twice. */
  static Stage set(PrintStream out) {
    Backend good = Backend.start("127.0.0.1", GREETING);
    try {
      return new Stage(SilentAddress.open("::1"), good);
    } catch (UncheckedIOException noIpv6) {
      out.printf("no IPv6 here    racing two IPv4 loopback addresses (%s)%n", noIpv6.getMessage());
      return new Stage(SilentAddress.open("127.0.0.1"), good);
    }
  }

  List<InetSocketAddress> addresses() {
    return List.of(silent.address(), good.address());
  }

  @Override
  public void close() throws IOException {
    silent.close();
    good.close();
  }
}
