package io.bifocal.dataplane.http.route;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.stream.StreamInfo;

/** What must hold for a route besides its path. Immutable. */
@FunctionalInterface
interface Condition {
  /**
   * Whether it holds.
   *
   * @param random not negative; for shares
   */
  boolean holds(RequestHead head, StreamInfo info, long random);
}
