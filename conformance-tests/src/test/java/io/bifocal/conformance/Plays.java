package io.bifocal.conformance;

import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Something that is done under several heads, to each subject for instance, some of them at once:
 * whoever is played to mostly waits for the next word. What comes of each is asked for by its head.
 */
public final class Plays<K, V> implements AutoCloseable {
  private final ExecutorService stages;
  private final Map<K, Future<V>> results = new LinkedHashMap<>();

  /** What is done; on a thread of its own. */
  @FunctionalInterface
  public interface Play<K, V> {
    V under(K head) throws Exception;
  }

  /** Begins all, in order. */
  public Plays(int atOnce, Collection<K> heads, Play<K, V> play) {
    stages = Executors.newFixedThreadPool(atOnce);
    for (K head : heads) {
      results.put(head, stages.submit(() -> play.under(head)));
    }
  }

  /** The same to both subjects; where there is no Envoy, not even begun. */
  public static <V> Plays<Subject, V> sideBySide(Play<Subject, V> play) {
    List<Subject> both = Arrays.asList(Subject.values());
    both.forEach(Subject::program);
    return new Plays<>(both.size(), both, play);
  }

  /** What came of it, or its failure. */
  public V of(K head) throws Exception {
    try {
      return Objects.requireNonNull(results.get(head), () -> "nobody plays " + head).get();
    } catch (ExecutionException e) {
      // A missing peer must go on as what it is, so that the test is skipped.
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw e.getCause() instanceof Exception exception ? exception : e;
    }
  }

  /** Interrupts what is still played. */
  @Override
  public void close() {
    stages.shutdownNow();
  }
}
