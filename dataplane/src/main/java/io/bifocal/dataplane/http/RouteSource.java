package io.bifocal.dataplane.http;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.route.RouteTable;
import io.bifocal.dataplane.ondemand.Question;
import org.jspecify.annotations.Nullable;

/** Where a connection manager finds its routes; from any worker. */
interface RouteSource extends AutoCloseable {
  /** The routes of now for a request, or null while there are none. */
  @Nullable RouteTable current(RequestHead head);

  /** Who may know the route that a request lacks; null when nobody does. */
  default @Nullable Question missing(RequestHead head) {
    return null;
  }

  /** They are no longer wanted; on the control loop. */
  @Override
  void close();
}
