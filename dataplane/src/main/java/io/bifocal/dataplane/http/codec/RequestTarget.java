package io.bifocal.dataplane.http.codec;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * The two halves of a request's target; RFC 9112, section 3.2.
 *
 * @param path empty for {@code CONNECT}, whose target is an authority
 */
record RequestTarget(String path, String authority) {

  /** Null when there is no such target, or more than one host. */
  static @Nullable RequestTarget parse(String method, String target, HttpHeaders headers) {
    String host = host(headers);
    if (host == null) {
      return null;
    }
    if (method.equals("CONNECT")) {
      return new RequestTarget("", target);
    }
    if (!target.isEmpty() && target.charAt(0) == '/') {
      return new RequestTarget(target, host);
    }
    if (target.equals("*")) {
      return method.equals("OPTIONS") ? new RequestTarget(target, host) : null;
    }
    int scheme = target.indexOf("://");
    if (scheme <= 0) {
      return null;
    }
    int start = scheme + 3;
    int end = start;
    while (end < target.length() && "/?#".indexOf(target.charAt(end)) < 0) {
      end++;
    }
    if (end == start) {
      return null;
    }
    String path = target.substring(end);
    // The absolute form overrides the header.
    return new RequestTarget(
        path.startsWith("/") ? path : "/" + path, target.substring(start, end));
  }

  // Empty when there is none, null when there are several.
  private static @Nullable String host(HttpHeaders headers) {
    Iterator<? extends CharSequence> hosts =
        headers.valueCharSequenceIterator(HttpHeaderNames.HOST);
    if (!hosts.hasNext()) {
      return "";
    }
    String host = hosts.next().toString();
    return hosts.hasNext() ? null : host;
  }
}
