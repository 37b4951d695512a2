package io.bifocal.dataplane.http.codec;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;

/** The two halves of a request's target; RFC 9112, section 3.2. */
record RequestTarget(String path, String authority) {

  static RequestTarget parse(String target, HttpHeaders headers) {
    String host = headers.get(HttpHeaderNames.HOST, "");
    if (target.isEmpty() || target.charAt(0) == '/') {
      return new RequestTarget(target, host);
    }
    int scheme = target.indexOf("://");
    if (scheme < 0) {
      return new RequestTarget(target, host);
    }
    int start = scheme + 3;
    int end = start;
    while (end < target.length() && "/?#".indexOf(target.charAt(end)) < 0) {
      end++;
    }
    String path = target.substring(end);
    if (path.isEmpty() || path.charAt(0) != '/') {
      path = "/" + path;
    }
    // The absolute form overrides the header.
    return new RequestTarget(path, target.substring(start, end));
  }
}
