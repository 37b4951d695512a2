package io.bifocal.api;

import com.google.common.net.InetAddresses;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * IP addresses written out. A resolver is never asked. An IPv6 address may have a scope, {@code
 * fe80::1%eth0} or {@code fe80::1%2} (RFC 4007 section 11); an interface named there must exist.
 */
public final class IpLiterals {
  private static final int NO_SUCH_LINK = -1;

  private IpLiterals() {}

  public static boolean isLiteral(String text) {
    return parseOrNull(text) != null;
  }

  /** The literal's address, as {@link #parse} has it; empty when it is none. */
  public static Optional<InetAddress> find(String text) {
    return Optional.ofNullable(parseOrNull(text));
  }

  /**
   * Parses a literal. An IPv4-mapped IPv6 address is an IPv4 address.
   *
   * @throws ConfigException in Envoy's words when it is none
   */
  public static InetAddress parse(String text) throws ConfigException {
    InetAddress address = parseOrNull(text);
    if (address == null) {
      throw new ConfigException("malformed IP address: " + text);
    }
    return address;
  }

  private static @Nullable InetAddress parseOrNull(String text) {
    InetAddress plain = dottedOrNull(text);
    if (plain != null) {
      return plain;
    }
    int percent = text.indexOf('%');
    String bare = percent < 0 ? text : text.substring(0, percent);
    if (!InetAddresses.isInetAddress(bare)) {
      return null;
    }
    InetAddress address = InetAddresses.forString(bare);
    if (percent < 0) {
      return address;
    }
    int scope = scope(text.substring(percent + 1));
    if (scope < 0 || !(address instanceof Inet6Address)) {
      return null;
    }
    if (scope == 0) {
      return address; // no link in particular
    }
    try {
      return Inet6Address.getByAddress(null, address.getAddress(), scope);
    } catch (UnknownHostException e) {
      throw new AssertionError("sixteen bytes are an address", e);
    }
  }

  /** The usual form of IPv4, of which there may be hundreds of thousands; else null. */
  private static @Nullable InetAddress dottedOrNull(String text) {
    byte[] octets = new byte[4];
    int octet = 0;
    int value = -1;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '.' && value >= 0 && octet < 3) {
        octets[octet++] = (byte) value;
        value = -1;
      } else if (c >= '0' && c <= '9' && value != 0) { // no leading zeros
        value = (Math.max(value, 0) * 10) + (c - '0');
        if (value > 255) {
          return null;
        }
      } else {
        return null;
      }
    }
    if (octet != 3 || value < 0) {
      return null;
    }
    octets[3] = (byte) value;
    try {
      return InetAddress.getByAddress(octets);
    } catch (UnknownHostException e) {
      throw new AssertionError("four bytes are an address", e);
    }
  }

  /**
   * The interface's index; not the interface, which would have to have an address of that scope.
   */
  private static int scope(String text) {
    if (text.matches("[0-9]{1,9}")) {
      return Integer.parseInt(text);
    }
    try {
      NetworkInterface named = text.isEmpty() ? null : NetworkInterface.getByName(text);
      return named == null ? NO_SUCH_LINK : named.getIndex();
    } catch (SocketException e) {
      return NO_SUCH_LINK;
    }
  }
}
