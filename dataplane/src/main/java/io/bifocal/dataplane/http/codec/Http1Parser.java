package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.pool.HeaderKeyFormat.PreserveCase;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * Finds the messages of HTTP/1 in a stream of bytes (RFC 9112). It knows no channel: bytes come in,
 * in whatever pieces, and a receiver hears what they are. What could be read in two ways is a
 * fault; after one nothing more is heard.
 */
abstract class Http1Parser implements MessageLines.Grammar {
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
    HEAD,
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
  private final boolean chunkedLength;
  private final MessageLines lines;
  private final ChunkLine chunkLine;
  private State state = State.HEAD;
  private long remaining;
  // Of one exchange.
  private long bytesRead;
  private int fieldBytesRead;
  private int headBytesRead;
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
    int maxBytes = options.limits().maxHeaderBytes();
    PreserveCase cased = options.keyFormat() instanceof PreserveCase format ? format : null;
    this.lines = new MessageLines(this, maxBytes, cased);
    this.chunkLine = new ChunkLine(maxBytes);
    this.chunkedLength = options.chunkedLength();
  }

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
    var unused = lines.takeCount();
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
    return state == State.HEAD && lines.isEmpty();
  }

  /** From here on nothing is parsed. */
  final void tunnel() {
    state = State.TUNNEL;
  }

  /** The connection's end, which may be a body's. */
  final void onClosed() {
    if (state == State.UNTIL_CLOSE) {
      state = State.HEAD;
      receiver.onEnd(new HeaderList(0));
    }
  }

  /** Ends the parsing; false, as there is nothing more to do. */
  final boolean fault(Fault fault) {
    state = State.FAULT;
    HeaderList read = lines.headers();
    lines.clear();
    receiver.onFault(fault, read);
    return false;
  }

  // Whether the message goes on.
  private boolean step(ByteBuf in) {
    return switch (state) {
      case HEAD -> {
        MessageLines.Found found = lines.head(in);
        yield found == MessageLines.Found.END ? headEnd() : goesOn(found);
      }
      case TRAILERS -> {
        MessageLines.Found found = lines.line(in);
        yield found == MessageLines.Found.END ? end() : goesOn(found);
      }
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

  private boolean goesOn(MessageLines.Found found) {
    return switch (found) {
      case MORE, END -> true;
      case MALFORMED -> fault(Fault.MALFORMED);
      case TOO_LARGE -> fault(Fault.TOO_LARGE);
    };
  }

  private boolean headEnd() {
    HeaderList head = lines.headers();
    fieldBytesRead += Math.max(lines.takeCount(), MessageLines.FIELD);
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
          case NONE -> State.HEAD;
          case LENGTH -> State.LENGTH;
          case CHUNKED -> State.CHUNK_LINE;
          case UNTIL_CLOSE -> State.UNTIL_CLOSE;
          case TUNNEL -> State.TUNNEL;
        };
    remaining = length;
    chunkLine.begin();
    lines.clear();
    receiver.onHead(head, body);
    return body != Body.NONE;
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
    state = State.HEAD;
    HeaderList trailers = lines.headers();
    lines.clear();
    fieldBytesRead += lines.takeCount();
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
      state = State.HEAD;
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
          lines.beginTrailers();
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
