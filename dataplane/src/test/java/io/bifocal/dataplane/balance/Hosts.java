package io.bifocal.dataplane.balance;

import com.google.common.net.InetAddresses;
import com.google.protobuf.Struct;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.host.HostStats;
import io.bifocal.dataplane.host.Locality;
import io.bifocal.dataplane.stats.StatsStore;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import java.util.List;

/** Hosts for tests; each is called by its host name. */
final class Hosts {
  private Hosts() {}

  static Host host(String name) {
    return host(name, 1, HealthStatus.HEALTHY);
  }

  static Host host(String name, int weight) {
    return host(name, weight, HealthStatus.HEALTHY);
  }

  static Host host(String name, HealthStatus health) {
    return host(name, 1, health);
  }

  static Host host(String name, int weight, HealthStatus health) {
    Address address =
        new Address.Ip(InetAddresses.forString("192.0.2.1"), name.hashCode() & 0xffff);
    return new Host(
        new HostState(address, HostStats.in(new StatsStore(1).root())),
        new AddressList(List.of(address), List.of(address)),
        name,
        Locality.NONE,
        0,
        weight,
        health,
        Metadata.getDefaultInstance());
  }

  /** The same host with metadata {@code envoy.lb}. */
  static Host like(Host host, Struct fields) {
    return new Host(
        host.state(),
        host.addresses(),
        host.hostname(),
        host.locality(),
        host.priority(),
        host.weight(),
        host.edsHealth(),
        Metadata.newBuilder().putFilterMetadata(MetadataCriteria.NAMESPACE, fields).build());
  }

  /** The same host elsewhere. */
  static Host at(Host host, Locality place) {
    return new Host(
        host.state(),
        host.addresses(),
        host.hostname(),
        place,
        host.priority(),
        host.weight(),
        host.edsHealth(),
        host.metadata());
  }

  /** Surroundings in which chance is always the same number. */
  static Surroundings around(long chance) {
    return Surroundings.of(() -> chance);
  }

  static HostSet set(Host... hosts) {
    return new HostSet(List.of(List.of(hosts)), 140);
  }
}
