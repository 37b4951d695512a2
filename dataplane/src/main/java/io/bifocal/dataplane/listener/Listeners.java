package io.bifocal.dataplane.listener;

import io.bifocal.dataplane.host.Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Active listeners by the addresses that they are configured with, bound or not: where connections
 * are handed over to. Written by the control loop, read by the workers.
 */
final class Listeners {
  private final Map<Address, Serving> byAddress = new ConcurrentHashMap<>();

  /** From now on that version is the one at its addresses. */
  void put(ListenerVersion version) {
    for (BindAddress address : version.config().addresses()) {
      byAddress.put(address.address(), () -> version);
    }
  }

  /** Nobody is at these addresses any more; but for who came after. */
  void remove(ListenerVersion version) {
    byAddress.values().removeIf(at -> version.equals(at.serving()));
  }

  /** The listener at exactly that address, or else the one at its port on all addresses. */
  @Nullable Serving find(Address address) {
    if (!(address instanceof Address.Ip ip)) {
      return byAddress.get(address);
    }
    Serving exactly = byAddress.get(ip);
    return exactly == null ? byAddress.get(new Address.Ip(any(ip.ip()), ip.port())) : exactly;
  }

  private static InetAddress any(InetAddress like) {
    try {
      return InetAddress.getByAddress(new byte[like.getAddress().length]);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e); // only of another length
    }
  }
}
