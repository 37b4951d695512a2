package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Host;

/** Hosts by hash. Immutable. */
interface HashTable {
  /** The host that a hash leads to. */
  default Host find(long hash) {
    return find(hash, 0);
  }

  /**
   * The host that a hash leads to, or another one.
   *
   * @param attempt how many have been refused before
   */
  Host find(long hash, int attempt);

  /** How evenly hosts share it. */
  TableShape shape();
}
