package io.bifocal.dataplane.match;

import io.bifocal.api.ConfigException;
import io.bifocal.api.IpLiterals;
import io.envoyproxy.envoy.config.core.v3.CidrRange;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * IP addresses by their first bits.
 *
 * <p>Source: {@code envoy.config.core.v3.CidrRange}.
 */
public final class CidrRanges {
  /** No address. */
  public static final CidrRanges NONE = new CidrRanges(List.of());

  private static final class Range {
    private final byte[] base;
    private final int bits;

    Range(byte[] base, int bits) {
      this.base = base;
      this.bits = bits;
    }

    boolean holds(byte[] address) {
      if (address.length != base.length) {
        return false;
      }
      int whole = bits / 8;
      for (int i = 0; i < whole; i++) {
        if (address[i] != base[i]) {
          return false;
        }
      }
      int rest = bits % 8;
      return rest == 0 || (address[whole] ^ base[whole]) >> (8 - rest) == 0;
    }
  }

  private final List<Range> ranges;

  private CidrRanges(List<Range> ranges) {
    this.ranges = List.copyOf(ranges);
  }

  /**
   * Reads them.
   *
   * @param path in the configuration, to begin errors with
   */
  public static CidrRanges of(List<CidrRange> configs, String path) throws ConfigException {
    List<Range> ranges = new ArrayList<>();
    for (CidrRange config : configs) {
      byte[] base = IpLiterals.parse(config.getAddressPrefix()).getAddress();
      int bits = config.getPrefixLen().getValue();
      if (bits < 0 || bits > base.length * 8) {
        throw new ConfigException(path + ": '" + config.getAddressPrefix() + "/" + bits + "'");
      }
      ranges.add(new Range(base, bits));
    }
    return new CidrRanges(ranges);
  }

  public boolean isEmpty() {
    return ranges.isEmpty();
  }

  /** Whether one of them holds the address. */
  public boolean contains(InetAddress address) {
    byte[] octets = address.getAddress();
    for (int i = 0; i < ranges.size(); i++) {
      if (ranges.get(i).holds(octets)) {
        return true;
      }
    }
    return false;
  }
}
