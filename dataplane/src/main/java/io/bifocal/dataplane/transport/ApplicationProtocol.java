package io.bifocal.dataplane.transport;

import java.util.List;

/** What the user of a connection is going to speak on it. */
public enum ApplicationProtocol {
  /** Nothing that is known here. */
  OPAQUE(""),
  HTTP_1_1("http/1.1"),
  HTTP_2("h2");

  private final String alpn;

  ApplicationProtocol(String alpn) {
    this.alpn = alpn;
  }

  /** What a TLS client offers, if it is not told otherwise. */
  public List<String> alpn() {
    return alpn.isEmpty() ? List.of() : List.of(alpn);
  }
}
