package io.bifocal.dataplane.http.codec;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;

/** The line that begins an answer (RFC 9112, section 4). */
final class StatusLine {
  // Where it is in the line.
  private static final int MINOR_VERSION = "HTTP/1.".length();
  private static final @Nullable AsciiString[] LINES = new AsciiString[600];

  static {
    for (int code = 100; code < LINES.length; code++) {
      String reason = reason(code);
      if (reason.startsWith("Unknown") || reason.endsWith("(" + code + ")")) {
        reason = "Unknown";
      }
      LINES[code] = new AsciiString("HTTP/1.1 " + code + " " + reason + "\r\n");
    }
  }

  private StatusLine() {}

  // In the words of RFC 9110, where Netty's are those of an older one.
  private static String reason(int code) {
    return switch (code) {
      case 413 -> "Payload Too Large"; // Envoy's, and RFC 7231's
      case 414 -> "URI Too Long";
      case 416 -> "Range Not Satisfiable";
      default -> HttpResponseStatus.valueOf(code).reasonPhrase();
    };
  }

  /**
   * Writes one.
   *
   * @param reason the words that are to stand there; null for the usual ones
   */
  static void write(ByteBuf out, int status, @Nullable String reason) {
    AsciiString line = status < LINES.length ? LINES[status] : null;
    if (reason != null) {
      FieldWriter.ascii(out, "HTTP/1.1 " + status + " " + reason + "\r\n");
    } else if (line == null) {
      FieldWriter.ascii(out, "HTTP/1.1 " + status + " Unknown\r\n");
    } else {
      ByteBufUtil.copy(line, out);
    }
  }

  /** Makes one that begins at {@code start} one of HTTP/1.0. */
  static void ofHttp10(ByteBuf out, int start) {
    out.setByte(start + MINOR_VERSION, '0');
  }
}
