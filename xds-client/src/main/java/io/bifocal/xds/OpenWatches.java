package io.bifocal.xds;

import com.google.protobuf.Message;
import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A client's watches that are open, and who waits for all of them. Thread-safe. */
final class OpenWatches {
  private final Threads threads;
  private final Loop loop;
  private final Set<Watching<?>> open = ConcurrentHashMap.newKeySet();

  /** On the loop. */
  private boolean closed;

  OpenWatches(Threads threads) {
    this.threads = threads;
    this.loop = threads.loop();
  }

  /**
   * Opens one of a resource, or of all of a type.
   *
   * @param executor of the listener; null for the loop
   */
  <T extends Message, V> Watch<V> resources(
      Watches.Place<T> place,
      WatchListener<Resource<T>> listener,
      @Nullable Executor executor,
      ResourceWatching.View<T, V> view) {
    Delivery delivery = new Delivery(loop, executor);
    Watching<V> watch = add(place.type(), place.name(), delivery);
    ResourceWatching<T, V> subject = new ResourceWatching<>(place, listener, delivery, watch, view);
    return begin(watch, subject, subject::join);
  }

  /**
   * Opens one of a tree with this root.
   *
   * @param executor of the listener; null for the loop
   */
  <S> Watch<S> tree(
      ResourceType<?> type,
      String name,
      WatchListener<S> listener,
      @Nullable Executor executor,
      TreeWatching.Plant<S> plant) {
    Delivery delivery = new Delivery(loop, executor);
    Watching<S> watch = add(type, name, delivery);
    TreeWatching<S> subject = new TreeWatching<>(type, name, listener, delivery, watch);
    return begin(watch, subject, () -> subject.start(plant));
  }

  private <V> Watching<V> add(ResourceType<?> type, String name, Delivery delivery) {
    String what = name.isEmpty() ? type.shortName() : type + " " + name;
    Watching<V> watch = new Watching<>(what, delivery, loop, open::remove);
    open.add(watch);
    return watch;
  }

  private <V> Watch<V> begin(Watching<V> watch, Watching.Subject subject, Runnable join) {
    threads.onLoop(
        () -> {
          if (closed) {
            watch.close();
          } else {
            watch.on(subject);
            join.run();
          }
        });
    return watch;
  }

  CompletableFuture<Void> ready() {
    return CompletableFuture.allOf(
        open.stream().map(Watch::ready).toArray(CompletableFuture<?>[]::new));
  }

  void awaitReady(Duration timeout) throws NotReadyException, InterruptedException {
    Watching.refuseOnLoop(loop);
    List<Watching<?>> awaited = List.copyOf(open);
    try {
      ready().get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      List<WatchError> missing = new ArrayList<>();
      for (Watching<?> watch : awaited) {
        missing.addAll(watch.isReady() ? List.of() : watch.whatIsMissing());
      }
      NotReadyException why = new NotReadyException("the xDS client", timeout, missing);
      why.initCause(e);
      throw why;
    } catch (ExecutionException e) {
      throw new IllegalStateException("a watch was closed while it was awaited", e);
    }
  }

  /** Closes all, and what is opened from now on; on the loop. */
  void close() {
    closed = true;
    List.copyOf(open).forEach(Watching::close);
  }
}
