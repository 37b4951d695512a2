package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import java.util.Collections;
import java.util.Map;

/**
 * A cluster's hosts, by priority and by the address that names them; immutable. A host that an
 * update does not change is the same instance before and after it.
 */
record Hosts(HostSet set, Map<Address, Host> byPrimary) {
  static final Hosts NONE = new Hosts(HostSet.EMPTY, Map.of());

  Hosts {
    byPrimary = Collections.unmodifiableMap(byPrimary);
  }

  int total() {
    return byPrimary.size();
  }

  int with(Host.Health health) {
    int count = 0;
    for (Host host : byPrimary.values()) {
      if (host.health() == health) {
        count++;
      }
    }
    return count;
  }

  /** Whether both name the same hosts, whatever is said of them. */
  boolean sameMembers(Hosts other) {
    return byPrimary.keySet().equals(other.byPrimary.keySet());
  }
}
