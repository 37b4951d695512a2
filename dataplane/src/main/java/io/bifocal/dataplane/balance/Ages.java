package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostState;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** For how long hosts have been in a list, while their share is still to grow. */
final class Ages {
  private final SlowStart slowStart;
  private final LongSupplier nanoTime;
  private Map<HostState, Long> since = Map.of();
  private long newest;

  Ages(SlowStart slowStart, LongSupplier nanoTime) {
    this.slowStart = slowStart;
    this.nanoTime = nanoTime;
  }

  /** Those of a share; null where shares do not grow. */
  static @Nullable Ages of(
      @Nullable SlowStart slowStart, PriorityLoad.Kind kind, Surroundings around) {
    return slowStart == null || kind != PriorityLoad.Kind.HEALTHY
        ? null
        : new Ages(slowStart, around.nanoTime());
  }

  /** The hosts are these; who was among them before is as old as it is. */
  void update(List<Host> hosts) {
    long now = nanoTime.getAsLong();
    Map<HostState, Long> next = new HashMap<>();
    for (Host host : hosts) {
      Long before = since.get(host.state());
      next.put(host.state(), before == null ? now : before);
      if (before == null) {
        newest = now;
      }
    }
    since = next;
  }

  /** Whether any host's share may still grow. */
  boolean growing() {
    return !since.isEmpty() && nanoTime.getAsLong() - newest <= slowStart.window().toNanos();
  }

  /** The part of its weight that a host has now. */
  double part(Host host) {
    Long at = since.get(host.state());
    return at == null ? 1 : slowStart.part(nanoTime.getAsLong() - at);
  }
}
