package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.pool.HeaderKeyFormat;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;

/** Heads and bodies as bytes. One message after the other; it remembers how the body is framed. */
final class Http1Writer {
  private static final AsciiString VERSION = AsciiString.cached(" HTTP/1.1\r\n");
  private static final int BUFFER = 1024;
  // Below this a body is copied behind its head: cheaper than one more buffer to write.
  private static final int SMALL = 512;
  private static final int LARGE = 16 * 1024;

  private enum Framing {
    NONE,
    LENGTH,
    CHUNKED
  }

  private final Http1Options options;
  private final FieldWriter fields;
  private Framing framing = Framing.NONE;
  // Small things wait for what follows, and go out as one buffer.
  private @Nullable ByteBuf waiting;
  // Of one exchange.
  private long bytesWritten;
  private long fieldBytesWritten;

  Http1Writer(Http1Options options) {
    this.options = options;
    this.fields = new FieldWriter(options.keyFormat() instanceof HeaderKeyFormat.ProperCaseWords);
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
   * @param from where its fields do
   */
  private void end(ByteBuf out, int start, int from) {
    fieldBytesWritten += out.writerIndex() - from;
    out.writeShort(FieldWriter.CRLF);
    bytesWritten += out.writerIndex() - start;
    waiting = out;
  }

  /** A request's head. */
  void request(ChannelHandlerContext ctx, RequestHead request, boolean end) {
    ByteBuf out = start(ctx);
    int start = out.writerIndex();
    FieldWriter.ascii(out, request.method);
    out.writeByte(' ');
    target(out, request);
    ByteBufUtil.copy(VERSION, out);
    int from = out.writerIndex();
    fields.host(out, request);
    boolean sized = fields.all(out, request.headers);
    if (request.upgrade != null) {
      framing = Framing.LENGTH; // whatever follows, as it is
    } else if (sized) {
      framing = end ? Framing.NONE : Framing.LENGTH;
    } else if (end) {
      framing = Framing.NONE;
      if (!Methods.expectsNoBody(request.method)) {
        fields.empty(out, request.headers);
      }
    } else {
      framing = Framing.CHUNKED;
      fields.chunked(out, request.headers);
    }
    end(out, start, from);
  }

  private void target(ByteBuf out, RequestHead request) {
    if (request.isConnect()) {
      FieldWriter.ascii(out, request.authority);
      return;
    }
    if (options.fullUrl()) {
      FieldWriter.ascii(out, request.scheme.isEmpty() ? "http" : request.scheme);
      FieldWriter.ascii(out, "://");
      FieldWriter.ascii(out, request.authority);
    }
    FieldWriter.ascii(out, request.path);
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
    StatusLine.write(out, status, null);
    int from = out.writerIndex();
    var unused = fields.all(out, headers);
    end(out, start, from);
  }

  /** A response's head. */
  void response(
      ChannelHandlerContext ctx, int status, HttpHeaders headers, Kind kind, boolean end) {
    ByteBuf out = start(ctx);
    int start = out.writerIndex();
    CasedHeaders cased = CasedHeaders.of(headers);
    StatusLine.write(out, status, cased == null ? null : cased.reason());
    if (kind == Kind.HTTP_1_0) {
      StatusLine.ofHttp10(out, start);
    }
    int from = out.writerIndex();
    boolean sized = fields.all(out, headers);
    if (kind == Kind.TUNNEL) {
      framing = Framing.LENGTH;
      end(out, start, from);
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
      fields.empty(out, headers);
    } else if (kind == Kind.HTTP_1_0) {
      framing = Framing.LENGTH;
    } else {
      framing = Framing.CHUNKED;
      fields.chunked(out, headers);
    }
    end(out, start, from);
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
          FieldWriter.ascii(size, Integer.toHexString(length));
          size.writeShort(FieldWriter.CRLF);
          bytesWritten += size.writerIndex() - start + 2;
          waiting = size;
          append(ctx, data, length);
          ByteBuf after = tail(ctx);
          after.writeShort(FieldWriter.CRLF);
          waiting = after;
        } else {
          data.release();
        }
        if (end) {
          ByteBuf last = tail(ctx);
          last.writeByte('0').writeShort(FieldWriter.CRLF).writeShort(FieldWriter.CRLF);
          bytesWritten += 5;
          waiting = last;
        }
      }
    }
  }

  /** The end, with fields behind the body where they are enabled and the framing has room. */
  void trailers(ChannelHandlerContext ctx, HttpHeaders trailers) {
    if (framing != Framing.CHUNKED || !options.trailers()) {
      body(ctx, Unpooled.EMPTY_BUFFER, true);
      return;
    }
    ByteBuf last = tail(ctx);
    int start = last.writerIndex();
    last.writeByte('0').writeShort(FieldWriter.CRLF);
    int from = last.writerIndex();
    var unused = fields.all(last, trailers);
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
}
