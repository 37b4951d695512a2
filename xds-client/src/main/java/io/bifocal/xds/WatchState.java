package io.bifocal.xds;

import java.util.Optional;

/**
 * A watch at one moment.
 *
 * @param value what is in force; empty until something is, and again when it has ceased to exist
 * @param error the last thing that went wrong since a value was last accepted; beside a value, the
 *     value is in force all the same
 */
public record WatchState<V>(Optional<V> value, Optional<WatchError> error) {
  static <V> WatchState<V> nothing() {
    return new WatchState<>(Optional.empty(), Optional.empty());
  }

  WatchState<V> with(WatchError newError) {
    return new WatchState<>(value, Optional.of(newError));
  }
}
