package io.bifocal.dataplane.stats;

/**
 * A prefix under which statistics are made. Asking twice for one name gives the same statistic, so
 * a cluster that returns under its name goes on counting where its namesake stopped.
 */
public final class Scope {
  private final StatsStore store;
  private final ScopeName name;

  Scope(StatsStore store, ScopeName name) {
    this.store = store;
    this.name = name;
  }

  /** A scope below this one: {@code name} is one or more parts joined by dots. */
  public Scope scope(String name) {
    return new Scope(store, this.name.below(name));
  }

  /**
   * A scope below this one whose name is {@code part} followed by a tag's value, e.g. {@code
   * tagged("cluster", "envoy.cluster_name", "a")} for {@code cluster.a.}.
   */
  public Scope tagged(String part, String tag, String value) {
    return new Scope(store, name.tagged(part, tag, value));
  }

  public Counter counter(String name) {
    return store.counter(scopeOf(name), local(name));
  }

  /**
   * A counter whose name ends with a tag's value, e.g. {@code counter("ssl.versions",
   * "envoy.ssl_version", "TLSv1.3")} for {@code ssl.versions.TLSv1.3}.
   */
  public Counter counter(String name, String tag, String value) {
    return store.counter(this.name.ending(name, tag, value), local(value));
  }

  public Gauge gauge(String name) {
    return store.gauge(scopeOf(name), local(name));
  }

  public Histogram histogram(String name, Histogram.Unit unit) {
    return store.histogram(scopeOf(name), local(name), unit);
  }

  public TextReadout text(String name) {
    return store.text(scopeOf(name), local(name));
  }

  /** Shows these as zero until they are made. */
  public void list(Listing listing) {
    store.scope(name).list(listing, name);
  }

  /** Forgets everything under this prefix: its owner is gone. */
  public void remove() {
    store.remove(name.prefix());
  }

  private ScopeName scopeOf(String statistic) {
    return statistic.indexOf('.') < 0 ? name : name.of(statistic);
  }

  private static String local(String statistic) {
    return statistic.substring(statistic.lastIndexOf('.') + 1);
  }

  @Override
  public String toString() {
    return name.prefix();
  }
}
