package io.bifocal.dataplane.http.codec;

import io.netty.handler.codec.http.HttpHeaders;

/**
 * A request without its body. The pseudo-headers are fields and so {@code host} is not among the
 * headers, whatever the version on the wire. Mutable: the data path changes it as it goes.
 */
public final class RequestHead {
  public final String method;
  public String path;
  public String authority;
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
