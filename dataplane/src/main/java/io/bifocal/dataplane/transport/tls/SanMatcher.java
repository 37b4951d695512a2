package io.bifocal.dataplane.transport.tls;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.match.StringMatch;
import java.util.List;
import java.util.Locale;

/**
 * A condition on a name in a certificate.
 *
 * @param type of the names that it looks at
 * @param oid the same of names of no other type; else empty
 */
record SanMatcher(SubjectAltName.Type type, String oid, StringMatch condition) {
  SanMatcher(SubjectAltName.Type type, StringMatch condition) {
    this(type, "", condition);
  }

  /** Wants a host's name, which a name with a wildcard in the certificate may stand for. */
  static SanMatcher dns(String host) {
    return new SanMatcher(SubjectAltName.Type.DNS, pattern -> dnsNameMatches(host, pattern));
  }

  /** Wants a host's name or an IP address. */
  static SanMatcher host(String host) {
    return InetAddresses.isInetAddress(host)
        ? new SanMatcher(
            SubjectAltName.Type.IP_ADDRESS,
            StringMatch.exact(InetAddresses.toAddrString(InetAddresses.forString(host)), false))
        : dns(host);
  }

  boolean matchesAny(List<SubjectAltName> names) {
    return names.stream().anyMatch(this::matches);
  }

  boolean matches(SubjectAltName name) {
    return name.type() == type && name.oid().equals(oid) && condition.matches(name.value());
  }

  /** RFC 6125 section 6.4.3, as Envoy reads it. */
  private static boolean dnsNameMatches(String host, String pattern) {
    String name = host.toLowerCase(Locale.ROOT);
    String wanted = pattern.toLowerCase(Locale.ROOT);
    if (name.equals(wanted)) {
      return true;
    }
    int nameDot = name.indexOf('.');
    int wantedDot = wanted.indexOf('.');
    if (nameDot < 0 || wantedDot < 0) {
      return false;
    }
    String label = wanted.substring(0, wantedDot);
    String rest = wanted.substring(wantedDot);
    return label.contains("*")
        && !label.startsWith("xn--")
        && !rest.contains("*")
        && rest.equals(name.substring(nameDot))
        && labelMatches(name.substring(0, nameDot), label);
  }

  private static boolean labelMatches(String label, String pattern) {
    int star = pattern.indexOf('*');
    return pattern.indexOf('*', star + 1) < 0
        && pattern.length() <= label.length() + 1
        && label.startsWith(pattern.substring(0, star))
        && label.endsWith(pattern.substring(star + 1));
  }
}
