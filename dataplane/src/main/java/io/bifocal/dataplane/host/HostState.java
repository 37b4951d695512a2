package io.bifocal.dataplane.host;

import io.bifocal.dataplane.stats.Scope;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/** What of a host outlives an update: its identity, its health flags, its counters. */
public final class HostState {
  /** Of a hundred thousand hosts hardly one has a flag; none has an object for it. */
  private static final AtomicIntegerFieldUpdater<HostState> FAILURES =
      AtomicIntegerFieldUpdater.newUpdater(HostState.class, "failures");

  private final Address primary;
  private final @Nullable Scope scope;
  private volatile @Nullable HostStats stats;
  private volatile int failures;
  private volatile @Nullable ReportedWeight reported;

  public HostState(Address primary, HostStats stats) {
    this.primary = primary;
    this.scope = null;
    this.stats = stats;
  }

  /**
   * A host of which nothing is counted yet.
   *
   * @param scope where its statistics are made, once there is something to count
   */
  public HostState(Address primary, Scope scope) {
    this.primary = primary;
    this.scope = scope;
  }

  /** The address that names the host, in pools, dumps and statistics. */
  public Address primary() {
    return primary;
  }

  /** Its statistics, to count in them. */
  public HostStats stats() {
    HostStats known = stats;
    return known == null ? make() : known;
  }

  private synchronized HostStats make() {
    HostStats known = stats;
    if (known == null) {
      known = HostStats.in(Objects.requireNonNull(scope));
      stats = known;
    }
    return known;
  }

  /** Its statistics, to read them: thousands of hosts are listed that nobody ever used. */
  public HostStats counted() {
    HostStats known = stats;
    return known == null ? HostStats.NONE : known;
  }

  /** Sets or clears one reason not to use the host; from any thread. */
  public void mark(HealthFlag flag, boolean set) {
    FAILURES.updateAndGet(this, f -> set ? f | flag.bit() : f & ~flag.bit());
  }

  public boolean has(HealthFlag flag) {
    return (failures & flag.bit()) != 0;
  }

  /** What it last said of its load; null for nothing. */
  public @Nullable ReportedWeight reported() {
    return reported;
  }

  /**
   * It said what it can take; from any worker. Of two at once either may count.
   *
   * @param nanoTime now
   * @param expiration after so many nanoseconds it begins anew
   */
  public void report(double weight, long nanoTime, long expiration) {
    ReportedWeight before = reported;
    long since = before == null || nanoTime - before.at() > expiration ? nanoTime : before.since();
    reported = new ReportedWeight(weight, since, nanoTime);
  }

  /** Whether no flag is set. */
  public boolean unflagged() {
    return failures == 0;
  }
}
