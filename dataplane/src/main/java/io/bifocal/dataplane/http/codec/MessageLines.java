package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.pool.HeaderKeyFormat.PreserveCase;
import io.netty.buffer.ByteBuf;
import io.netty.util.AsciiString;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The lines at the beginning of a message, or behind its chunks: taken from what comes, in whatever
 * pieces, and understood as fields (RFC 9112, section 5).
 */
final class MessageLines {
  /** Envoy counts so much more for each field. */
  static final int FIELD = 3;

  private static final byte[] NOTHING = {};
  private static final int LEAST = 256;
  private static final HeaderList NO_HEADERS = new HeaderList(0);

  /** What has been found. */
  enum Found {
    /** Nothing yet but a part of them. */
    MORE,
    /** The empty line that ends them. */
    END,
    MALFORMED,
    /** A line, or all of the fields, beyond what is allowed. */
    TOO_LARGE
  }

  /** What differs by who reads. */
  interface Grammar {
    /** Understands the line of {@code bytes} that begins a message; whether there is one. */
    boolean startLine(byte[] bytes, int start, int end);

    /** Whether blanks may stand between a name and its colon. */
    boolean allowsBlanks();
  }

  private final Grammar grammar;
  private final int maxBytes;
  // Null unless it matters how names are written.
  private final @Nullable PreserveCase cased;
  // They end at filled, and what is before at has been understood. The values of headers are slices
  // of it.
  private byte[] bytes = NOTHING;
  private int filled;
  private int at;
  private boolean started;
  private int fieldBytes;
  private HeaderList headers = NO_HEADERS;
  // Bytes of fields of which nobody has taken note yet, as Envoy counts.
  private int counted;

  /**
   * Makes one.
   *
   * @param maxBytes that a line, or all fields together, may have without the line ends
   */
  MessageLines(Grammar grammar, int maxBytes, @Nullable PreserveCase cased) {
    this.grammar = grammar;
    this.maxBytes = maxBytes;
    this.cased = cased;
  }

  /** Whether nothing of them has come. */
  boolean isEmpty() {
    return filled == 0;
  }

  /** What there is of the fields. */
  HeaderList headers() {
    return headers;
  }

  /** Bytes of the fields since this was asked before. */
  int takeCount() {
    int bytesOfFields = counted;
    counted = 0;
    return bytesOfFields;
  }

  /** They are done with. */
  void clear() {
    bytes = NOTHING;
    headers = NO_HEADERS;
  }

  /** Skips what may stand before a message. */
  static void skipEmptyLines(ByteBuf in) {
    while (in.isReadable()) {
      byte next = in.getByte(in.readerIndex());
      if (next != '\r' && next != '\n') {
        return;
      }
      in.skipBytes(1);
    }
  }

  /** Takes what there is of a head: all at once, mostly. */
  Found head(ByteBuf in) {
    if (filled == 0) {
      skipEmptyLines(in);
      if (!in.isReadable()) {
        return Found.MORE;
      }
      int length = headLength(in);
      started = false;
      fieldBytes = 0;
      headers = newHeaders(8 + Math.max(length, 0) / 64);
      if (length > 0) {
        bytes = new byte[length];
        in.readBytes(bytes);
        filled = length;
        return read();
      }
    }
    return line(in);
  }

  private HeaderList newHeaders(int capacity) {
    return cased == null ? new HeaderList(capacity) : new CasedHeaders(cased, capacity);
  }

  // With the empty line; -1 when it is not there. Looks at every fourth byte, mostly.
  private static int headLength(ByteBuf in) {
    int start = in.readerIndex();
    int end = in.writerIndex();
    for (int i = start + 3; i < end; ) {
      byte b = in.getByte(i);
      if (b == '\n') {
        if (in.getMedium(i - 3) == ('\r' << 16 | '\n' << 8 | '\r')) {
          return i + 1 - start;
        }
        i += 2;
      } else {
        i += b == '\r' ? 1 : 4;
      }
    }
    return -1;
  }

  /** From here on they are those behind a body. */
  void beginTrailers() {
    headers = new HeaderList(0);
  }

  /** Takes what there is of one line. */
  Found line(ByteBuf in) {
    int start = in.readerIndex();
    int feed = in.indexOf(start, in.writerIndex(), (byte) '\n');
    int count = (feed < 0 ? in.writerIndex() : feed + 1) - start;
    int length = filled - at + count - (feed < 0 ? 1 : 2);
    if (length > (started ? maxBytes - fieldBytes : maxBytes)) {
      return Found.TOO_LARGE;
    }
    if (filled + count > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(LEAST, Math.max(filled + count, bytes.length * 2)));
    }
    in.readBytes(bytes, filled, count);
    filled += count;
    return feed < 0 ? Found.MORE : read();
  }

  // Lines that are whole.
  private Found read() {
    if (!started) {
      Found first = startLine();
      if (first != Found.MORE) {
        return first;
      }
    }
    while (at < filled) {
      if (bytes[at] == '\r' && bytes[at + 1] == '\n') {
        bytes = NOTHING;
        filled = 0;
        at = 0;
        return Found.END;
      }
      int end = field();
      if (end < 0) {
        return Found.MALFORMED;
      }
      fieldBytes += end - at;
      if (fieldBytes > maxBytes) {
        return Found.TOO_LARGE;
      }
      at = end + 2;
    }
    return Found.MORE;
  }

  private Found startLine() {
    int feed = at;
    while (bytes[feed] != '\n') {
      feed++;
    }
    int end = feed - 1;
    if (end <= at || bytes[end] != '\r' || !grammar.startLine(bytes, at, end)) {
      return Found.MALFORMED;
    }
    if (end - at > maxBytes) {
      return Found.TOO_LARGE;
    }
    at = feed + 1;
    started = true;
    return Found.MORE;
  }

  /** The field at this place; where its line ends, negative when there is none. */
  private int field() {
    byte first = bytes[at];
    if ((first == ' ' || first == '\t') && headers.size() > 0) {
      return folded();
    }
    int i = at;
    while (HeaderNames.isTokenByte(bytes[i])) {
      i++;
    }
    int nameEnd = i;
    AsciiString name = HeaderNames.of(bytes, at, nameEnd - at);
    while (grammar.allowsBlanks() && isBlank(bytes[i])) {
      i++;
    }
    if (name == null || bytes[i] != ':') {
      return -1;
    }
    int start = behindBlanks(i + 1);
    int end = textEnd(start);
    if (end >= 0) {
      AsciiString value = FieldValue.of(bytes, start, end);
      counted += nameEnd - at + value.length() + FIELD;
      headers.append(name, value);
      if (headers instanceof CasedHeaders all) {
        all.read(name, new AsciiString(bytes, at, nameEnd - at, false));
      }
    }
    return end;
  }

  // RFC 9112, section 5.2: what is folded stands behind a blank.
  private int folded() {
    int last = headers.size() - 1;
    int start = behindBlanks(at);
    int end = textEnd(start);
    CharSequence before = headers.valueAt(last);
    if (end < 0 || before.length() == 0) {
      headers.dropLast(); // a value that begins with a fold hides from other readers
      return -1;
    }
    headers.setValueAt(last, FieldValue.joined(before, FieldValue.of(bytes, start, end)));
    return end;
  }

  private int behindBlanks(int start) {
    int i = start;
    while (isBlank(bytes[i])) {
      i++;
    }
    return i;
  }

  // Where the line ends; negative when something comes before that a value may not have.
  private int textEnd(int start) {
    int i = start;
    while (FieldValue.isText(bytes[i])) {
      i++;
    }
    return bytes[i] == '\r' && bytes[i + 1] == '\n' ? i : -1;
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t';
  }
}
