package io.bifocal.dataplane.match;

import io.bifocal.api.ConfigException;
import io.bifocal.api.IpLiterals;
import io.envoyproxy.envoy.config.core.v3.CidrRange;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * Addresses that begin alike; source: {@code envoy.config.core.v3.CidrRange}.
 *
 * @param bits how many bits count
 */
public record IpRange(InetAddress base, int bits) {
  /**
   * Reads one.
   *
   * @throws ConfigException in Envoy's words when its address is none
   */
  public static IpRange of(CidrRange config) throws ConfigException {
    return of(config.getAddressPrefix(), config.getPrefixLen().getValue());
  }

  /** The same of the other API's type. */
  public static IpRange of(com.github.xds.core.v3.CidrRange config) throws ConfigException {
    return of(config.getAddressPrefix(), config.getPrefixLen().getValue());
  }

  /** More bits than an address has are all of them. */
  private static IpRange of(String address, int bits) throws ConfigException {
    InetAddress base = IpLiterals.parse(address);
    return new IpRange(base, Math.min(bits, base.getAddress().length * Byte.SIZE));
  }

  public static List<IpRange> all(List<CidrRange> configs) throws ConfigException {
    List<IpRange> ranges = new ArrayList<>();
    for (CidrRange config : configs) {
      ranges.add(of(config));
    }
    return List.copyOf(ranges);
  }

  /** Never an address of the other family. */
  public boolean holds(InetAddress address) {
    byte[] a = base.getAddress();
    byte[] b = address.getAddress();
    if (a.length != b.length) {
      return false;
    }
    int whole = bits / Byte.SIZE;
    for (int i = 0; i < whole; i++) {
      if (a[i] != b[i]) {
        return false;
      }
    }
    int rest = bits % Byte.SIZE;
    return rest == 0 || ((a[whole] ^ b[whole]) & 0xff) >> (Byte.SIZE - rest) == 0;
  }

  public static boolean anyHolds(List<IpRange> ranges, InetAddress address) {
    for (int i = 0; i < ranges.size(); i++) {
      if (ranges.get(i).holds(address)) {
        return true;
      }
    }
    return false;
  }
}
