package io.bifocal.dataplane.dns;

import com.google.common.net.InetAddresses;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A row of RFC 6724's default policy table (section 2.1). */
record Policy(InetAddress prefix, int length, int precedence, int label) {
  private static final List<Policy> TABLE =
      Stream.of(
              row("::1", 128, 50, 0),
              row("::", 0, 40, 1),
              row("2002::", 16, 30, 2),
              row("2001::", 32, 5, 5),
              row("fc00::", 7, 3, 13),
              row("::", 96, 1, 3),
              row("fec0::", 10, 1, 11),
              row("3ffe::", 16, 1, 12))
          .sorted(Comparator.comparing(Policy::length).reversed())
          .toList();

  /** IPv4 addresses are IPv4-mapped ones ({@code ::ffff:0:0/96}) to the table. */
  private static final Policy IPV4 = row("0.0.0.0", 0, 35, 4);

  private static Policy row(String prefix, int length, int precedence, int label) {
    return new Policy(InetAddresses.forString(prefix), length, precedence, label);
  }

  /** The row with the longest prefix that matches. */
  static Policy of(InetAddress ip) {
    return ip instanceof Inet6Address
        ? TABLE.stream().filter(row -> row.matches(ip)).findFirst().orElseThrow()
        : IPV4;
  }

  private boolean matches(InetAddress ip) {
    return commonPrefix(ip, prefix) >= length;
  }

  /** How many leading bits two addresses have in common; none if they are of different families. */
  static int commonPrefix(InetAddress one, InetAddress other) {
    byte[] a = one.getAddress();
    byte[] b = other.getAddress();
    if (a.length != b.length) {
      return 0;
    }
    int bits = 0;
    for (int i = 0; i < a.length && bits == i * Byte.SIZE; i++) {
      bits += Integer.numberOfLeadingZeros((a[i] ^ b[i]) & 0xff) - (Integer.SIZE - Byte.SIZE);
    }
    return bits;
  }
}
