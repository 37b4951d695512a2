package io.bifocal.dataplane.http.route;

import io.bifocal.dataplane.http.codec.HeaderNames;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.stream.StreamInfo;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A virtual host: where its requests go.
 *
 * @param tls who is sent to TLS first
 */
record VirtualHost(String name, TlsRequirement tls, Routes routes) {
  private static final Route TO_TLS =
      new Route(
          "",
          new PathMatch.Prefix("", false),
          List.of(),
          new RouteAction.Redirect(301, new RedirectTarget.Secured()),
          List.of(),
          List.of(),
          Map.of(),
          null,
          null,
          null,
          null);

  /** {@code require_tls}. */
  enum TlsRequirement {
    NONE,
    EXTERNAL_ONLY,
    ALL;

    boolean refuses(RequestHead head) {
      return this != NONE
          && !head.headers.contains(HeaderNames.X_FORWARDED_PROTO, "https", false)
          && (this == ALL || !"true".equals(head.headers.get("x-envoy-internal")));
    }
  }

  /** How a route is found: in a list, or by a tree of conditions that leads to lists. */
  @FunctionalInterface
  interface Routes {
    /**
     * The first that is for a request.
     *
     * @param pathEnd where the path to be looked at ends
     */
    @Nullable Route match(RequestHead head, int pathEnd, StreamInfo info, long random);
  }

  @Nullable Route match(RequestHead head, int pathEnd, StreamInfo info, long random) {
    if (tls.refuses(head)) {
      return TO_TLS;
    }
    Route found = routes.match(head, pathEnd, info, random);
    return found == null ? null : found.chosen(head, info, random);
  }
}
