package io.bifocal.dataplane.dns;

import io.bifocal.dataplane.dns.SourceAddresses.Source;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The order in which destinations are tried: RFC 6724 section 6, but for its rules 4 and 7, which
 * are about home addresses and tunnels that nobody tells of. What the rules do not tell apart stays
 * in the order in which it came (rule 10).
 */
public final class DestinationOrder {
  private static final Comparator<Candidate> RULES =
      Comparator.comparing(Candidate::unreachable) // rule 1
          .thenComparing(Candidate::scopesDiffer) // rule 2
          .thenComparing(Candidate::fromDeprecated) // rule 3
          .thenComparing(Candidate::labelsDiffer) // rule 5
          .thenComparing(Candidate::precedence, Comparator.reverseOrder()) // rule 6
          .thenComparing(Candidate::scope) // rule 8
          .thenComparing(Candidate::commonPrefix, Comparator.reverseOrder()); // rule 9

  private DestinationOrder() {}

  /** The same destinations, the best one first. */
  public static List<InetAddress> sort(List<InetAddress> destinations, SourceAddresses sources) {
    return destinations.stream()
        .map(ip -> new Candidate(ip, sources.towards(ip)))
        .sorted(RULES)
        .map(Candidate::ip)
        .toList();
  }

  /** A destination and the source that would be used for it. */
  private record Candidate(InetAddress ip, Optional<Source> source) {
    boolean unreachable() {
      return source.isEmpty();
    }

    boolean scopesDiffer() {
      return source.filter(s -> Scope.of(s.address()) == scope()).isEmpty();
    }

    boolean fromDeprecated() {
      return source.filter(Source::deprecated).isPresent();
    }

    boolean labelsDiffer() {
      return source.filter(s -> Policy.of(s.address()).label() == Policy.of(ip).label()).isEmpty();
    }

    int precedence() {
      return Policy.of(ip).precedence();
    }

    int scope() {
      return Scope.of(ip);
    }

    // Only addresses of one family come as far as rule 9: IPv4 has a precedence of its own.
    int commonPrefix() {
      return source
          .map(s -> Math.min(Policy.commonPrefix(s.address(), ip), s.prefixLength()))
          .orElse(0);
    }
  }

  /** RFC 6724 section 3.1, with section 3.2 for IPv4. */
  private static final class Scope {
    static final int LINK_LOCAL = 0x2;
    static final int SITE_LOCAL = 0x5;
    static final int GLOBAL = 0xe;

    static int of(InetAddress ip) {
      if (ip.isMulticastAddress() && ip instanceof Inet6Address) {
        return ip.getAddress()[1] & 0xf;
      }
      if (ip.isLoopbackAddress() || ip.isLinkLocalAddress()) {
        return LINK_LOCAL;
      }
      return ip instanceof Inet6Address && ip.isSiteLocalAddress() ? SITE_LOCAL : GLOBAL;
    }
  }
}
