package io.bifocal.xds;

import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One embedder's watch: its state, and who waits for it. The state changes where the listener runs,
 * one change at a time.
 */
final class Watching<V> implements Watch<V> {
  /** What is watched. On the loop. */
  interface Subject {
    /** What is not there, and why. */
    List<WatchError> missing();

    /** The watch is closed. */
    void leave();
  }

  private static final long SECONDS_FOR_AN_ANSWER = 5;

  private final String what;
  private final Delivery delivery;
  private final Loop loop;
  private final ConflatingPublisher<WatchState<V>> publisher;
  private final CompletableFuture<V> first = new CompletableFuture<>();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Consumer<Watching<V>> onClose;
  private @Nullable Subject subject;
  private volatile WatchState<V> state = WatchState.nothing();

  /**
   * A watch.
   *
   * @param what for people, e.g. {@code CDS orders}
   * @param onClose told on the loop
   */
  Watching(String what, Delivery delivery, Loop loop, Consumer<Watching<V>> onClose) {
    this.what = what;
    this.delivery = delivery;
    this.loop = loop;
    this.publisher = new ConflatingPublisher<>(delivery.executor(), state);
    this.onClose = onClose;
  }

  /** Binds the watch to what it watches, on the loop. */
  void on(Subject subject) {
    this.subject = subject;
  }

  /** Whether there is a value. */
  boolean hasValue() {
    return state.value().isPresent();
  }

  // The future completes last: whoever waits for it finds the value in force.
  void inForce(V value, @Nullable WatchError error) {
    become(new WatchState<>(Optional.of(value), Optional.ofNullable(error)));
    first.complete(value);
  }

  /** The value is gone, or there is none yet. */
  void without(@Nullable WatchError error) {
    become(new WatchState<>(Optional.empty(), Optional.ofNullable(error)));
  }

  /** The value stays. */
  void beside(WatchError error) {
    become(state.with(error));
  }

  private void become(WatchState<V> next) {
    if (!closed.get() && !next.equals(state)) {
      state = next;
      publisher.publish(next);
    }
  }

  @Override
  public WatchState<V> state() {
    return state;
  }

  @Override
  public CompletableFuture<V> ready() {
    return first.copy();
  }

  @Override
  public Flow.Publisher<WatchState<V>> publisher() {
    return publisher;
  }

  @Override
  public V awaitReady(Duration timeout) throws NotReadyException, InterruptedException {
    refuseOnLoop(loop);
    try {
      return first.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      NotReadyException why = new NotReadyException(what, timeout, whatIsMissing());
      why.initCause(e);
      throw why;
    } catch (ExecutionException e) {
      throw new IllegalStateException("a watch never becomes ready with an error", e);
    }
  }

  static void refuseOnLoop(Loop loop) {
    if (loop.inLoop()) {
      throw new IllegalStateException("awaitReady on the client's loop would wait for ever");
    }
  }

  boolean isReady() {
    return first.isDone();
  }

  /** Asked of the loop, on another thread. */
  List<WatchError> whatIsMissing() throws InterruptedException {
    CompletableFuture<List<WatchError>> answer = new CompletableFuture<>();
    loop.execute(() -> answer.complete(subject == null ? List.of() : subject.missing()));
    try {
      return answer.get(SECONDS_FOR_AN_ANSWER, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      return List.of();
    }
  }

  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    first.cancel(false);
    delivery.end();
    if (loop.inLoop()) {
      leave();
    } else {
      loop.execute(this::leave);
    }
  }

  private void leave() {
    if (subject != null) {
      subject.leave();
    }
    onClose.accept(this);
    publisher.complete();
  }

  @Override
  public String toString() {
    return what;
  }
}
