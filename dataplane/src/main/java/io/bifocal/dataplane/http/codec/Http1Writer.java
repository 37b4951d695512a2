package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.pool.HeaderKeyFormat;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Heads and bodies as bytes. One message after the other; it remembers how the body is framed. */
final class Http1Writer {
  private static final int CRLF = '\r' << 8 | '\n';
  private static final int COLON_SPACE = ':' << 8 | ' ';
  private static final AsciiString VERSION = AsciiString.cached(" HTTP/1.1\r\n");
  private static final AsciiString CHUNKED = AsciiString.cached("transfer-encoding: chunked\r\n");
  private static final AsciiString EMPTY = AsciiString.cached("content-length: 0\r\n");
  private static final AsciiString PROPER_CHUNKED =
      AsciiString.cached("Transfer-Encoding: chunked\r\n");
  private static final AsciiString PROPER_EMPTY = AsciiString.cached("Content-Length: 0\r\n");
  // Where it is in a status line.
  private static final int MINOR_VERSION = "HTTP/1.".length();
  private static final int BUFFER = 1024;
  // Below this a body is copied behind its head: cheaper than one more buffer to write.
  private static final int SMALL = 512;
  private static final int LARGE = 16 * 1024;
  private static final @Nullable AsciiString[] STATUS_LINES = new AsciiString[600];

  static {
    for (int code = 100; code < STATUS_LINES.length; code++) {
      String reason = reason(code);
      if (reason.startsWith("Unknown") || reason.endsWith("(" + code + ")")) {
        reason = "Unknown";
      }
      STATUS_LINES[code] = new AsciiString("HTTP/1.1 " + code + " " + reason + "\r\n");
    }
  }

  // In the words of RFC 9110, where Netty's are those of an older one.
  private static String reason(int code) {
    return switch (code) {
      case 413 -> "Payload Too Large"; // Envoy's, and RFC 7231's
      case 414 -> "URI Too Long";
      case 416 -> "Range Not Satisfiable";
      default -> HttpResponseStatus.valueOf(code).reasonPhrase();
    };
  }

  private enum Framing {
    NONE,
    LENGTH,
    CHUNKED
  }

  private final Http1Options options;
  private final boolean properCase;
  private Framing framing = Framing.NONE;
  // Small things wait for what follows, and go out as one buffer.
  private @Nullable ByteBuf waiting;
  // Of one exchange.
  private long bytesWritten;
  private long fieldBytesWritten;

  Http1Writer(Http1Options options) {
    this.options = options;
    this.properCase = options.keyFormat() instanceof HeaderKeyFormat.ProperCaseWords;
  }

  /** An exchange begins: what is written from now on is counted for it. */
  void count() {
    bytesWritten = 0;
    fieldBytesWritten = 0;
  }

  /** Bytes of the exchange so far. */
  long bytesWritten() {
    return bytesWritten;
  }

  /** Those of them that are lines of fields. */
  long fieldBytesWritten() {
    return fieldBytesWritten;
  }

  /**
   * The empty line, after which it is known how long a head is.
   *
   * @param start where it begins
   * @param fields where its fields do
   */
  private void end(ByteBuf out, int start, int fields) {
    fieldBytesWritten += out.writerIndex() - fields;
    out.writeShort(CRLF);
    bytesWritten += out.writerIndex() - start;
    waiting = out;
  }

  /** A request's head. */
  void request(ChannelHandlerContext ctx, RequestHead request, boolean end) {
    ByteBuf out = start(ctx);
    int start = out.writerIndex();
    ascii(out, request.method);
    out.writeByte(' ');
    target(out, request);
    ByteBufUtil.copy(VERSION, out);
    int fields = out.writerIndex();
    name(out, HttpHeaderNames.HOST, CasedHeaders.of(request.headers));
    out.writeShort(COLON_SPACE);
    ascii(out, request.authority);
    out.writeShort(CRLF);
    boolean sized = headers(out, request.headers);
    if (request.upgrade != null) {
      framing = Framing.LENGTH; // whatever follows, as it is
    } else if (sized) {
      framing = end ? Framing.NONE : Framing.LENGTH;
    } else if (end) {
      framing = Framing.NONE;
      if (!Methods.expectsNoBody(request.method)) {
        line(out, EMPTY, PROPER_EMPTY, request.headers);
      }
    } else {
      framing = Framing.CHUNKED;
      line(out, CHUNKED, PROPER_CHUNKED, request.headers);
    }
    end(out, start, fields);
  }

  private void target(ByteBuf out, RequestHead request) {
    if (request.isConnect()) {
      ascii(out, request.authority);
      return;
    }
    if (options.fullUrl()) {
      ascii(out, request.scheme.isEmpty() ? "http" : request.scheme);
      ascii(out, "://");
      ascii(out, request.authority);
    }
    ascii(out, request.path);
  }

  // A header of our own.
  private void line(ByteBuf out, AsciiString lower, AsciiString proper, HttpHeaders others) {
    CasedHeaders cased = CasedHeaders.of(others);
    boolean capitals = cased == null ? properCase : cased.properCaseOfOthers();
    ByteBufUtil.copy(capitals ? proper : lower, out);
  }

  /** How a body is framed, beside what the headers say. */
  enum Kind {
    USUAL,
    /** The request was HEAD: there is none. */
    TO_HEAD,
    /** The client is of HTTP/1.0: what has no length ends with the connection. */
    HTTP_1_0,
    /** What follows is not HTTP. */
    TUNNEL
  }

  /** What comes before a response. */
  void informational(ChannelHandlerContext ctx, int status, HttpHeaders headers) {
    ByteBuf out = start(ctx);
    int start = out.writerIndex();
    statusLine(out, status, null, Kind.USUAL);
    int fields = out.writerIndex();
    headers(out, headers);
    end(out, start, fields);
  }

  private static void statusLine(ByteBuf out, int status, @Nullable CasedHeaders cased, Kind kind) {
    AsciiString line = status < STATUS_LINES.length ? STATUS_LINES[status] : null;
    int start = out.writerIndex();
    String reason = cased == null ? null : cased.reason();
    if (reason != null) {
      ascii(out, "HTTP/1.1 " + status + " " + reason + "\r\n");
    } else if (line == null) {
      ascii(out, "HTTP/1.1 " + status + " Unknown\r\n");
    } else {
      ByteBufUtil.copy(line, out);
    }
    if (kind == Kind.HTTP_1_0) {
      out.setByte(start + MINOR_VERSION, '0');
    }
  }

  /** A response's head. */
  void response(
      ChannelHandlerContext ctx, int status, HttpHeaders headers, Kind kind, boolean end) {
    ByteBuf out = start(ctx);
    int start = out.writerIndex();
    statusLine(out, status, CasedHeaders.of(headers), kind);
    int fields = out.writerIndex();
    boolean sized = headers(out, headers);
    if (kind == Kind.TUNNEL) {
      framing = Framing.LENGTH;
      end(out, start, fields);
      return;
    }
    boolean toHead = kind == Kind.TO_HEAD;
    boolean bodiless = toHead || status < 200 || status == 204 || status == 304;
    if (bodiless) {
      framing = Framing.NONE;
    } else if (sized) {
      framing = end ? Framing.NONE : Framing.LENGTH;
    } else if (end) {
      framing = Framing.NONE;
      line(out, EMPTY, PROPER_EMPTY, headers);
    } else if (kind == Kind.HTTP_1_0) {
      framing = Framing.LENGTH;
    } else {
      framing = Framing.CHUNKED;
      line(out, CHUNKED, PROPER_CHUNKED, headers);
    }
    end(out, start, fields);
  }

  // Behind what still waits: the end of the message before it, or all of it.
  private ByteBuf start(ChannelHandlerContext ctx) {
    if (waiting != null && waiting.readableBytes() >= LARGE) {
      flushWaiting(ctx);
    }
    return tail(ctx);
  }

  /** A part of the body; {@code data} is released. */
  void body(ChannelHandlerContext ctx, ByteBuf data, boolean end) {
    int length = data.readableBytes();
    switch (framing) {
      case NONE -> {
        data.release();
        flushWaiting(ctx);
      }
      case LENGTH -> append(ctx, data, length);
      case CHUNKED -> {
        if (length > 0) {
          ByteBuf size = tail(ctx);
          int start = size.writerIndex();
          ascii(size, Integer.toHexString(length));
          size.writeShort(CRLF);
          bytesWritten += size.writerIndex() - start + 2;
          waiting = size;
          append(ctx, data, length);
          ByteBuf after = tail(ctx);
          after.writeShort(CRLF);
          waiting = after;
        } else {
          data.release();
        }
        if (end) {
          ByteBuf last = tail(ctx);
          last.writeByte('0').writeShort(CRLF).writeShort(CRLF);
          bytesWritten += 5;
          waiting = last;
        }
      }
    }
  }

  /** The end, with fields behind the body where they are enabled and the framing has room. */
  void trailers(ChannelHandlerContext ctx, HttpHeaders fields) {
    if (framing != Framing.CHUNKED || !options.trailers()) {
      body(ctx, Unpooled.EMPTY_BUFFER, true);
      return;
    }
    ByteBuf last = tail(ctx);
    int start = last.writerIndex();
    last.writeByte('0').writeShort(CRLF);
    int from = last.writerIndex();
    headers(last, fields);
    end(last, start, from);
  }

  private void append(ChannelHandlerContext ctx, ByteBuf data, int length) {
    bytesWritten += length;
    ByteBuf before = waiting;
    if (before != null && length <= SMALL) {
      before.writeBytes(data);
      data.release();
      return;
    }
    flushWaiting(ctx);
    if (length == 0) {
      data.release();
    } else {
      var unused = ctx.write(data, ctx.voidPromise());
    }
  }

  private ByteBuf tail(ChannelHandlerContext ctx) {
    ByteBuf before = waiting;
    return before != null ? before : ctx.alloc().ioBuffer(BUFFER);
  }

  /** Writes what waits for more to come; to be called before a flush. */
  void flushWaiting(ChannelHandlerContext ctx) {
    ByteBuf before = waiting;
    if (before != null) {
      waiting = null;
      var unused = ctx.write(before, ctx.voidPromise());
    }
  }

  /** Forgets what waits. */
  void discard() {
    ByteBuf before = waiting;
    if (before != null) {
      waiting = null;
      before.release();
    }
  }

  /** The headers, without framing by chunks, which is ours to decide; whether a length is there. */
  private boolean headers(ByteBuf out, HttpHeaders headers) {
    boolean sized = false;
    CasedHeaders cased = CasedHeaders.of(headers);
    if (headers instanceof HeaderList list) {
      for (int i = 0; i < list.size(); i++) {
        sized |= header(out, list.nameAt(i), list.valueAt(i), cased);
      }
      return sized;
    }
    Iterator<Map.Entry<CharSequence, CharSequence>> all = headers.iteratorCharSequence();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> header = all.next();
      sized |= header(out, header.getKey(), header.getValue(), cased);
    }
    return sized;
  }

  // Whether it is a length.
  private boolean header(
      ByteBuf out, CharSequence name, CharSequence value, @Nullable CasedHeaders cased) {
    out.ensureWritable(name.length() + value.length() + 4);
    name(out, name, cased);
    out.writeShort(COLON_SPACE);
    ascii(out, value);
    out.writeShort(CRLF);
    return name == HttpHeaderNames.CONTENT_LENGTH
        || (name.length() == HttpHeaderNames.CONTENT_LENGTH.length()
            && AsciiString.contentEqualsIgnoreCase(name, HttpHeaderNames.CONTENT_LENGTH));
  }

  private void name(ByteBuf out, CharSequence name, @Nullable CasedHeaders cased) {
    AsciiString written = cased == null ? null : cased.written(name);
    if (written != null) {
      ByteBufUtil.copy(written, out);
    } else if (cased == null ? properCase : cased.properCaseOfOthers()) {
      properCase(out, name);
    } else {
      ascii(out, name);
    }
  }

  // What follows anything but a letter or a digit begins a word.
  private static void properCase(ByteBuf out, CharSequence name) {
    boolean begins = true;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      out.writeByte(begins && c >= 'a' && c <= 'z' ? c - 32 : c);
      begins = !letter && !(c >= '0' && c <= '9');
    }
  }

  // Bytes beyond ASCII came in as Latin-1 and go out so.
  private static void ascii(ByteBuf out, CharSequence text) {
    if (text instanceof AsciiString ascii) {
      ByteBufUtil.copy(ascii, out);
    } else {
      out.writeCharSequence(text, StandardCharsets.ISO_8859_1);
    }
  }

  static boolean saysKeepAlive(HttpHeaders headers) {
    return headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE, true);
  }

  static boolean saysClose(HttpHeaders headers) {
    return headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE, true)
        || headers.containsValue(HeaderNames.PROXY_CONNECTION, HttpHeaderValues.CLOSE, true);
  }
}
