package io.bifocal.dataplane.http.codec;

import java.util.Set;

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

  private Methods() {}

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
