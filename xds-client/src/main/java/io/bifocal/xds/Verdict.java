package io.bifocal.xds;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A watcher's answer to an {@link Update}. The client acknowledges a response when every watcher it
 * concerned has accepted it, and refuses it (NACK, with the reasons as {@code error_detail}) when
 * one has not; while one is pending, neither is sent.
 */
public sealed interface Verdict {

  /** All of it is taken. */
  record Accepted() implements Verdict {}

  /**
   * Some of it is not. What was good is taken all the same; whoever answers so has applied it.
   *
   * @param message the text for {@code error_detail}
   * @param reasons what is wrong with each resource that was not taken, by its name; empty when
   *     none of them was. Dumps show it
   */
  record Rejected(String message, Map<String, String> reasons) implements Verdict {
    public Rejected {
      reasons = Map.copyOf(reasons);
    }

    /** None of the resources was taken. */
    public Rejected(String message) {
      this(message, Map.of());
    }
  }

  /**
   * Not known yet. {@link #settle} tells it later, once: a {@link ResourceWatcher} on the client's
   * loop, a {@link WatchListener} on any thread.
   */
  final class Pending implements Verdict {
    private final List<Consumer<Verdict>> waiting = new ArrayList<>();
    private @Nullable Verdict settled;

    /** Tells the verdict, which must not be pending itself. */
    public void settle(Verdict verdict) {
      if (verdict instanceof Pending) {
        throw new IllegalArgumentException("a verdict settles as accepted or rejected");
      }
      List<Consumer<Verdict>> told;
      synchronized (this) {
        if (settled != null) {
          throw new IllegalStateException("a verdict settles once");
        }
        settled = verdict;
        told = List.copyOf(waiting);
        waiting.clear();
      }
      told.forEach(w -> w.accept(verdict));
    }

    /** Hears the verdict: at once if it is known. */
    public void whenSettled(Consumer<Verdict> consumer) {
      Verdict known;
      synchronized (this) {
        known = settled;
        if (known == null) {
          waiting.add(consumer);
        }
      }
      if (known != null) {
        consumer.accept(known);
      }
    }
  }

  Verdict ACCEPTED = new Accepted();

  static Verdict accept() {
    return ACCEPTED;
  }

  static Verdict reject(String message) {
    return new Rejected(message);
  }

  /** Refuses those that are named, each for its reason; the others are taken. */
  static Verdict reject(String message, Map<String, String> reasons) {
    return new Rejected(message, reasons);
  }

  static Pending pending() {
    return new Pending();
  }
}
