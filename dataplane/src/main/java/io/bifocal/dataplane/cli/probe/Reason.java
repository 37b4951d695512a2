package io.bifocal.dataplane.cli.probe;

import java.util.Locale;

/** Why something failed: the key of statistics and JSON, and a few words for a line. */
enum Reason {
  NAME_NOT_FOUND("name not found"),
  NO_ADDRESSES("no addresses"),
  RESOLVER_SILENT("resolver silent"),
  RESOLVER_FAILED("resolver failed"),
  REFUSED("refused"),
  UNREACHABLE("no route"),
  TIMED_OUT("no answer"),
  RESET("closed by the peer"),
  NO_SOCKET("no socket"),
  LOCAL_ADDRESS("no local address"),
  NOT_TLS("not TLS"),
  CERTIFICATE_UNTRUSTED("certificate not trusted"),
  CERTIFICATE_NAME("certificate for another name"),
  CERTIFICATE_EXPIRED("certificate expired"),
  CERTIFICATE_NOT_YET_VALID("certificate not valid yet"),
  TLS_FAILED("TLS failed"),
  NOT_HTTP3("not HTTP/3"),
  OTHER("failed");

  private final String words;

  Reason(String words) {
    this.words = words;
  }

  /** A few words. */
  String words() {
    return words;
  }

  /** As JSON names it. */
  String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
