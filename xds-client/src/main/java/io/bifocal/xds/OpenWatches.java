package io.bifocal.xds;

import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A client's watches that are open, and who waits for all of them. Thread-safe. */
final class OpenWatches {
  private final Loop loop;
  private final Set<Watching<?>> open = ConcurrentHashMap.newKeySet();

  OpenWatches(Loop loop) {
    this.loop = loop;
  }

  /** One more, which is still to join. */
  <V> Watching<V> add(ResourceType<?> type, String name, Delivery delivery) {
    String what = name.isEmpty() ? type.shortName() : type + " " + name;
    Watching<V> watch = new Watching<>(what, delivery, loop, open::remove);
    open.add(watch);
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

  /** Closes all; on the loop. */
  void close() {
    List.copyOf(open).forEach(Watching::close);
  }
}
