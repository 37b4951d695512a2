package io.bifocal.dataplane.http.codec;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes the lines of fields (RFC 9112, section 5), with their names spelled as is configured. */
final class FieldWriter {
  static final int CRLF = '\r' << 8 | '\n';

  private static final int COLON_SPACE = ':' << 8 | ' ';
  private static final AsciiString CHUNKED = AsciiString.cached("transfer-encoding: chunked\r\n");
  private static final AsciiString EMPTY = AsciiString.cached("content-length: 0\r\n");
  private static final AsciiString PROPER_CHUNKED =
      AsciiString.cached("Transfer-Encoding: chunked\r\n");
  private static final AsciiString PROPER_EMPTY = AsciiString.cached("Content-Length: 0\r\n");

  // Whether words begin with capitals of which it is not known how they came.
  private final boolean properCase;

  FieldWriter(boolean properCase) {
    this.properCase = properCase;
  }

  /** A message's headers; whether a length is there. */
  boolean all(ByteBuf out, HttpHeaders headers) {
    boolean sized = false;
    CasedHeaders cased = CasedHeaders.of(headers);
    if (headers instanceof HeaderList list) {
      for (int i = 0; i < list.size(); i++) {
        sized |= field(out, list.nameAt(i), list.valueAt(i), cased);
      }
      return sized;
    }
    Iterator<Map.Entry<CharSequence, CharSequence>> all = headers.iteratorCharSequence();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> header = all.next();
      sized |= field(out, header.getKey(), header.getValue(), cased);
    }
    return sized;
  }

  // Whether it is a length.
  private boolean field(
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

  /** Whom a request is for. */
  void host(ByteBuf out, RequestHead request) {
    name(out, HttpHeaderNames.HOST, CasedHeaders.of(request.headers));
    out.writeShort(COLON_SPACE);
    ascii(out, request.authority);
    out.writeShort(CRLF);
  }

  /**
   * That the body comes in chunks.
   *
   * @param others the message's own
   */
  void chunked(ByteBuf out, HttpHeaders others) {
    line(out, CHUNKED, PROPER_CHUNKED, others);
  }

  /** That there is no body. */
  void empty(ByteBuf out, HttpHeaders others) {
    line(out, EMPTY, PROPER_EMPTY, others);
  }

  private void line(ByteBuf out, AsciiString lower, AsciiString proper, HttpHeaders others) {
    ByteBufUtil.copy(isProper(CasedHeaders.of(others)) ? proper : lower, out);
  }

  private boolean isProper(@Nullable CasedHeaders cased) {
    return cased == null ? properCase : cased.properCaseOfOthers();
  }

  private void name(ByteBuf out, CharSequence name, @Nullable CasedHeaders cased) {
    AsciiString written = cased == null ? null : cased.written(name);
    if (written != null) {
      ByteBufUtil.copy(written, out);
    } else if (isProper(cased)) {
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

  /** Text as it is: bytes beyond ASCII came in as Latin-1 and go out so. */
  static void ascii(ByteBuf out, CharSequence text) {
    if (text instanceof AsciiString ascii) {
      ByteBufUtil.copy(ascii, out);
    } else {
      out.writeCharSequence(text, StandardCharsets.ISO_8859_1);
    }
  }
}
