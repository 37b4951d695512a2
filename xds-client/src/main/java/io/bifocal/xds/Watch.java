package io.bifocal.xds;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/**
 * A standing look at one resource, all of a type, or a resolved tree. May be used on any thread.
 *
 * @param <V> what is in force: a {@link Resource}, a map of them by name, or a snapshot
 */
public interface Watch<V> extends AutoCloseable {

  /** Value and error together, as of one moment. */
  WatchState<V> state();

  /** What is in force now: what the listener accepted last, unless it has ceased to exist. */
  default Optional<V> value() {
    return state().value();
  }

  /** What went wrong since a value was last accepted, if anything. */
  default Optional<WatchError> error() {
    return state().error();
  }

  /**
   * Completes with the first value in force (the first that its listener accepted; for a whole
   * type, when the first response has been judged, though it be empty). It is cancelled when the
   * watch is closed before. No error completes it, for what is wrong may come right.
   */
  CompletableFuture<V> ready();

  /**
   * Waits for {@link #ready}; for main threads.
   *
   * @throws NotReadyException when the time is over, saying what is missing and why
   * @throws java.util.concurrent.CancellationException when the watch is closed meanwhile
   * @throws IllegalStateException on the client's loop, which must not wait for itself
   */
  V awaitReady(Duration timeout) throws NotReadyException, InterruptedException;

  /**
   * The watch as a stream of its states, beginning with the present one. Whoever is slow misses
   * what has been replaced meanwhile: the newest wins. It completes when the watch is closed; the
   * watch is not closed when its subscribers cancel. Subscribers are called where the listener is,
   * one call at a time.
   */
  Flow.Publisher<WatchState<V>> publisher();

  /** Ends it; the listener hears nothing more once a call under way is over. Harmless twice. */
  @Override
  void close();
}
