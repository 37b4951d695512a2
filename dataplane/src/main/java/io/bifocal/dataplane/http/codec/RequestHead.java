package io.bifocal.dataplane.http.codec;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;

/**
 * A request without its body. The pseudo-headers are fields and so {@code host} is not among the
 * headers, whatever the version on the wire. Mutable: the data path changes it as it goes.
 */
public final class RequestHead {
  public final String method;
  public String path;
  public String authority;

  /** {@code http} or {@code https}; empty until it is known. */
  public String scheme = "";

  public final HttpHeaders headers;

  /** Whether the authority was given at all; an empty one may have been. */
  public final boolean hasHost;

  public RequestHead(
      String method, String path, String authority, boolean hasHost, HttpHeaders headers) {
    this.method = method;
    this.path = path;
    this.authority = authority;
    this.hasHost = hasHost;
    this.headers = headers;
  }

  /** As it was on the wire. */
  static RequestHead of(HttpRequest request) throws RequestTarget.Rejected {
    String method = request.method().name();
    HttpHeaders headers = request.headers();
    ConnectionOptions.dropNominatedHost(headers);
    RequestTarget target = RequestTarget.parse(method, request.uri(), headers);
    boolean hasHost = headers.contains(HttpHeaderNames.HOST);
    headers.remove(HttpHeaderNames.HOST);
    return new RequestHead(method, target.path(), target.authority(), hasHost, headers);
  }

  /** Whether the headers of HTTP/1.1 say that a body follows (RFC 9112, section 6.3). */
  boolean announcesBody() {
    if (headers.contains(HttpHeaderNames.TRANSFER_ENCODING)) {
      return true;
    }
    String length = headers.get(HttpHeaderNames.CONTENT_LENGTH);
    return length != null && !length.equals("0");
  }

  /** The path up to its query or fragment. */
  public int pathEnd() {
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c == '?' || c == '#') {
        return i;
      }
    }
    return path.length();
  }
}
