package io.bifocal.xds;

import com.google.protobuf.Message;
import io.bifocal.xds.time.Loop;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One embedder's watch. Its state changes where its listener runs, one change at a time. */
final class Watching<T extends Message> implements Watch<T> {
  private static final Logger log = LoggerFactory.getLogger(Watching.class);

  private record Seen<T extends Message>(
      Map<String, Resource<T>> resources, @Nullable XdsError error) {}

  private final WatchListener<T> listener;
  private final @Nullable Executor executor;
  private final Loop loop;
  private final Consumer<Watching<T>> onClose;
  private final CompletableFuture<Resource<T>> first = new CompletableFuture<>();

  /** What is in force; touched only where the listener runs, and published as {@link #seen}. */
  private final Map<String, Resource<T>> inForce = new LinkedHashMap<>();

  private @Nullable XdsError error;
  private volatile Seen<T> seen = new Seen<>(Map.of(), null);
  private volatile boolean closed;

  /**
   * A watch.
   *
   * @param executor where the listener runs, in order; null for the loop
   */
  Watching(
      WatchListener<T> listener,
      @Nullable Executor executor,
      Loop loop,
      Consumer<Watching<T>> onClose) {
    this.listener = listener;
    this.executor = executor;
    this.loop = loop;
    this.onClose = onClose;
  }

  @Override
  public Map<String, Resource<T>> resources() {
    return seen.resources();
  }

  @Nullable Resource<T> inForce(String name) {
    return seen.resources().get(name);
  }

  @Override
  public Optional<XdsError> lastError() {
    return Optional.ofNullable(seen.error());
  }

  @Override
  public CompletableFuture<Resource<T>> first() {
    return first.copy();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      first.cancel(false);
      loop.execute(() -> onClose.accept(this));
    }
  }

  /** An update, on the loop; the verdict comes from where the listener runs. */
  Verdict update(Update<T> update) {
    if (closed) {
      return Verdict.accept();
    }
    if (executor == null) {
      return apply(update);
    }
    Verdict.Pending pending = Verdict.pending();
    boolean taken =
        run(
            () -> {
              Verdict verdict = closed ? Verdict.accept() : apply(update);
              loop.execute(() -> settle(pending, verdict));
            });
    return taken ? pending : Verdict.accept();
  }

  private static void settle(Verdict.Pending pending, Verdict verdict) {
    if (verdict instanceof Verdict.Pending later) {
      later.whenSettled(pending::settle);
    } else {
      pending.settle(verdict);
    }
  }

  void error(XdsError error) {
    run(
        () -> {
          if (!closed) {
            this.error = error;
            publish();
            guarded(() -> listener.onError(error));
          }
        });
  }

  private boolean run(Runnable task) {
    if (executor == null) {
      task.run();
      return true;
    }
    try {
      executor.execute(task);
      return true;
    } catch (RejectedExecutionException e) {
      log.warn("the executor of a watch takes no work; the watch hears nothing");
      return false;
    }
  }

  private Verdict apply(Update<T> update) {
    List<String> gone = new ArrayList<>(update.removed());
    if (update.whole()) {
      Set<String> listed = new HashSet<>();
      update.resources().forEach(resource -> listed.add(resource.name()));
      inForce.keySet().stream().filter(name -> !listed.contains(name)).forEach(gone::add);
    }
    List<Verdict> verdicts = new ArrayList<>();
    for (Resource<T> resource : update.resources()) {
      Resource<T> before = inForce.get(resource.name());
      if (before != null && before.value().equals(resource.value())) {
        inForce.put(resource.name(), resource);
      } else {
        verdicts.add(offer(resource));
      }
    }
    gone.forEach(inForce::remove);
    Verdict verdict = Verdicts.join(verdicts);
    settled(verdict);
    if (verdict instanceof Verdict.Pending pending) {
      pending.whenSettled(this::settled);
    }
    gone.forEach(name -> guarded(() -> listener.onRemoved(name)));
    return verdict;
  }

  private Verdict offer(Resource<T> resource) {
    Verdict verdict;
    try {
      verdict = listener.onResource(resource);
    } catch (RuntimeException e) {
      log.error("a listener failed on {}", resource.name(), e);
      verdict = Verdict.reject(String.valueOf(e.getMessage()));
    }
    if (verdict instanceof Verdict.Pending pending) {
      pending.whenSettled(
          known -> {
            take(resource, known);
            publish();
          });
    } else {
      take(resource, verdict);
    }
    return verdict;
  }

  private void take(Resource<T> resource, Verdict verdict) {
    if (verdict instanceof Verdict.Rejected rejected) {
      error = new XdsError.Rejected(rejected.message());
    } else {
      inForce.put(resource.name(), resource);
    }
  }

  private void settled(Verdict verdict) {
    if (verdict instanceof Verdict.Accepted) {
      error = null;
    }
    publish();
  }

  // The future completes last: whoever waits for it finds the resource in force.
  private void publish() {
    seen = new Seen<>(Collections.unmodifiableMap(new LinkedHashMap<>(inForce)), error);
    if (!first.isDone() && !inForce.isEmpty()) {
      first.complete(inForce.values().iterator().next());
    }
  }

  private static void guarded(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException e) {
      log.error("a listener failed", e);
    }
  }
}
