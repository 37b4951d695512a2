package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.pool.HeaderKeyFormat.PreserveCase;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds the messages of HTTP/1 in a stream of bytes (RFC 9112). It knows no channel: bytes come in,
 * in whatever pieces, and a receiver hears what they are. What could be read in two ways is a
 * fault; after one nothing more is heard.
 */
abstract class Http1Parser {
  private static final byte[] NOTHING = {};
  private static final int LEAST = 256;
  private static final int FIELD = 3;
  private static final HeaderList NO_HEADERS = new HeaderList(0);

  /** What is wrong with the bytes. */
  enum Fault {
    MALFORMED,
    /** A line, or all of a message's fields, beyond what is allowed. */
    TOO_LARGE,
    /** Both framings at once: the way to smuggle a request (RFC 9112, section 6.1). */
    BOTH_LENGTHS
  }

  /** What follows a head. */
  enum Body {
    NONE,
    LENGTH,
    CHUNKED,
    /** All that comes until the connection is closed. */
    UNTIL_CLOSE,
    /** Not HTTP any more: everything is handed on as it comes. */
    TUNNEL
  }

  /** Hears of messages, in their order. */
  interface Receiver {
    /** A head. With {@link Body#NONE} the message has ended. */
    void onHead(HeaderList headers, Body body);

    /**
     * A part of the body, to be released.
     *
     * @param last whether the message has ended; if not so, its end is told later, but of a tunnel
     */
    void onBody(ByteBuf data, boolean last);

    /** The message has ended with these fields, often none. */
    void onEnd(HttpHeaders trailers);

    /**
     * There is no message.
     *
     * @param headers what there was of them
     */
    void onFault(Fault fault, HeaderList headers);
  }

  private enum State {
    START_LINE,
    FIELDS,
    LENGTH,
    CHUNK_LINE,
    CHUNK,
    CHUNK_RETURN,
    CHUNK_FEED,
    TRAILERS,
    UNTIL_CLOSE,
    TUNNEL,
    FAULT
  }

  private final Receiver receiver;
  private final int maxBytes;
  private final boolean chunkedLength;
  private final ChunkLine chunkLine;
  // Null unless it matters how names are written.
  private final @Nullable PreserveCase cased;
  private State state = State.START_LINE;
  // Of a head or of trailers: they end at filled, and what is before at has been understood. The
  // values of headers are slices of it.
  private byte[] bytes = NOTHING;
  private int filled;
  private int at;
  private int fieldBytes;
  private HeaderList headers = NO_HEADERS;
  private long remaining;
  // Of one exchange.
  private long bytesRead;
  private int fieldBytesRead;
  private int headBytesRead;
  // Of the fields being read.
  private int unfinished;
  // What is being read, and from where on; null between reads.
  private @Nullable ByteBuf reading;
  private int readFrom;

  /**
   * Makes one.
   *
   * @param options with the bytes that a line, or a message's fields together, may have without the
   *     line ends
   */
  Http1Parser(Receiver receiver, Http1Options options) {
    this.receiver = receiver;
    this.maxBytes = options.limits().maxHeaderBytes();
    this.chunkLine = new ChunkLine(maxBytes);
    this.chunkedLength = options.chunkedLength();
    this.cased = options.keyFormat() instanceof PreserveCase format ? format : null;
  }

  /** Understands the line of {@code bytes} that begins a message; whether there is one. */
  abstract boolean startLine(byte[] bytes, int start, int end);

  /** Whether blanks may stand between a name and its colon. */
  abstract boolean allowsBlanks();

  /**
   * How the message is framed whose head is whole.
   *
   * @param length that its headers say; negative for none
   * @param coded whether there is a transfer coding
   * @return null for a {@link #fault}
   */
  abstract @Nullable Body frame(HeaderList headers, long length, boolean coded);

  /** Parses what there is, up to the end of one message. */
  final void read(ByteBuf in) {
    reading = in;
    readFrom = in.readerIndex();
    boolean within = true;
    while (within && in.isReadable()) {
      within = step(in);
    }
    bytesRead = bytesRead();
    reading = null;
  }

  /** An exchange begins: what comes from now on is counted for it. */
  final void count() {
    bytesRead = 0;
    fieldBytesRead = 0;
    headBytesRead = 0;
    unfinished = 0;
    if (reading != null) {
      readFrom = reading.readerIndex();
    }
  }

  /** Bytes of the exchange so far. */
  final long bytesRead() {
    ByteBuf in = reading;
    return in == null ? bytesRead : bytesRead + in.readerIndex() - readFrom;
  }

  /** Those of its fields, each with the three that Envoy counts for what is around it. */
  final int fieldBytesRead() {
    return fieldBytesRead;
  }

  /** The same without what stands behind a body. */
  final int headBytesRead() {
    return headBytesRead;
  }

  /** Whether the next byte begins a message. */
  final boolean isBetween() {
    return state == State.START_LINE && filled == 0;
  }

  /** From here on nothing is parsed. */
  final void tunnel() {
    state = State.TUNNEL;
  }

  /** The connection's end, which may be a body's. */
  final void onClosed() {
    if (state == State.UNTIL_CLOSE) {
      state = State.START_LINE;
      receiver.onEnd(new HeaderList(0));
    }
  }

  /** Ends the parsing; false, as there is nothing more to do. */
  final boolean fault(Fault fault) {
    state = State.FAULT;
    bytes = NOTHING;
    receiver.onFault(fault, headers);
    return false;
  }

  // Whether the message goes on.
  private boolean step(ByteBuf in) {
    return switch (state) {
      case START_LINE -> head(in);
      case FIELDS, TRAILERS -> line(in);
      case LENGTH -> length(in);
      case CHUNK_LINE -> chunkLine(in);
      case CHUNK -> chunk(in);
      case CHUNK_RETURN -> expect(in, '\r', State.CHUNK_FEED);
      case CHUNK_FEED -> expect(in, '\n', State.CHUNK_LINE);
      case UNTIL_CLOSE, TUNNEL -> {
        receiver.onBody(in.readRetainedSlice(in.readableBytes()), false);
        yield true;
      }
      case FAULT -> {
        in.skipBytes(in.readableBytes());
        yield false;
      }
    };
  }

  // ---- heads

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

  private boolean head(ByteBuf in) {
    if (filled == 0) {
      skipEmptyLines(in);
      if (!in.isReadable()) {
        return true;
      }
      int length = headLength(in);
      fieldBytes = 0;
      headers = newHeaders(8 + Math.max(length, 0) / 64);
      if (length > 0) {
        bytes = new byte[length];
        in.readBytes(bytes);
        filled = length;
        return lines();
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

  // Takes what there is of one line.
  private boolean line(ByteBuf in) {
    int start = in.readerIndex();
    int feed = in.indexOf(start, in.writerIndex(), (byte) '\n');
    int count = (feed < 0 ? in.writerIndex() : feed + 1) - start;
    int length = filled - at + count - (feed < 0 ? 1 : 2);
    if (length > (state == State.START_LINE ? maxBytes : maxBytes - fieldBytes)) {
      return fault(Fault.TOO_LARGE);
    }
    if (filled + count > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(LEAST, Math.max(filled + count, bytes.length * 2)));
    }
    in.readBytes(bytes, filled, count);
    filled += count;
    return feed < 0 || lines();
  }

  // Lines that are whole; whether the message goes on.
  private boolean lines() {
    if (state == State.START_LINE) {
      int feed = at;
      while (bytes[feed] != '\n') {
        feed++;
      }
      int end = feed - 1;
      if (end <= at || bytes[end] != '\r' || !startLine(bytes, at, end)) {
        return fault(Fault.MALFORMED);
      }
      if (end - at > maxBytes) {
        return fault(Fault.TOO_LARGE);
      }
      at = feed + 1;
      state = State.FIELDS;
    }
    while (at < filled) {
      if (bytes[at] == '\r' && bytes[at + 1] == '\n') {
        bytes = NOTHING;
        filled = 0;
        at = 0;
        return state == State.TRAILERS ? end() : headEnd();
      }
      int end = field();
      if (end < 0) {
        return fault(Fault.MALFORMED);
      }
      fieldBytes += end - at;
      if (fieldBytes > maxBytes) {
        return fault(Fault.TOO_LARGE);
      }
      at = end + 2;
    }
    return true;
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
    while (allowsBlanks() && isBlank(bytes[i])) {
      i++;
    }
    if (name == null || bytes[i] != ':') {
      return -1;
    }
    int start = behindBlanks(i + 1);
    int end = textEnd(start);
    if (end >= 0) {
      AsciiString value = FieldValue.of(bytes, start, end);
      unfinished += nameEnd - at + value.length() + FIELD;
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

  private boolean headEnd() {
    HeaderList head = headers;
    countFields(Math.max(unfinished, FIELD));
    headBytesRead = fieldBytesRead;
    int said = head.find(HttpHeaderNames.CONTENT_LENGTH, 0);
    long length = -1;
    if (said >= 0) {
      length = FieldValue.number(head.valueAt(said));
      if (length < 0 || head.find(HttpHeaderNames.CONTENT_LENGTH, said + 1) >= 0) {
        return fault(Fault.MALFORMED);
      }
    }
    Body body = frame(head, length, head.contains(HttpHeaderNames.TRANSFER_ENCODING));
    if (body == null) {
      return false;
    }
    state =
        switch (body) {
          case NONE -> State.START_LINE;
          case LENGTH -> State.LENGTH;
          case CHUNKED -> State.CHUNK_LINE;
          case UNTIL_CLOSE -> State.UNTIL_CLOSE;
          case TUNNEL -> State.TUNNEL;
        };
    remaining = length;
    chunkLine.begin();
    headers = NO_HEADERS;
    receiver.onHead(head, body);
    return body != Body.NONE;
  }

  private void countFields(int bytes) {
    fieldBytesRead += bytes;
    unfinished = 0;
  }

  /** Chunks, be it beside a length where that is overlooked; null for a {@link #fault}. */
  final @Nullable Body chunked(HeaderList headers, long length) {
    if (length >= 0) {
      if (!chunkedLength) {
        fault(Fault.BOTH_LENGTHS);
        return null;
      }
      headers.remove(HttpHeaderNames.CONTENT_LENGTH);
    }
    return Body.CHUNKED;
  }

  /** Whether a transfer coding is no other than chunks. */
  static boolean isChunked(CharSequence coding) {
    return HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(coding);
  }

  // ---- bodies

  // Fields that frame or announce mean nothing behind a body (RFC 9110, section 6.5.1).
  private boolean end() {
    state = State.START_LINE;
    HeaderList trailers = headers;
    headers = NO_HEADERS;
    countFields(unfinished);
    trailers
        .remove(HttpHeaderNames.CONTENT_LENGTH)
        .remove(HttpHeaderNames.TRANSFER_ENCODING)
        .remove(HttpHeaderNames.TRAILER);
    receiver.onEnd(trailers);
    return false;
  }

  private boolean length(ByteBuf in) {
    int count = (int) Math.min(remaining, in.readableBytes());
    remaining -= count;
    boolean last = remaining == 0;
    if (last) {
      state = State.START_LINE;
    }
    receiver.onBody(in.readRetainedSlice(count), last);
    return !last;
  }

  private boolean chunkLine(ByteBuf in) {
    while (in.isReadable()) {
      chunkLine.add(in.readByte());
      if (chunkLine.isBad()) {
        return fault(Fault.MALFORMED);
      }
      if (chunkLine.isDone()) {
        remaining = chunkLine.size();
        state = State.CHUNK;
        if (remaining == 0) {
          state = State.TRAILERS;
          headers = new HeaderList(0);
        }
        return true;
      }
    }
    return true;
  }

  private boolean chunk(ByteBuf in) {
    int count = (int) Math.min(remaining, in.readableBytes());
    remaining -= count;
    if (remaining == 0) {
      state = State.CHUNK_RETURN;
    }
    receiver.onBody(in.readRetainedSlice(count), false);
    return true;
  }

  private boolean expect(ByteBuf in, char wanted, State next) {
    if (in.readByte() != wanted) {
      return fault(Fault.MALFORMED);
    }
    chunkLine.begin();
    state = next;
    return true;
  }
}
