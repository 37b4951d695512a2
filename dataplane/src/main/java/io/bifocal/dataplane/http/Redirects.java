package io.bifocal.dataplane.http;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.route.Route;
import io.bifocal.dataplane.http.route.RouteAction;

/** Where a redirect leads. */
final class Redirects {
  private Redirects() {}

  /**
   * The redirect's target.
   *
   * @param asked the scheme by which the client asked
   */
  static String location(
      RouteAction.Redirect redirect, Route route, RequestHead head, String asked) {
    StringBuilder location = new StringBuilder();
    String scheme = redirect.scheme() == null ? asked : redirect.scheme();
    String host = redirect.host() == null ? head.authority : redirect.host();
    location.append(scheme).append("://");
    if (redirect.port() != 0) {
      location.append(withoutPort(host)).append(':').append(redirect.port());
    } else if (redirect.host() == null && redirect.scheme() != null) {
      // A default port of the old scheme would be wrong under the new one.
      location.append(host.endsWith(":80") || host.endsWith(":443") ? withoutPort(host) : host);
    } else {
      location.append(host);
    }
    String path = path(redirect, route, head);
    int query = path.indexOf('?');
    location.append(redirect.stripQuery() && query >= 0 ? path.substring(0, query) : path);
    return location.toString();
  }

  private static String path(RouteAction.Redirect redirect, Route route, RequestHead head) {
    if (redirect.path() != null) {
      int query = head.path.indexOf('?');
      boolean keep = query >= 0 && redirect.path().indexOf('?') < 0;
      return keep ? redirect.path() + head.path.substring(query) : redirect.path();
    }
    if (redirect.prefixRewrite() != null) {
      return route.rewritten(head, redirect.prefixRewrite());
    }
    return head.path;
  }

  private static String withoutPort(String host) {
    int colon = host.lastIndexOf(':');
    return colon < 0 || host.indexOf(']', colon) >= 0 ? host : host.substring(0, colon);
  }
}
