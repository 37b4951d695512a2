package io.bifocal.dataplane.listener.match;

import io.bifocal.dataplane.listener.filter.AcceptedConnection;
import org.jspecify.annotations.Nullable;

/** Which filter chain takes a connection. Immutable. */
@FunctionalInterface
public interface ChainChoice<C> {
  /** The chain, or null when none takes it. */
  @Nullable C find(AcceptedConnection connection);
}
