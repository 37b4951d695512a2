package io.bifocal.dataplane;

/** What this build calls itself. */
public final class Version {
  /** As in {@code pom.xml}. */
  public static final String NUMBER = "0.1.0-SNAPSHOT";

  private Version() {}

  /** As a number that grows with it ({@code server.version}). */
  static long asNumber() {
    long number = 0;
    for (String part : NUMBER.split("-")[0].split("\\.")) {
      number = number * 1000 + Long.parseLong(part);
    }
    return number;
  }

  /** In the five parts of Envoy's version: revision, number, state, kind, TLS library. */
  public static String full() {
    return "bifocal/" + NUMBER + "/Clean/RELEASE/none";
  }
}
