package io.bifocal.xds;

import com.google.common.util.concurrent.MoreExecutors;
import io.bifocal.xds.time.Loop;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls what an embedder gave, one call at a time: on the loop, or on an executor, which may have
 * many threads. Verdicts come back to the loop, whoever settles them.
 */
final class Delivery {
  private static final Logger log = LoggerFactory.getLogger(Delivery.class);

  private final Loop loop;
  private final @Nullable Executor serial;
  private final Set<Verdict.Pending> open = new LinkedHashSet<>();
  private volatile boolean ended;

  /**
   * A delivery.
   *
   * @param executor null for the loop
   */
  Delivery(Loop loop, @Nullable Executor executor) {
    this.loop = loop;
    this.serial = executor == null ? null : MoreExecutors.newSequentialExecutor(executor);
  }

  /** Asks for a verdict; what cannot be asked any more is accepted. */
  Verdict ask(Supplier<Verdict> question) {
    loop.assertInLoop();
    if (ended) {
      return Verdict.accept();
    }
    if (serial == null) {
      Verdict verdict = guarded(question);
      return verdict instanceof Verdict.Pending later ? follow(later, awaited()) : verdict;
    }
    Verdict.Pending pending = awaited();
    if (!run(() -> answer(ended ? Verdict.accept() : guarded(question), pending))) {
      settle(pending, Verdict.accept());
    }
    return pending;
  }

  /** Tells something that needs no answer. */
  void tell(Runnable news) {
    if (!ended) {
      var unused = run(() -> tellNow(news));
    }
  }

  private void tellNow(Runnable news) {
    try {
      if (!ended) {
        news.run();
      }
    } catch (RuntimeException e) {
      log.error("a listener failed", e);
    }
  }

  /** Where calls are made, in order. */
  Executor executor() {
    return serial == null ? this::onLoop : serial;
  }

  /** No more calls. May be said on any thread. */
  void end() {
    ended = true;
    onLoop(() -> List.copyOf(open).forEach(pending -> settle(pending, Verdict.accept())));
  }

  private Verdict.Pending awaited() {
    Verdict.Pending pending = Verdict.pending();
    open.add(pending);
    return pending;
  }

  private void answer(Verdict verdict, Verdict.Pending pending) {
    if (verdict instanceof Verdict.Pending later) {
      follow(later, pending);
    } else {
      onLoop(() -> settle(pending, verdict));
    }
  }

  private Verdict follow(Verdict.Pending later, Verdict.Pending pending) {
    later.whenSettled(verdict -> onLoop(() -> settle(pending, verdict)));
    return pending;
  }

  private void settle(Verdict.Pending pending, Verdict verdict) {
    if (open.remove(pending)) {
      pending.settle(verdict);
    }
  }

  private void onLoop(Runnable task) {
    if (loop.inLoop()) {
      task.run();
    } else {
      loop.execute(task);
    }
  }

  private boolean run(Runnable task) {
    try {
      executor().execute(task);
      return true;
    } catch (RejectedExecutionException e) {
      log.warn("the executor of a watch takes no work; its listener hears nothing");
      return false;
    }
  }

  private static Verdict guarded(Supplier<Verdict> question) {
    try {
      return question.get();
    } catch (RuntimeException | Error e) {
      log.error("a listener failed", e);
      return Verdict.reject(String.valueOf(e.getMessage()));
    }
  }
}
