package io.bifocal.dataplane.transport.tls;

import com.google.common.net.InetAddresses;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** One of the names that a certificate is good for. */
record SubjectAltName(Type type, String value) {
  /** The kinds of names that can be matched. */
  enum Type {
    EMAIL(1),
    DNS(2),
    URI(6),
    IP_ADDRESS(7);

    private final int tag;

    Type(int tag) {
      this.tag = tag;
    }
  }

  /** All of a certificate's; none where they do not parse, so that none of them matches. */
  static List<SubjectAltName> of(X509Certificate certificate) {
    Collection<List<?>> names;
    try {
      names = certificate.getSubjectAlternativeNames();
    } catch (CertificateParsingException e) {
      return List.of();
    }
    if (names == null) {
      return List.of();
    }
    List<SubjectAltName> found = new ArrayList<>(names.size());
    for (List<?> name : names) {
      for (Type type : Type.values()) {
        if (name.get(0).equals(type.tag)) {
          found.add(new SubjectAltName(type, text(type, (String) name.get(1))));
        }
      }
    }
    return found;
  }

  // The JDK writes out the zeros of an IPv6 address.
  private static String text(Type type, String value) {
    return type == Type.IP_ADDRESS && InetAddresses.isInetAddress(value)
        ? InetAddresses.toAddrString(InetAddresses.forString(value))
        : value;
  }
}
