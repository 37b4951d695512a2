package io.bifocal.dataplane.stats;

import java.util.function.Consumer;

/**
 * Statistics that are listed from the start, though most are never written: each of thousands of
 * clusters has the same hundred. One is made when somebody asks its scope for it.
 */
public final class Listing {
  private final ScopeStats pattern;

  private Listing(ScopeStats pattern) {
    this.pattern = pattern;
  }

  /** Lists what {@code maker} makes in a scope, but not what it makes in scopes below. */
  public static Listing of(Consumer<Scope> maker) {
    StatsStore scratch = new StatsStore(0);
    maker.accept(scratch.root());
    return new Listing(scratch.scope(ScopeName.ROOT));
  }

  ScopeStats pattern() {
    return pattern;
  }
}
