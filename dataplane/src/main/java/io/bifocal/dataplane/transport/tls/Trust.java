package io.bifocal.dataplane.transport.tls;

import java.security.cert.X509Certificate;
import java.util.List;

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

  /** What is told of a peer that has these names, none of which is wanted. */
  default String wrongName(String names) {
    return "SAN matcher, certificate SANs are [" + names + "]";
  }
}
