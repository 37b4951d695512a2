package io.bifocal.dataplane.stats;

import java.util.ArrayList;
import java.util.List;

/**
 * A prefix under which statistics are made. Asking twice for one name gives the same statistic, so
 * a cluster that returns under its name goes on counting where its namesake stopped.
 */
public final class Scope {
  private final StatsStore store;
  private final String prefix;
  private final String base;
  private final List<Tag> tags;

  Scope(StatsStore store, String prefix, String base, List<Tag> tags) {
    this.store = store;
    this.prefix = prefix;
    this.base = base;
    this.tags = tags;
  }

  /** A scope below this one: {@code name} is one or more parts joined by dots. */
  public Scope scope(String name) {
    return new Scope(store, prefix + name + ".", base + name + ".", tags);
  }

  /**
   * A scope below this one whose name is {@code part} followed by a tag's value, e.g. {@code
   * tagged("cluster", "envoy.cluster_name", "a")} for {@code cluster.a.}.
   */
  public Scope tagged(String part, String tag, String value) {
    List<Tag> more = new ArrayList<>(tags);
    more.add(new Tag(tag, value));
    return new Scope(
        store, prefix + part + "." + value + ".", base + part + ".", List.copyOf(more));
  }

  public Counter counter(String name) {
    return store.counter(statName(name));
  }

  /**
   * A counter whose name ends with a tag's value, e.g. {@code counter("ssl.versions",
   * "envoy.ssl_version", "TLSv1.3")} for {@code ssl.versions.TLSv1.3}.
   */
  public Counter counter(String name, String tag, String value) {
    List<Tag> more = new ArrayList<>(tags);
    more.add(new Tag(tag, value));
    return store.counter(new StatName(prefix + name + "." + value, base + name, more));
  }

  public Gauge gauge(String name) {
    return store.gauge(statName(name));
  }

  public Histogram histogram(String name, Histogram.Unit unit) {
    return store.histogram(statName(name), unit);
  }

  public TextReadout text(String name) {
    return store.text(statName(name));
  }

  /** Forgets everything under this prefix: its owner is gone. */
  public void remove() {
    store.remove(prefix);
  }

  private StatName statName(String name) {
    return new StatName(prefix + name, base + name, tags);
  }

  @Override
  public String toString() {
    return prefix;
  }
}
