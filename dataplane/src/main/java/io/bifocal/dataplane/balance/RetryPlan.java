package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Host;

/** What a retry would rather not have: hosts of some kinds, and priorities that it has tried. */
public interface RetryPlan {
  /** Whether another host is to be chosen. */
  boolean refuses(Host host);

  /** How often another one is chosen; then the last one is taken, refused or not. */
  int attempts();

  /** Priorities to leave out, a bit each. */
  long excluded();

  /** No other priority is available: all may be chosen, and this counts from its start. */
  void nothingLeft();
}
