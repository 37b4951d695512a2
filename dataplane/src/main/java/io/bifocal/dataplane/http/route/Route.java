package io.bifocal.dataplane.http.route;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.runtime.RuntimeFraction;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a virtual host: when it matches and what follows.
 *
 * @param requestChanges what to do to the request's headers, in order
 * @param responseChanges what to do to the answer's
 * @param attemptCount {@code include_request_attempt_count}
 * @param filters what is said of HTTP filters, by their names
 */
public record Route(
    String name,
    PathMatch path,
    List<HeaderMatch> headers,
    List<QueryMatch> query,
    @Nullable RuntimeFraction fraction,
    boolean grpcOnly,
    RouteAction action,
    List<HeaderChanges> requestChanges,
    List<HeaderChanges> responseChanges,
    boolean attemptCount,
    Map<String, FilterOverride> filters) {

  public Route {
    headers = List.copyOf(headers);
    query = List.copyOf(query);
    requestChanges = List.copyOf(requestChanges);
    responseChanges = List.copyOf(responseChanges);
    filters = Map.copyOf(filters);
  }

  boolean matches(RequestHead head, int pathEnd, long random) {
    if (!path.matches(head.path, pathEnd)) {
      return false;
    }
    if (fraction != null && !fraction.includes(random)) {
      return false;
    }
    for (int i = 0; i < headers.size(); i++) {
      if (!headers.get(i).matches(head)) {
        return false;
      }
    }
    for (int i = 0; i < query.size(); i++) {
      if (!query.get(i).matches(head.path)) {
        return false;
      }
    }
    return !grpcOnly || isGrpc(head);
  }

  private static boolean isGrpc(RequestHead head) {
    String type = head.headers.get("content-type", "");
    return type.startsWith("application/grpc")
        && (type.length() == 16 || type.charAt(16) == '+' || type.charAt(16) == ';');
  }

  /** The path as the upstream is to see it, after a {@code prefix_rewrite}. */
  public String rewritten(RequestHead head, String replacement) {
    int end = head.pathEnd();
    return replacement.concat(head.path.substring(path.length(end)));
  }
}
