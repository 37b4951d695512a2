package io.bifocal.api;

import com.google.common.net.InetAddresses;
import java.net.InetAddress;

/** IP addresses written out. A resolver is never asked. */
public final class IpLiterals {
  private IpLiterals() {}

  public static boolean isLiteral(String text) {
    return InetAddresses.isInetAddress(text);
  }

  /**
   * Parses a literal.
   *
   * @throws ConfigException in Envoy's words when it is none
   */
  public static InetAddress parse(String text) throws ConfigException {
    if (!isLiteral(text)) {
      throw new ConfigException("malformed IP address: " + text);
    }
    return InetAddresses.forString(text);
  }
}
