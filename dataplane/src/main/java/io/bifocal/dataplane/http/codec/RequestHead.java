package io.bifocal.dataplane.http.codec;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

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

  /** What {@link #upgrade} is for a tunnel to the authority. */
  public static final String CONNECT = "CONNECT";

  /**
   * Another protocol that is to be spoken after the heads, by its name in {@code upgrade}; null for
   * none. What follows the head then is that protocol's, in either direction.
   */
  public @Nullable String upgrade;

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
  static RequestHead of(RequestLine line, HttpHeaders headers, Http1Options options)
      throws RequestTarget.Rejected {
    String method = line.method();
    ConnectionOptions.dropNominatedHost(headers);
    RequestTarget target =
        RequestTarget.parse(method, line.target(), headers, options.absoluteUrl());
    boolean hasHost = headers.contains(HttpHeaderNames.HOST);
    headers.remove(HttpHeaderNames.HOST);
    String authority = target.authority();
    if (!hasHost
        && line.version() == RequestLine.Version.HTTP_1_0
        && !options.defaultHost().isEmpty()) {
      hasHost = true;
      authority = options.defaultHost();
    }
    RequestHead head = new RequestHead(method, target.path(), authority, hasHost, headers);
    head.upgrade = method.equals("CONNECT") ? CONNECT : upgrade(headers);
    return head;
  }

  // h2c may be ignored and is.
  private static @Nullable String upgrade(HttpHeaders headers) {
    String wanted = headers.get(HttpHeaderNames.UPGRADE);
    return wanted != null
            && !wanted.equalsIgnoreCase("h2c")
            && headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true)
        ? wanted
        : null;
  }

  /** Whether a tunnel to the authority is asked for. */
  public boolean isConnect() {
    return CONNECT.equals(upgrade);
  }

  /** Whether such an answer means that the other protocol begins. */
  boolean upgradedBy(int status) {
    return upgrade != null && (isConnect() ? status / 100 == 2 : status == 101);
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
