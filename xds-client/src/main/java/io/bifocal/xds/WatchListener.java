package io.bifocal.xds;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears of what a {@link Watch} watches: on the client's loop, where it must not block, or on the
 * executor given with it, where it may. Calls come one at a time and in order, on whatever
 * executor.
 *
 * @param <V> a {@link Resource}, or a resolved tree of {@code io.bifocal.xds.snapshot}
 */
@FunctionalInterface
public interface WatchListener<V> {

  /**
   * A new or changed value; what is known already is told to a new watch at once.
   *
   * <p>The answer becomes the answer to the control plane, which waits for it: rejecting is a NACK
   * with the message as {@code error_detail}, and this watch keeps the value it had. Of a tree it
   * is the response that made it complete which is refused. A replay has been answered already:
   * rejecting it concerns this watch alone. A listener that throws has rejected.
   */
  Verdict onUpdate(V value);

  /**
   * There is no value in force: it ceased to exist ({@code DOES_NOT_EXIST}; for a watch of a whole
   * type, the resource named), or none has come yet, for this reason. The default logs a warning.
   */
  default void onError(WatchError error) {
    logger().warn("{}", error);
  }

  /** Something is wrong, but the value stays in force. The default logs a warning. */
  default void onAmbientError(WatchError error) {
    logger().warn("{}; the value before it stays in force", error);
  }

  /** One that accepts whatever comes. */
  static <V> WatchListener<V> accepting() {
    return value -> Verdict.accept();
  }

  private static Logger logger() {
    return LoggerFactory.getLogger(WatchListener.class);
  }
}
