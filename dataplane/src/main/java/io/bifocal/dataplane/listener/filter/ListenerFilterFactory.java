package io.bifocal.dataplane.listener.filter;

import io.bifocal.dataplane.stats.Scope;
import java.util.function.Supplier;

/** A configured listener filter, or one whose configuration is discovered. */
@FunctionalInterface
interface ListenerFilterFactory {
  /**
   * One worker's.
   *
   * @param root where it counts, in the cells of {@code shard}
   * @return makes what looks at one connection
   */
  Supplier<ListenerFilter> on(Scope root, int shard);

  /** Nobody begins a connection with it any more. */
  default void close() {}
}
