package io.bifocal.dataplane.http.codec;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http3.Http3Headers;
import io.netty.util.AsciiString;
import java.util.Map;

/**
 * What is asked of the fields of a message (RFC 9114, sections 4.2 and 4.3), beyond what Netty
 * looks at: nothing that could be read another way behind the proxy.
 */
final class Http3Fields {
  private static final AsciiString[] OF_CONNECTIONS = {
    HttpHeaderNames.CONNECTION,
    HttpHeaderNames.TRANSFER_ENCODING,
    HttpHeaderNames.UPGRADE,
    HeaderNames.KEEP_ALIVE,
    HeaderNames.PROXY_CONNECTION
  };

  private Http3Fields() {}

  /** Whether a request may begin with them. */
  static boolean isHead(Http3Headers headers) {
    return areGood(headers)
        && headers.getAll(HttpHeaderNames.CONTENT_LENGTH).size() <= 1
        && isMethod(headers.method())
        && (headers.path() == null || headers.path().length() > 0);
  }

  /** Whether they may go on. */
  static boolean areGood(Http3Headers headers) {
    for (Map.Entry<CharSequence, CharSequence> field : headers) {
      CharSequence name = field.getKey();
      boolean good =
          isPseudo(name) ? isVisible(field.getValue()) : isName(name) && isValue(field.getValue());
      if (!good) {
        return false;
      }
    }
    return true;
  }

  private static boolean isPseudo(CharSequence name) {
    return name.length() > 0 && name.charAt(0) == ':';
  }

  private static boolean isMethod(CharSequence method) {
    return method != null && method.length() > 0 && isToken(method, true);
  }

  private static boolean isName(CharSequence name) {
    if (name.length() == 0 || !isToken(name, false)) {
      return false;
    }
    for (AsciiString other : OF_CONNECTIONS) {
      if (other.contentEquals(name)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isToken(CharSequence text, boolean upperCase) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c > 0x7f || !HeaderNames.isTokenByte((byte) c) || (!upperCase && c >= 'A' && c <= 'Z')) {
        return false;
      }
    }
    return true;
  }

  private static boolean isValue(CharSequence value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == 0 || c == '\r' || c == '\n') {
        return false;
      }
    }
    return true;
  }

  private static boolean isVisible(CharSequence value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c <= ' ' || c == 0x7f) {
        return false;
      }
    }
    return true;
  }
}
