package io.bifocal.dataplane.transport;

import java.nio.charset.StandardCharsets;

/** What a peer says when it closes a connection. It is the peer's, and goes into logs. */
public final class PeerPhrase {
  private static final int LONGEST = 200;

  private PeerPhrase() {}

  /** Its beginning, with an underscore for each character that is not a visible one of ASCII. */
  public static String visible(byte[] said) {
    String phrase = new String(said, StandardCharsets.UTF_8);
    StringBuilder visible = new StringBuilder(Math.min(phrase.length(), LONGEST));
    for (int i = 0; i < phrase.length() && i < LONGEST; i++) {
      char c = phrase.charAt(i);
      visible.append(c > ' ' && c < 0x7f ? c : '_');
    }
    return visible.toString();
  }
}
