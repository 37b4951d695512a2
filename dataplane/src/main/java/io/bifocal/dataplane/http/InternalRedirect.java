package io.bifocal.dataplane.http;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.route.InternalRedirects;
import io.bifocal.dataplane.http.route.Route;
import io.bifocal.dataplane.http.route.RouteAction;
import io.bifocal.dataplane.http.route.RouteTable;
import io.bifocal.dataplane.stream.StreamInfo;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The redirects that one client's request has followed here, and what the next one leads to.
 * Source: Envoy's {@code Filter::convertRequestHeadersForInternalRedirect}.
 */
final class InternalRedirect {
  private static final AsciiString ORIGINAL_URL = AsciiString.cached("x-envoy-original-url");

  /** The request that follows an answer, and its route. */
  record Redirected(int status, HttpHeaders answer, RequestHead head, Route route) {
    /** The line of the request before in the access log tells of this one already. */
    void tell(StreamInfo before) {
      before.responseCode = status;
      before.responseHeaders = answer;
      before.responseCodeDetails = "internal_redirect";
      before.method = head.method;
      before.authority = head.authority;
      before.path = head.path;
      before.requestHeaders = head.headers;
      tell(before, route);
    }

    private static void tell(StreamInfo before, Route route) {
      before.routeName = route.name();
      if (route.action() instanceof RouteAction.Forward forward) {
        before.upstreamCluster = forward.clusterName();
      }
    }
  }

  private final HttpConnection connection;
  private final HttpStats stats;
  private final long random;
  private final Map<String, Set<String>> routesBefore = new HashMap<>(2);
  private int followed;

  /**
   * @param random the request's chance, which its followers share
   */
  InternalRedirect(HttpConnection connection, long random) {
    this.connection = connection;
    this.stats = connection.stats;
    this.random = random;
  }

  /**
   * What follows an answer; null when it is the client's to follow. Counts what forbids it.
   *
   * @param info of the request before; routing notes its findings there, as Envoy's log has it
   */
  @Nullable Redirected next(
      InternalRedirects policy,
      int status,
      RequestHead before,
      HttpHeaders answer,
      StreamInfo info) {
    Target target = target(policy, before, answer);
    if (target == null) {
      return null;
    }
    RequestHead head = head(policy, status, before, answer, target);
    RouteTable table = connection.manager.routes().current(head);
    Route to = table == null ? null : table.match(head, info, random);
    if (to == null) {
      stats.redirectNoRoute.inc();
      info.routeName = "";
      info.upstreamCluster = "";
      return null;
    }
    if (!accepts(policy, before, target, info.routeName, to.name())) {
      stats.redirectPredicate.inc();
      Redirected.tell(info, to);
      return null;
    }
    followed++;
    return new Redirected(status, answer, head, to);
  }

  /** Where a {@code location} leads; null when it does not say all of it. */
  record Target(String scheme, String authority, String path) {
    static @Nullable Target of(String location) {
      int colon = location.indexOf("://");
      if (colon <= 0) {
        return null;
      }
      int start = colon + 3;
      int end = start;
      while (end < location.length() && "/?#".indexOf(location.charAt(end)) < 0) {
        end++;
      }
      if (end == start) {
        return null;
      }
      int hash = location.indexOf('#', end);
      String path = location.substring(end, hash < 0 ? location.length() : hash);
      return new Target(
          location.substring(0, colon),
          location.substring(start, end),
          path.startsWith("/") ? path : "/" + path);
    }

    boolean isHttp() {
      return scheme.equalsIgnoreCase("http");
    }
  }

  // Whether it may be followed as far as its target alone tells.
  private @Nullable Target target(InternalRedirects policy, RequestHead head, HttpHeaders answer) {
    String location = answer.get(HttpHeaderNames.LOCATION);
    if (location == null) {
      return null;
    }
    Target target = Target.of(location);
    if (target == null) {
      stats.redirectBadLocation.inc();
      return null;
    }
    if (!policy.allowCrossScheme() && target.isHttp() != isHttp(head)) {
      stats.redirectUnsafeScheme.inc();
      return null;
    }
    if (followed >= policy.most()) {
      stats.redirectTooMany.inc();
      return null;
    }
    return target;
  }

  private static boolean isHttp(RequestHead head) {
    return !head.scheme.equals("https");
  }

  // Whether the policy's predicates accept the route that it leads to.
  private boolean accepts(
      InternalRedirects policy, RequestHead head, Target target, String from, String to) {
    for (InternalRedirects.Predicate predicate : policy.predicates()) {
      if (!accepts(predicate, head, target, from, to)) {
        return false;
      }
    }
    return true;
  }

  private boolean accepts(
      InternalRedirects.Predicate predicate,
      RequestHead head,
      Target target,
      String from,
      String to) {
    if (predicate instanceof InternalRedirects.AllowListedRoutes listed) {
      return listed.names().contains(to);
    }
    if (predicate instanceof InternalRedirects.SafeCrossScheme) {
      return !isHttp(head) || target.isHttp();
    }
    return routesBefore.computeIfAbsent(from, name -> new HashSet<>()).add(to);
  }

  // The request as it goes to the redirect's target.
  private static RequestHead head(
      InternalRedirects policy, int status, RequestHead before, HttpHeaders answer, Target target) {
    HttpHeaders headers = before.headers.copy();
    for (AsciiString name : policy.headersToCopy()) {
      headers.remove(name);
      List<String> values = answer.getAll(name);
      if (!values.isEmpty()) {
        headers.add(name, values);
      }
    }
    boolean see = status == 303 && !before.method.equals("GET") && !before.method.equals("HEAD");
    if (see) {
      headers.remove(HttpHeaderNames.CONTENT_LENGTH);
      headers.remove(HttpHeaderNames.TRANSFER_ENCODING);
    }
    String scheme = isHttp(before) ? "http" : "https";
    headers.set(ORIGINAL_URL, scheme + "://" + before.authority + before.path);
    RequestHead next =
        new RequestHead(
            see ? "GET" : before.method, target.path(), target.authority(), true, headers);
    next.scheme = target.scheme();
    return next;
  }
}
