package io.bifocal.dataplane.http;

import io.bifocal.dataplane.http.route.RouteTable;
import org.jspecify.annotations.Nullable;

/** Where a connection manager finds its routes; from any worker. */
interface RouteSource extends AutoCloseable {
  /** The routes of now, or null while there are none. */
  @Nullable RouteTable current();

  /** They are no longer wanted; on the control loop. */
  @Override
  void close();
}
