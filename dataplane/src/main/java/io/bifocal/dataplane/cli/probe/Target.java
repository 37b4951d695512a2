package io.bifocal.dataplane.cli.probe;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.host.Address;
import java.net.IDN;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Whom to race to.
 *
 * @param host a name in ASCII, or an IP address without brackets
 * @param tls whether TLS is spoken on the connection
 * @param given addresses that need no looking up; none when the host is a name to be looked up
 */
record Target(String host, int port, boolean tls, List<Address.Ip> given) {
  private static final int HTTP = 80;
  private static final int HTTPS = 443;
  private static final int MAX_PORT = 65_535;
  private static final String FORMS =
      "give https://HOST[:PORT], http://HOST[:PORT], HOST[:PORT], IPV4[:PORT] or [IPV6][:PORT]";

  /**
   * Reads a URL, {@code host:port}, a bare host or an address. Without a scheme, port 443 is the
   * default, and port 443 means TLS. The path of a URL plays no part.
   *
   * @param tls what the user says; null for what the text says
   */
  static Target parse(String text, @Nullable Boolean tls) throws BadUsage {
    int scheme = text.indexOf("://");
    if (scheme < 0) {
      return of(text, text, HTTPS, null, tls);
    }
    String authority = authority(text.substring(scheme + 3));
    return switch (text.substring(0, scheme).toLowerCase(Locale.ROOT)) {
      case "https" -> of(text, authority, HTTPS, true, tls);
      case "http" -> of(text, authority, HTTP, false, tls);
      default -> throw new BadUsage(text + ": a scheme that is neither https nor http; " + FORMS);
    };
  }

  private static Target of(
      String text,
      String authority,
      int defaultPort,
      @Nullable Boolean byScheme,
      @Nullable Boolean tls)
      throws BadUsage {
    HostPort parts = HostPort.split(text, authority);
    int port = parts.port == null ? defaultPort : port(text, parts.port);
    boolean usual = byScheme == null ? port == HTTPS : byScheme;
    InetAddress literal = literal(parts.host);
    if (literal == null && parts.bracketed) {
      throw new BadUsage(text + ": in brackets is no IPv6 address; " + FORMS);
    }
    String host = literal == null ? name(text, parts.host) : parts.host;
    List<Address.Ip> given = literal == null ? List.of() : List.of(new Address.Ip(literal, port));
    return new Target(host, port, tls == null ? usual : tls, given);
  }

  private static String authority(String afterScheme) throws BadUsage {
    String authority = afterScheme.split("[/?#]", 2)[0];
    if (authority.contains("@")) {
      throw new BadUsage("a URL with credentials: leave them out, nothing is asked of the host");
    }
    return authority;
  }

  private static String name(String text, String host) throws BadUsage {
    try {
      String ascii = IDN.toASCII(host);
      String absolute = ascii.endsWith(".") ? ascii.substring(0, ascii.length() - 1) : ascii;
      if (!absolute.matches("[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?")
          || absolute.contains("..")
          || absolute.matches("[0-9.]+")) {
        throw new BadUsage(text + ": no host name and no IP address; " + FORMS);
      }
      return ascii;
    } catch (IllegalArgumentException e) {
      throw new BadUsage(text + ": no host name (" + e.getMessage() + "); " + FORMS);
    }
  }

  /** An address written out, or null. */
  private static @Nullable InetAddress literal(String text) {
    return InetAddresses.isInetAddress(text) ? InetAddresses.forString(text) : null;
  }

  /**
   * The same, at these addresses.
   *
   * @param addresses each with a port of its own, or without one for the target's
   */
  Target at(List<String> addresses) throws BadUsage {
    if (!given.isEmpty()) {
      throw new BadUsage(text() + " is an address itself: --addresses are for names");
    }
    List<Address.Ip> read = new ArrayList<>();
    for (String address : addresses) {
      read.add(address("--addresses", address.strip(), port));
    }
    return new Target(host, port, tls, List.copyOf(read));
  }

  /**
   * An address with a port of its own, or without one.
   *
   * @param option that it is given with
   */
  static Address.Ip address(String option, String text, int port) throws BadUsage {
    HostPort parts = HostPort.split(text, text);
    InetAddress ip = literal(parts.host);
    if (ip == null) {
      throw new BadUsage(option + ": '" + text + "' is no IP address");
    }
    return new Address.Ip(ip, parts.port == null ? port : port(text, parts.port));
  }

  private static int port(String text, String port) throws BadUsage {
    int number = port.matches("[0-9]{1,5}") ? Integer.parseInt(port) : 0;
    if (number < 1 || number > MAX_PORT) {
      throw new BadUsage(
          text + ": the port must be from 1 to " + MAX_PORT + ", not '" + port + "'");
    }
    return number;
  }

  /** What TLS asks for (SNI, RFC 6066 section 3); empty for an address, which is no name. */
  String serverName() {
    if (literal(host) != null) {
      return "";
    }
    return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
  }

  /** As it is written in front of a port, with the port. */
  String text() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }

  /** The two parts of an authority; a bare IPv6 address has no port. */
  private record HostPort(String host, @Nullable String port, boolean bracketed) {
    static HostPort split(String text, String authority) throws BadUsage {
      if (authority.startsWith("[")) {
        int end = authority.indexOf(']');
        String rest = end < 0 ? "" : authority.substring(end + 1);
        if (end < 0 || !(rest.isEmpty() || rest.startsWith(":"))) {
          throw new BadUsage(text + ": brackets that do not match; " + FORMS);
        }
        String port = rest.isEmpty() ? null : rest.substring(1);
        return new HostPort(authority.substring(1, end), port, true);
      }
      int colon = authority.indexOf(':');
      if (colon < 0 || authority.indexOf(':', colon + 1) >= 0) {
        return new HostPort(authority, null, false);
      }
      return new HostPort(authority.substring(0, colon), authority.substring(colon + 1), false);
    }
  }
}
