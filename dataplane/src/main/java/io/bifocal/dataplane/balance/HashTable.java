package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Host;

/** Hosts by hash. Immutable. */
interface HashTable {
  /** The host that a hash leads to. */
  Host find(long hash);

  /** How evenly hosts share it. */
  TableShape shape();
}
