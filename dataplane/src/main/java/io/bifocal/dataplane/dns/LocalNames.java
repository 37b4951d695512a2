package io.bifocal.dataplane.dns;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.host.Family;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What names mean on this machine, whatever servers say; as c-ares has it. */
final class LocalNames {
  private static final List<InetAddress> LOOPBACK =
      List.of(InetAddresses.forString("::1"), InetAddresses.forString("127.0.0.1"));

  private LocalNames() {}

  /**
   * The answers for these families: of an address written out, of {@code localhost} and what is
   * below it (RFC 6761), of {@code .onion} (RFC 7686: nobody is asked, for there are none), of the
   * hosts file. Empty when servers are to be asked.
   */
  static Map<Family, Answer> answers(String name, List<Family> families, HostsFile hosts) {
    String key = DomainName.key(name);
    if (InetAddresses.isInetAddress(name)) {
      InetAddress literal = InetAddresses.forString(name);
      return found(List.of(family(literal)), List.of(literal));
    }
    if (key.equals("onion") || key.endsWith(".onion")) {
      return found(families, List.of());
    }
    if (key.equals("localhost") || key.endsWith(".localhost")) {
      return found(families, LOOPBACK);
    }
    List<InetAddress> known =
        hosts.addresses(name).stream().filter(ip -> families.contains(family(ip))).toList();
    return known.isEmpty() ? Map.of() : found(families, known);
  }

  private static Map<Family, Answer> found(List<Family> families, List<InetAddress> addresses) {
    Map<Family, Answer> answers = new EnumMap<>(Family.class);
    for (Family family : families) {
      answers.put(
          family,
          new Answer.Found(
              addresses.stream()
                  .filter(ip -> family(ip) == family)
                  .map(ip -> new AddressRecord(ip, Duration.ZERO))
                  .toList()));
    }
    return answers;
  }

  private static Family family(InetAddress ip) {
    return ip instanceof Inet6Address ? Family.V6 : Family.V4;
  }
}
