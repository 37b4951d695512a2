package io.bifocal.conformance.tcp;

/** First records of TLS clients, a character for a byte. */
final class ClientHellos {
  private ClientHellos() {}

  /** Of one who asks for this server and protocol; empty for no word of it. */
  static String of(String serverName, String protocol) {
    String extensions =
        "\0+\0\3\2\3\4" // versions: 1.3
            + "\0\12\0\4\0\2\0\u001d" // groups: x25519
            + "\0\15\0\4\0\2\4\3" // signatures
            + (serverName.isEmpty() ? "" : "\0\0" + sized(2, sized(2, "\0" + sized(2, serverName))))
            + (protocol.isEmpty() ? "" : "\0\20" + sized(2, sized(2, sized(1, protocol))));
    String body =
        "\3\3"
            + "r".repeat(32)
            + "\0"
            + sized(2, "\u0013\1")
            + sized(1, "\0")
            + sized(2, extensions);
    return "\u0016\3\1" + sized(2, "\1" + sized(3, body));
  }

  private static String sized(int width, String text) {
    StringBuilder size = new StringBuilder();
    for (int i = width - 1; i >= 0; i--) {
      size.append((char) ((text.length() >> (8 * i)) & 0xFF));
    }
    return size + text;
  }
}
