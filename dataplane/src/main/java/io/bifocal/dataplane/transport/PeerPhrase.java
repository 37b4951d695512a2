package io.bifocal.dataplane.transport;

import io.netty.handler.codec.quic.QuicConnectionCloseEvent;
import java.nio.charset.StandardCharsets;

/** What a peer says when it closes a connection. It is the peer's, and goes into logs. */
public final class PeerPhrase {
  private static final int LONGEST = 200;

  private PeerPhrase() {}

  /** That of QUIC's last word; empty where it came without a phrase. */
  public static String visible(QuicConnectionCloseEvent closed) {
    // The library has no array for an empty phrase, and fails for want of it.
    boolean none = closed.toString().contains("reason=null");
    return none ? "" : visible(closed.reason());
  }

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
