package io.bifocal.dataplane.http.route;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.stream.StreamInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Routes in order, of which the first that matches counts. Immutable. */
final class RouteList implements VirtualHost.Routes {
  // Fewer are looked at one by one.
  private static final int INDEXED = 8;

  private final Route[] routes;
  private final @Nullable PathIndex index;

  RouteList(List<Route> routes) {
    this.routes = routes.toArray(Route[]::new);
    this.index = routes.size() < INDEXED ? null : PathIndex.of(routes);
  }

  /**
   * The first that is for a request.
   *
   * @param pathEnd where the path to be looked at ends
   */
  @Override
  public @Nullable Route match(RequestHead head, int pathEnd, StreamInfo info, long random) {
    if (index == null || head.path.isEmpty()) {
      return first(head, pathEnd, info, random);
    }
    return index.first(head, pathEnd, info, random);
  }

  /** The same, by looking at one after the other. */
  @Nullable Route first(RequestHead head, int pathEnd, StreamInfo info, long random) {
    for (Route route : routes) {
      if (route.matches(head, pathEnd, info, random)) {
        return route;
      }
    }
    return null;
  }
}
