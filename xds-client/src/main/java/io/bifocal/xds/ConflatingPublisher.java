package io.bifocal.xds;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes what is newest: a subscriber that asks for more begins with it, and misses what came
 * and went before it asked. All state belongs to the executor, which is serial.
 */
final class ConflatingPublisher<T> implements Flow.Publisher<T> {
  private static final Logger log = LoggerFactory.getLogger(ConflatingPublisher.class);

  private final Executor serial;
  private final Set<Line> lines = new LinkedHashSet<>();
  private T newest;
  private boolean complete;

  ConflatingPublisher(Executor serial, T first) {
    this.serial = serial;
    this.newest = first;
  }

  void publish(T value) {
    run(
        () -> {
          newest = value;
          List.copyOf(lines).forEach(line -> line.offer(value));
        });
  }

  void complete() {
    run(
        () -> {
          complete = true;
          List.copyOf(lines).forEach(Line::finish);
        });
  }

  @Override
  public void subscribe(Flow.Subscriber<? super T> subscriber) {
    Line line = new Line(Objects.requireNonNull(subscriber, "subscriber"));
    try {
      serial.execute(line::begin);
    } catch (RejectedExecutionException e) {
      subscriber.onSubscribe(line);
      subscriber.onError(e);
    }
  }

  private void run(Runnable task) {
    try {
      serial.execute(task);
    } catch (RejectedExecutionException e) {
      log.debug("the executor of a publisher takes no work; its subscribers hear nothing");
    }
  }

  /** One subscriber. */
  private final class Line implements Flow.Subscription {
    private final Flow.Subscriber<? super T> subscriber;
    private volatile boolean over;
    private @Nullable T next;
    private long demand;
    private boolean finished;
    private boolean speaking;
    private @Nullable IllegalArgumentException fault;

    Line(Flow.Subscriber<? super T> subscriber) {
      this.subscriber = subscriber;
    }

    void begin() {
      lines.add(this);
      speaking = true;
      guarded(() -> subscriber.onSubscribe(this));
      speaking = false;
      next = next == null ? newest : next;
      finished |= complete;
      speak();
    }

    void offer(T value) {
      next = value;
      speak();
    }

    void finish() {
      finished = true;
      speak();
    }

    @Override
    public void request(long n) {
      run(
          () -> {
            if (n <= 0) {
              fault = new IllegalArgumentException("request(" + n + "): ask for more than nothing");
            } else {
              demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
            }
            speak();
          });
    }

    @Override
    public void cancel() {
      over = true;
      run(() -> lines.remove(this));
    }

    // Not entered twice: what a subscriber does while it is called is heeded after the call.
    private void speak() {
      if (speaking) {
        return;
      }
      speaking = true;
      while (!over && fault == null && !finished && demand > 0 && next != null) {
        T value = next;
        next = null;
        if (demand != Long.MAX_VALUE) {
          demand--;
        }
        guarded(() -> subscriber.onNext(value));
      }
      if (!over && (fault != null || finished)) {
        over = true;
        lines.remove(this);
        IllegalArgumentException wrong = fault;
        guarded(wrong == null ? subscriber::onComplete : () -> subscriber.onError(wrong));
      }
      speaking = false;
    }

    private void guarded(Runnable call) {
      try {
        call.run();
      } catch (RuntimeException e) {
        log.error("a subscriber failed; it hears nothing more", e);
        cancel();
      }
    }
  }
}
