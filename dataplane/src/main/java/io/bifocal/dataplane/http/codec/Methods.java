package io.bifocal.dataplane.http.codec;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Request methods. The ones that Envoy's parser knows, and no other, are let in. */
final class Methods {
  private static final Set<String> KNOWN =
      Set.of(
          "GET",
          "HEAD",
          "POST",
          "PUT",
          "DELETE",
          "CONNECT",
          "OPTIONS",
          "TRACE",
          "PATCH",
          "PURGE",
          "COPY",
          "LOCK",
          "MKCOL",
          "MOVE",
          "PROPFIND",
          "PROPPATCH",
          "SEARCH",
          "UNLOCK",
          "BIND",
          "REBIND",
          "UNBIND",
          "ACL",
          "REPORT",
          "MKACTIVITY",
          "CHECKOUT",
          "MERGE",
          "M-SEARCH",
          "NOTIFY",
          "SUBSCRIBE",
          "UNSUBSCRIBE",
          "MKCALENDAR",
          "LINK",
          "UNLINK",
          "SOURCE");

  private static final String[] USUAL = {
    "GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH"
  };

  private Methods() {}

  /** The method in {@code bytes}, be it known or not; null when it is no token. */
  static @Nullable String of(byte[] bytes, int start, int end) {
    for (String method : USUAL) {
      if (matches(method, bytes, start, end)) {
        return method;
      }
    }
    for (int i = start; i < end; i++) {
      if (!HeaderNames.isTokenByte(bytes[i])) {
        return null;
      }
    }
    return start == end ? null : new String(bytes, start, end - start, StandardCharsets.US_ASCII);
  }

  private static boolean matches(String method, byte[] bytes, int start, int end) {
    if (method.length() != end - start) {
      return false;
    }
    for (int i = start; i < end; i++) {
      if (bytes[i] != method.charAt(i - start)) {
        return false;
      }
    }
    return true;
  }

  static boolean isKnown(String method) {
    return KNOWN.contains(method);
  }

  /** Whether a request without a body needs no {@code content-length: 0} to say so. */
  static boolean expectsNoBody(String method) {
    return switch (method) {
      case "GET", "HEAD", "DELETE", "TRACE", "CONNECT" -> true;
      default -> false;
    };
  }
}
