package io.bifocal.conformance;

import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.opentest4j.TestAbortedException;

/**
 * Both subjects at once, each with whatever a side is made of: a proxy, an upstream of its own, its
 * files. What is asked of both is asked at the same time.
 */
public final class SideBySide<S> implements AutoCloseable {
  private final Started started = new Started();
  private final Map<Subject, S> sides = new EnumMap<>(Subject.class);

  /** Makes one side, from the subject and what it may start. */
  @FunctionalInterface
  public interface Maker<S> {
    S make(Subject subject, Started started);
  }

  /** Starts both, Envoy first. */
  public SideBySide(Maker<S> maker) {
    for (Subject subject : Subject.values()) {
      try {
        sides.put(subject, maker.make(subject, started));
      } catch (TestAbortedException e) {
        leave(e); // a peer is missing, and the reason says which
        throw e;
      } catch (RuntimeException | AssertionError e) {
        AssertionError failure = new AssertionError("cannot start", started.explain(e));
        leave(failure);
        throw failure;
      }
    }
  }

  /** Ends what was started already. */
  private void leave(Throwable failure) {
    try {
      close();
    } catch (IOException | AssertionError e) {
      failure.addSuppressed(e);
    }
  }

  public S side(Subject subject) {
    S side = sides.get(subject);
    if (side == null) {
      throw new IllegalStateException("no " + subject);
    }
    return side;
  }

  /** What each side gives, asked at the same time. */
  public <T> Both<T> ask(Function<S, T> question) {
    CompletableFuture<T> envoy =
        CompletableFuture.supplyAsync(() -> question.apply(side(Subject.ENVOY)));
    T bifocal = question.apply(side(Subject.BIFOCAL));
    return new Both<>(envoy.join(), bifocal);
  }

  /** Two answers to one question. */
  public record Both<T>(T envoy, T bifocal) {}

  /** The failure, with the ends of the programs' logs. */
  public Throwable explain(Throwable failure) {
    return started.explain(failure);
  }

  @Override
  public void close() throws IOException {
    started.close();
  }
}
