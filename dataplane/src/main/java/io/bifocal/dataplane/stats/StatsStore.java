package io.bifocal.dataplane.stats;

import java.util.Collection;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * All statistics of one proxy. Making, finding and reading are thread-safe and not for hot paths.
 */
public final class StatsStore {
  /** The shard of the control loop; worker {@code i} owns shard {@code i + 1}. */
  public static final int CONTROL = 0;

  private final boolean listed;

  /** By prefix. */
  private final ConcurrentNavigableMap<String, ScopeStats> scopes = new ConcurrentSkipListMap<>();

  /** A store for a control loop and so many workers. */
  public StatsStore(int workers) {
    this(true);
  }

  private StatsStore(boolean listed) {
    this.listed = listed;
  }

  /**
   * A scope whose statistics are listed nowhere and made anew each time: for what is counted by the
   * thousand and shown elsewhere, as a host's.
   */
  public Scope unlisted() {
    return new StatsStore(false).root();
  }

  public Scope root() {
    return new Scope(this, ScopeName.ROOT);
  }

  /** Counters by name, sorted; a live view. */
  public Collection<Counter> counters() {
    return counters("");
  }

  /** All in scopes where names may begin so, maybe some others beside them; sorted. */
  public Collection<Counter> counters(String beginning) {
    return new SortedStats<>(scopes, ScopeStats::counters, beginning);
  }

  public Collection<Gauge> gauges() {
    return new SortedStats<>(scopes, ScopeStats::gauges);
  }

  /** Counters and gauges together. */
  public Collection<Sharded> numbers() {
    return numbers("");
  }

  /** The same, as {@link #counters(String)} has it. */
  public Collection<Sharded> numbers(String beginning) {
    return new SortedStats<>(scopes, ScopeStats::numbers, beginning);
  }

  /** Gauges in scopes whose prefix begins so. */
  public Collection<Gauge> gauges(String prefix) {
    return new SortedStats<>(below(prefix), ScopeStats::gauges);
  }

  public Collection<Histogram> histograms() {
    return histograms("");
  }

  /** The same, as {@link #counters(String)} has it. */
  public Collection<Histogram> histograms(String beginning) {
    return new SortedStats<>(scopes, ScopeStats::histograms, beginning);
  }

  public Collection<TextReadout> texts() {
    return texts("");
  }

  /** The same, as {@link #counters(String)} has it. */
  public Collection<TextReadout> texts(String beginning) {
    return new SortedStats<>(scopes, ScopeStats::texts, beginning);
  }

  /** Sets every counter to zero ({@code POST /reset_counters}). */
  public void resetCounters() {
    scopes.values().forEach(scope -> scope.counters.all().forEach(Counter::clear));
  }

  /** Ends an interval of every histogram; to be called every five seconds. */
  public void endInterval() {
    scopes.values().forEach(scope -> scope.histograms.all().forEach(Histogram::endInterval));
  }

  Counter counter(ScopeName in, ScopeStats among, String name) {
    return listed ? among.counters.get(name, () -> new Counter(in, name)) : new Counter(in, name);
  }

  Gauge gauge(ScopeName in, ScopeStats among, String name) {
    return listed ? among.gauges.get(name, () -> new Gauge(in, name)) : new Gauge(in, name);
  }

  Histogram histogram(ScopeName in, ScopeStats among, String name, Histogram.Unit unit) {
    return among.histograms.get(name, () -> new Histogram(in, name, unit));
  }

  TextReadout text(ScopeName in, ScopeStats among, String name) {
    return among.texts.get(name, () -> new TextReadout(in, name));
  }

  ScopeStats scope(ScopeName name) {
    ScopeStats fresh = new ScopeStats(); // most are, and each way down costs more than this
    ScopeStats known = scopes.putIfAbsent(name.prefix(), fresh);
    return known == null ? fresh : known;
  }

  void remove(String prefix) {
    below(prefix).clear();
  }

  private NavigableMap<String, ScopeStats> below(String prefix) {
    return scopes.subMap(prefix, true, prefix + Character.MAX_VALUE, false);
  }
}
