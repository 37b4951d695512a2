package io.bifocal.dataplane.overload;

import io.bifocal.dataplane.stats.Cell;
import io.bifocal.xds.time.Loop;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * One worker's streams, by the power of two of what is kept for each. Confined to its loop. Source:
 * Envoy's {@code WatermarkBufferFactory::resetAccountsGivenPressure}.
 */
public final class WorkerStreams {
  private static final int CLASSES = 8;
  private static final int MOST_AT_ONCE = 50;

  private final Loop loop;
  private final int lightest;
  private final Cell resets;
  private final Set<Weighed> streams = Collections.newSetFromMap(new IdentityHashMap<>());

  /** A stream. */
  public interface Weighed {
    /** How many bytes of it wait in memory. */
    long bytesKept();

    /** Ends it. */
    void resetForOverload();
  }

  WorkerStreams(Loop loop, int lightest, Cell resets) {
    this.loop = loop;
    this.lightest = lightest;
    this.resets = resets;
  }

  /** It is looked at from now on, until it is removed. */
  public void add(Weighed stream) {
    loop.assertInLoop();
    streams.add(stream);
  }

  public void remove(Weighed stream) {
    streams.remove(stream);
  }

  /** Resets those of the heaviest classes, of more classes the higher the degree is. */
  void relieve(double degree) {
    int down = CLASSES - Math.min(CLASSES, (int) (degree * CLASSES) + 1);
    loop.execute(() -> reset(down));
  }

  private void reset(int downTo) {
    List<List<Weighed>> byClass = new ArrayList<>();
    for (int i = 0; i < CLASSES; i++) {
      byClass.add(new ArrayList<>());
    }
    for (Weighed stream : streams) {
      int power = Long.SIZE - 1 - Long.numberOfLeadingZeros(Math.max(1, stream.bytesKept()));
      if (power >= lightest + downTo) {
        byClass.get(Math.min(CLASSES - 1, power - lightest)).add(stream);
      }
    }
    int left = MOST_AT_ONCE;
    for (int i = CLASSES - 1; i >= downTo; i--) {
      for (Weighed stream : byClass.get(i)) {
        if (left-- == 0) {
          return;
        }
        resets.inc();
        stream.resetForOverload();
      }
    }
  }
}
