package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.host.Locality;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.Sharded;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Hosts that are made where a request needs them, one for each address. Thread-safe: all workers
 * find and make them, the control loop forgets them.
 */
final class OriginalHosts {
  /** Hosts that one cluster may have at a time: clients can name any. */
  private static final int MOST = 10_000;

  private final String cluster;
  private final Scope hostScope;
  private final Sharded overflow;
  private final Runnable onChange;
  private final Map<Address, Entry> hosts = new ConcurrentHashMap<>();

  /** A host, and whether anybody has asked for it lately. */
  private static final class Entry {
    private final Host host;
    private volatile boolean used = true;

    Entry(Host host) {
      this.host = host;
    }

    boolean inUse() {
      return host.counted().cxActive().value() > 0;
    }
  }

  /**
   * @param hostScope where hosts count
   * @param overflow counts who got none because there are too many
   * @param onChange runs when there is a new host, on the loop of its worker
   */
  OriginalHosts(String cluster, Scope hostScope, Sharded overflow, Runnable onChange) {
    this.cluster = cluster;
    this.hostScope = hostScope;
    this.overflow = overflow;
    this.onChange = onChange;
  }

  /**
   * The host of an address; null when there are too many.
   *
   * @param shard of the worker that asks
   */
  @Nullable Host find(Address address, int shard) {
    Entry known = hosts.get(address);
    if (known == null) {
      if (hosts.size() >= MOST) {
        overflow.at(shard).inc();
        return null;
      }
      Entry made = new Entry(host(address));
      known = hosts.putIfAbsent(address, made);
      if (known == null) {
        onChange.run();
        return made.host;
      }
    }
    known.used = true;
    return known.host;
  }

  private Host host(Address address) {
    return new Host(
        new HostState(address, hostScope),
        AddressList.of(address),
        cluster + address.text(),
        Locality.NONE,
        0,
        1,
        HealthStatus.UNKNOWN,
        Metadata.getDefaultInstance());
  }

  /** Those that there are. */
  Hosts now() {
    Map<Address, Host> all = new LinkedHashMap<>();
    hosts.forEach((address, entry) -> all.put(address, entry.host));
    return new Hosts(new HostSet(List.of(List.copyOf(all.values())), 140), all);
  }

  /** Forgets who was not asked for since the last time, and has no connection. */
  boolean forgetUnused() {
    return hosts
        .values()
        .removeIf(
            entry -> {
              boolean idle = !entry.used && !entry.inUse();
              entry.used = false;
              return idle;
            });
  }
}
