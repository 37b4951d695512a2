package io.bifocal.dataplane.stats;

import org.jspecify.annotations.Nullable;

/**
 * A prefix under which statistics are made. Asking twice for one name gives the same statistic, so
 * a cluster that returns under its name goes on counting where its namesake stopped.
 */
public final class Scope {
  private final StatsStore store;
  private final ScopeName name;

  /** Found once: thousands of scopes are a long way down in the store. */
  private @Nullable ScopeStats own;

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

  /**
   * The same where a name cannot have the value as it is.
   *
   * @param shown what stands for it there
   */
  public Scope tagged(String part, String tag, String value, String shown) {
    return new Scope(store, name.tagged(part, tag, value, shown));
  }

  public Counter counter(String name) {
    Scope in = scopeOf(name);
    return store.counter(in.name, in.own(), local(name));
  }

  /**
   * A counter whose name ends with a tag's value, e.g. {@code counter("ssl.versions",
   * "envoy.ssl_version", "TLSv1.3")} for {@code ssl.versions.TLSv1.3}.
   */
  public Counter counter(String name, String tag, String value) {
    Scope in = new Scope(store, this.name.ending(name, tag, value));
    return store.counter(in.name, in.own(), local(value));
  }

  public Gauge gauge(String name) {
    Scope in = scopeOf(name);
    return store.gauge(in.name, in.own(), local(name));
  }

  public Histogram histogram(String name, Histogram.Unit unit) {
    Scope in = scopeOf(name);
    return store.histogram(in.name, in.own(), local(name), unit);
  }

  public TextReadout text(String name) {
    Scope in = scopeOf(name);
    return store.text(in.name, in.own(), local(name));
  }

  /** Shows these as zero until they are made. */
  public void list(Listing listing) {
    own().list(listing, name);
  }

  /** Forgets everything under this prefix: its owner is gone. */
  public void remove() {
    store.remove(name.prefix());
  }

  private Scope scopeOf(String statistic) {
    return statistic.indexOf('.') < 0 ? this : new Scope(store, name.of(statistic));
  }

  private ScopeStats own() {
    ScopeStats known = own;
    if (known == null) {
      known = store.scope(name);
      own = known;
    }
    return known;
  }

  private static String local(String statistic) {
    return statistic.substring(statistic.lastIndexOf('.') + 1);
  }

  @Override
  public String toString() {
    return name.prefix();
  }
}
