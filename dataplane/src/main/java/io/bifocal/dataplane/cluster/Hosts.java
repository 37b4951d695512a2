package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import io.bifocal.dataplane.host.HostState;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A cluster's hosts, by priority and by the address that names them; immutable. A host that an
 * update does not change is the same instance before and after it.
 *
 * @param drops the requests that none of them gets; null for none
 */
record Hosts(HostSet set, Map<Address, Host> byPrimary, @Nullable DropOverload drops) {
  static final Hosts NONE = new Hosts(HostSet.EMPTY, Map.of());

  Hosts {
    byPrimary = Collections.unmodifiableMap(byPrimary);
  }

  /** Hosts that get all requests. */
  Hosts(HostSet set, Map<Address, Host> byPrimary) {
    this(set, byPrimary, null);
  }

  /** Whether another one says the same. */
  boolean same(Hosts other) {
    return set.equals(other.set) && Objects.equals(drops, other.drops);
  }

  /** A host's version here, or null when it is not one of these. */
  @Nullable Host of(HostState state) {
    Host host = byPrimary.get(state.primary());
    return host != null && host.state() == state ? host : null;
  }

  int total() {
    return byPrimary.size();
  }

  /** In how many priorities hosts have come or gone, whatever else is said of them. */
  int changedPriorities(Hosts before) {
    int changed = 0;
    int count = Math.max(set.priorities().size(), before.set.priorities().size());
    for (int i = 0; i < count; i++) {
      if (!members(i).equals(before.members(i))) {
        changed++;
      }
    }
    return changed;
  }

  private Set<HostState> members(int priority) {
    Set<HostState> members = new HashSet<>();
    if (priority < set.priorities().size()) {
      List<Host> hosts = set.priorities().get(priority);
      hosts.forEach(host -> members.add(host.state()));
    }
    return members;
  }
}
