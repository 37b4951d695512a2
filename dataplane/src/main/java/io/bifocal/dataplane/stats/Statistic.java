package io.bifocal.dataplane.stats;

/** What all statistics have: a name, of which the last part is their own. */
abstract sealed class Statistic permits Sharded, Histogram, TextReadout {
  private final ScopeName scope;
  private final String local;

  /**
   * @param local what follows the scope's prefix; it has no dots
   */
  Statistic(ScopeName scope, String local) {
    this.scope = scope;
    this.local = local;
  }

  /** The full name, with the tags that a labelled format takes out of it; made anew each time. */
  public StatName name() {
    return scope.name(local);
  }

  String local() {
    return local;
  }
}
