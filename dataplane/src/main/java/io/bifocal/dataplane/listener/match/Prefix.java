package io.bifocal.dataplane.listener.match;

import io.bifocal.api.ConfigException;
import io.bifocal.api.IpLiterals;
import io.bifocal.dataplane.host.Address;
import io.envoyproxy.envoy.config.core.v3.CidrRange;
import java.net.InetAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A range of IP addresses; its version is the number of its bytes.
 *
 * @param bits how many from the left count; the others are 0
 */
@SuppressWarnings("ArrayRecordComponent") // compared below, and never changed
record Prefix(byte[] base, int bits) {
  /** For a pipe's end, which Envoy takes for an address that nobody has. */
  private static final byte[] NOBODY = {-1, -1, -1, -1};

  static final Prefix ANY_V4 = new Prefix(new byte[4], 0);
  static final Prefix ANY_V6 = new Prefix(new byte[16], 0);

  /** More bits than there are mean all, as with Envoy. */
  static Prefix of(CidrRange proto) throws ConfigException {
    InetAddress base = IpLiterals.parse(proto.getAddressPrefix());
    long bits = Integer.toUnsignedLong(proto.getPrefixLen().getValue());
    byte[] bytes = base.getAddress();
    return masked(bytes, (int) Math.min(bits, bytes.length * 8L));
  }

  static byte[] bytes(@Nullable Address address) {
    return address instanceof Address.Ip ip ? ip.ip().getAddress() : NOBODY;
  }

  /** The range of that many bits around an address. */
  static Prefix masked(byte[] address, int bits) {
    byte[] base = address.clone();
    for (int i = 0; i < base.length; i++) {
      int left = bits - 8 * i;
      if (left <= 0) {
        base[i] = 0;
      } else if (left < 8) {
        base[i] &= (byte) (0xFF << (8 - left));
      }
    }
    return new Prefix(base, bits);
  }

  boolean holds(byte[] address) {
    return address.length == base.length && masked(address, bits).equals(this);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Prefix that && bits == that.bits && Arrays.equals(base, that.base);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(base) + bits;
  }
}
