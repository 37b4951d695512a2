package io.bifocal.dataplane.connect;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.connect.ConnectSettings.DelayMode;
import io.bifocal.dataplane.connect.RacePlan.Purpose;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.host.AddressList.Completeness;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.host.HostStats;
import io.bifocal.dataplane.host.Locality;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Races to the hosts of one cluster, in virtual time, and what is remembered of them. */
final class MemoryBench {
  static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

  final VirtualTime time = new VirtualTime();
  final ScriptedNetwork network = new ScriptedNetwork(time);
  final OutcomeMemory memory;
  final List<RaceReport> retries = new ArrayList<>();
  private final List<RaceReport> served = new ArrayList<>();
  private final RaceRunner runner = new RaceRunner(time, network, this::ended);
  private ConnectSettings settings = ConnectSettings.DEFAULT;

  MemoryBench() {
    this(OutcomeMemory.CAPACITY);
  }

  MemoryBench(int capacity) {
    memory = new OutcomeMemory(time::nanoTime, capacity);
  }

  MemoryBench with(ConnectSettings other) {
    settings = other;
    return this;
  }

  /** As by default, but for the delay. */
  static ConnectSettings settings(Duration delay, double growth, DelayMode mode) {
    ConnectSettings usual = ConnectSettings.DEFAULT;
    return new ConnectSettings(
        delay, growth, mode, true, usual.resolutionDelay(), usual.destinationOrdering());
  }

  static Host host(String names) {
    return host(AddressOrderTest.parse(names), Completeness.COMPLETE);
  }

  static Host host(List<Address> addresses, Completeness completeness) {
    return new Host(
        new HostState(addresses.get(0), HostStats.in(new StatsStore(1).root())),
        new AddressList(addresses, addresses, completeness),
        "",
        Locality.NONE,
        0,
        1,
        HealthStatus.HEALTHY,
        Metadata.getDefaultInstance());
  }

  static Address address(String name) {
    return AddressOrderTest.parse(name).get(0);
  }

  MemoryBench silent(String names) {
    AddressOrderTest.parse(names).forEach(network::silent);
    return this;
  }

  MemoryBench refuses(String names) {
    AddressOrderTest.parse(names).forEach(a -> network.refuses(a, Duration.ofMillis(1)));
    return this;
  }

  MemoryBench connects(String names, int millis) {
    AddressOrderTest.parse(names).forEach(a -> network.connects(a, Duration.ofMillis(millis)));
    return this;
  }

  RacePlan plan(Host host) {
    return new RacePlanner(
            "c",
            CONNECT_TIMEOUT,
            SocketSettings.DEFAULT,
            endpoint -> TransportSocket.PLAIN,
            settings,
            memory,
            RaceListener.NONE)
        .plan(host, time.nanoTime());
  }

  /** Plans and begins a race. */
  RaceRunner.Race begin(Host host) {
    return runner.run(plan(host), MemoryBench::drop);
  }

  /** Plans a race and runs it to its end. */
  RaceReport race(Host host) {
    int before = served.size();
    begin(host);
    while (served.size() == before) {
      time.advance(Duration.ofMillis(1));
    }
    return served.get(before);
  }

  /** A race, after some time. */
  RaceReport raceAfter(Duration pause, Host host) {
    time.advance(pause);
    return race(host);
  }

  /** The order of the next race, as names in {@code names}. */
  void assertOrder(Host host, String names) {
    Recollection recalled = new Recollection(memory, "c", host.primary(), settings);
    assertThat(recalled.order(host.addresses().ordered())).isEqualTo(AddressOrderTest.parse(names));
  }

  static Duration took(RaceReport race) {
    return Duration.ofNanos(race.nanos());
  }

  private void ended(RaceReport race) {
    (race.plan().purpose() == Purpose.RETRY ? retries : served).add(race);
  }

  private static void drop(RaceOutcome outcome) {
    if (outcome instanceof RaceOutcome.Won won) {
      var unused = won.channel().close();
    }
  }
}
