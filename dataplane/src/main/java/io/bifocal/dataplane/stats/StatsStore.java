package io.bifocal.dataplane.stats;

import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * All statistics of one proxy. Making, finding and reading are thread-safe and not for hot paths.
 */
public final class StatsStore {
  /** The shard of the control loop; worker {@code i} owns shard {@code i + 1}. */
  public static final int CONTROL = 0;

  private final int shards;
  private final boolean listed;
  private final ConcurrentNavigableMap<String, Counter> counters = new ConcurrentSkipListMap<>();
  private final ConcurrentNavigableMap<String, Gauge> gauges = new ConcurrentSkipListMap<>();
  private final ConcurrentNavigableMap<String, Histogram> histograms =
      new ConcurrentSkipListMap<>();
  private final ConcurrentNavigableMap<String, TextReadout> texts = new ConcurrentSkipListMap<>();

  /** A store for a control loop and so many workers. */
  public StatsStore(int workers) {
    this(workers + 1, true);
  }

  private StatsStore(int shards, boolean listed) {
    this.shards = shards;
    this.listed = listed;
  }

  /**
   * A scope whose statistics are listed nowhere and made anew each time: for what is counted by the
   * thousand and shown elsewhere, as a host's.
   */
  public Scope unlisted() {
    return new StatsStore(shards, false).root();
  }

  public Scope root() {
    return new Scope(this, "", "", List.of());
  }

  /** Counters by name, sorted. */
  public Collection<Counter> counters() {
    return counters.values();
  }

  public Collection<Gauge> gauges() {
    return gauges.values();
  }

  public Collection<Histogram> histograms() {
    return histograms.values();
  }

  public Collection<TextReadout> texts() {
    return texts.values();
  }

  /** Sets every counter to zero ({@code POST /reset_counters}). */
  public void resetCounters() {
    counters.values().forEach(Counter::clear);
  }

  /** Ends an interval of every histogram; to be called every five seconds. */
  public void endInterval() {
    histograms.values().forEach(Histogram::endInterval);
  }

  Counter counter(StatName name) {
    return listed
        ? counters.computeIfAbsent(name.full(), n -> new Counter(name, shards))
        : new Counter(name, shards);
  }

  Gauge gauge(StatName name) {
    return listed
        ? gauges.computeIfAbsent(name.full(), n -> new Gauge(name, shards))
        : new Gauge(name, shards);
  }

  Histogram histogram(StatName name, Histogram.Unit unit) {
    return histograms.computeIfAbsent(name.full(), n -> new Histogram(name, unit, shards));
  }

  TextReadout text(StatName name) {
    return texts.computeIfAbsent(name.full(), n -> new TextReadout(name));
  }

  void remove(String prefix) {
    for (NavigableMap<String, ?> map : List.of(counters, gauges, histograms, texts)) {
      map.subMap(prefix, true, prefix + Character.MAX_VALUE, false).clear();
    }
  }
}
