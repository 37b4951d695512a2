package io.bifocal.dataplane.transport.tls;

import java.util.Arrays;
import java.util.List;

/** Versions of the protocol, the oldest first. */
public enum TlsVersion {
  TLS_1_0("TLSv1"),
  TLS_1_1("TLSv1.1"),
  TLS_1_2("TLSv1.2"),
  TLS_1_3("TLSv1.3");

  private final String text;

  TlsVersion(String text) {
    this.text = text;
  }

  /** As both libraries and Envoy's statistics call it. */
  String text() {
    return text;
  }

  /** Those between, both included; none when {@code max} is the older one. */
  static List<TlsVersion> range(TlsVersion min, TlsVersion max) {
    return Arrays.stream(values())
        .filter(v -> v.compareTo(min) >= 0 && v.compareTo(max) <= 0)
        .toList();
  }
}
