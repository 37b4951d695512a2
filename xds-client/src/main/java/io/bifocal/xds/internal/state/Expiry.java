package io.bifocal.xds.internal.state;

import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The times to live of one type's resources, on one timer. */
final class Expiry {
  private record Due(long at, String name) {}

  private final Loop loop;
  private final Consumer<List<String>> onExpired;
  private final Map<String, Due> byName = new HashMap<>();
  private final TreeSet<Due> soonest =
      new TreeSet<>(Comparator.comparingLong(Due::at).thenComparing(Due::name));
  private Loop.@Nullable Timer timer;

  Expiry(Loop loop, Consumer<List<String>> onExpired) {
    this.loop = loop;
    this.onExpired = onExpired;
  }

  /** Starts the time of {@code name} anew; null ends it. */
  void renew(String name, @Nullable Duration ttl) {
    Due before = byName.remove(name);
    if (before != null) {
      soonest.remove(before);
    }
    if (ttl != null) {
      Due due = new Due(loop.nanoTime() + ttl.toNanos(), name);
      byName.put(name, due);
      soonest.add(due);
    }
  }

  /** To be called when the renewals of a response are done. */
  void arm() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    if (!soonest.isEmpty()) {
      long wait = soonest.first().at() - loop.nanoTime();
      timer = loop.schedule(Duration.ofNanos(Math.max(0, wait)), this::expire);
    }
  }

  void clear() {
    byName.clear();
    soonest.clear();
    arm();
  }

  private void expire() {
    long now = loop.nanoTime();
    List<String> expired = new ArrayList<>();
    while (!soonest.isEmpty() && soonest.first().at() - now <= 0) {
      Due due = soonest.first();
      soonest.remove(due);
      byName.remove(due.name());
      expired.add(due.name());
    }
    arm();
    if (!expired.isEmpty()) {
      onExpired.accept(expired);
    }
  }
}
