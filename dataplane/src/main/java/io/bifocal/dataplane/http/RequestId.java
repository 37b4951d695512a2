package io.bifocal.dataplane.http;

import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;

/** Names for requests: random UUIDs (RFC 9562, version 4). */
final class RequestId {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private RequestId() {}

  static AsciiString next() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    long high = (random.nextLong() & 0xFFFF_FFFF_FFFF_0FFFL) | 0x4000L;
    long low = (random.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
    byte[] text = new byte[36];
    int at = hex(text, 0, high, 60, 8);
    at = hex(text, at, high, 28, 4);
    at = hex(text, at, high, 12, 4);
    at = hex(text, at, low, 60, 4);
    hex(text, at, low, 44, 12);
    return new AsciiString(text, false);
  }

  // Each group but the last is followed by a dash.
  private static int hex(byte[] text, int start, long bits, int shift, int digits) {
    int at = start;
    for (int i = 0; i < digits; i++) {
      text[at++] = HEX[(int) (bits >>> (shift - 4 * i)) & 0xF];
    }
    if (at < text.length) {
      text[at++] = '-';
    }
    return at;
  }
}
