package io.bifocal.dataplane.transport.tls;

import com.google.common.net.InetAddresses;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.match.StringMatch;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Locale;

/**
 * A condition on a name in a certificate.
 *
 * @param type of the names that it looks at
 * @param oid the same of names of no other type; else empty
 */
public record SanMatcher(SubjectAltName.Type type, String oid, StringMatch condition) {
  SanMatcher(SubjectAltName.Type type, StringMatch condition) {
    this(type, "", condition);
  }

  /**
   * The condition that a configuration asks for.
   *
   * @param path of the matcher, for what no matcher can do here
   */
  public static SanMatcher of(SubjectAltNameMatcher config, String path) throws ConfigException {
    String at = path + ".matcher";
    return switch (config.getSanType()) {
      case EMAIL -> of(SubjectAltName.Type.EMAIL, config.getMatcher(), at);
      case DNS -> of(SubjectAltName.Type.DNS, config.getMatcher(), at);
      case URI -> of(SubjectAltName.Type.URI, config.getMatcher(), at);
      case IP_ADDRESS -> of(SubjectAltName.Type.IP_ADDRESS, config.getMatcher(), at);
      case OTHER_NAME -> otherName(config, at);
      default ->
          throw new ConfigException(path + ".san_type: " + config.getSanType() + " not supported");
    };
  }

  private static SanMatcher otherName(SubjectAltNameMatcher config, String at)
      throws ConfigException {
    if (!OtherName.isKind(config.getOid())) {
      throw new ConfigException(
          "Failed to create SAN matcher for OTHER_NAME with OID: " + config.getOid());
    }
    return new SanMatcher(
        SubjectAltName.Type.OTHER_NAME, config.getOid(), StringMatch.of(config.getMatcher(), at));
  }

  /** The same of one type, whatever the configuration says of types. */
  static SanMatcher of(SubjectAltName.Type type, StringMatcher matcher, String at)
      throws ConfigException {
    return type == SubjectAltName.Type.DNS && matcher.hasExact()
        ? dns(matcher.getExact())
        : new SanMatcher(type, StringMatch.of(matcher, at));
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

  /** Whether one of a certificate's names will do. */
  public boolean matches(X509Certificate certificate) {
    return matchesAny(SubjectAltName.of(certificate));
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
