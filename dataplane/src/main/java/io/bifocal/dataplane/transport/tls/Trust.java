package io.bifocal.dataplane.transport.tls;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Whose signatures are trusted. Immutable. */
interface Trust {
  /**
   * A trusted certificate.
   *
   * @param source where it was read, as it is told of
   */
  record Anchor(X509Certificate certificate, String source) {}

  /** All who are trusted, in order. */
  List<Anchor> anchors();

  /**
   * Judges a chain.
   *
   * @param presented the peer's own certificate, then others that may help
   */
  void verify(List<X509Certificate> presented) throws UntrustedException;

  /** When they expire, in seconds of the epoch, by what statistics call them. */
  default Map<String, Long> expiries(String name) {
    OptionalLong first =
        anchors().stream().mapToLong(a -> Certificates.expiry(a.certificate())).min();
    return first.isPresent() ? Map.of(name, first.getAsLong()) : Map.of();
  }

  /** What is told of a peer that has these names, none of which is wanted. */
  default String wrongName(String names) {
    return "SAN matcher, certificate SANs are [" + names + "]";
  }
}
