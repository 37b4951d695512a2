package io.bifocal.dataplane.transport.tls;

import com.google.common.net.InetAddresses;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;

/**
 * One of the names that a certificate is good for.
 *
 * @param oid the kind of one that is of no other type; else empty
 */
public record SubjectAltName(Type type, String oid, String value) {
  SubjectAltName(Type type, String value) {
    this(type, "", value);
  }

  /** The kinds of names that can be matched. */
  public enum Type {
    OTHER_NAME(0),
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
    Iterator<OtherName> others = null;
    for (List<?> name : names) {
      for (Type type : Type.values()) {
        if (!name.get(0).equals(type.tag)) {
          continue;
        }
        if (type == Type.OTHER_NAME) { // which the JDK leaves encoded
          others = others == null ? OtherName.of(certificate).iterator() : others;
          if (others.hasNext()) {
            OtherName other = others.next();
            found.add(new SubjectAltName(type, other.oid(), other.value()));
          }
        } else {
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
