package io.bifocal.dataplane.host;

import java.util.concurrent.atomic.AtomicInteger;

/** What of a host outlives an update: its identity, its health flags, its counters. */
public final class HostState {
  private final Address primary;
  private final HostStats stats;
  private final AtomicInteger failures = new AtomicInteger();

  public HostState(Address primary, HostStats stats) {
    this.primary = primary;
    this.stats = stats;
  }

  /** The address that names the host, in pools, dumps and statistics. */
  public Address primary() {
    return primary;
  }

  public HostStats stats() {
    return stats;
  }

  /** Sets or clears one reason not to use the host; from any thread. */
  public void mark(HealthFlag flag, boolean set) {
    failures.updateAndGet(f -> set ? f | flag.bit() : f & ~flag.bit());
  }

  public boolean has(HealthFlag flag) {
    return (failures.get() & flag.bit()) != 0;
  }

  /** Whether no flag is set. */
  public boolean unflagged() {
    return failures.get() == 0;
  }
}
