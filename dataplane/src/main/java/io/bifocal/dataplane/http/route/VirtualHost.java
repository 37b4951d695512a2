package io.bifocal.dataplane.http.route;

import io.bifocal.dataplane.http.codec.RequestHead;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Routes in order; the first that matches counts. */
record VirtualHost(String name, List<Route> routes) {
  VirtualHost {
    routes = List.copyOf(routes);
  }

  @Nullable Route match(RequestHead head, long random) {
    int end = head.pathEnd();
    for (int i = 0; i < routes.size(); i++) {
      Route route = routes.get(i);
      if (route.matches(head, end, random)) {
        return route;
      }
    }
    return null;
  }
}
