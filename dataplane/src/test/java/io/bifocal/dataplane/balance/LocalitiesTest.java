package io.bifocal.dataplane.balance;

import static io.bifocal.dataplane.balance.Hosts.host;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import io.bifocal.dataplane.host.Locality;
import io.bifocal.dataplane.runtime.ScriptedRuntime;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.StatsStore;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LocalitiesTest {
  private static final Locality EAST = new Locality("east", "", "");
  private static final Locality WEST = new Locality("west", "", "");
  private static final Locality NORTH = new Locality("north", "", "");

  private final StatsStore stats = new StatsStore(1);
  private final Random random = new Random(1);
  private final ScriptedRuntime runtime = new ScriptedRuntime();
  private HostSet proxies = HostSet.EMPTY;

  /** A locality, how many hosts it has, and how many of them are healthy. */
  private record Place(Locality where, int count, int healthy) {
    void addTo(List<Host> hosts) {
      for (int i = 0; i < count; i++) {
        HealthStatus health = i < healthy ? HealthStatus.HEALTHY : HealthStatus.UNHEALTHY;
        hosts.add(Hosts.at(host(where.region() + i, health), where));
      }
    }
  }

  private static Place hosts(Locality where, int count, int healthy) {
    return new Place(where, count, healthy);
  }

  private static HostSet set(Map<Locality, Integer> weights, Place... places) {
    List<Host> all = new ArrayList<>();
    List.of(places).forEach(place -> place.addTo(all));
    return new HostSet(List.of(all), 140, false, weights.isEmpty() ? List.of() : List.of(weights));
  }

  private Surroundings around(LocalitySpread spread) {
    return new Surroundings(
        Panic.DEFAULT,
        spread,
        runtime,
        new LocalZone(EAST, () -> proxies),
        random::nextLong,
        () -> 0,
        new LbStats(stats.root(), 1),
        shape -> {});
  }

  /** How many of a thousand requests each locality gets. */
  private Map<String, Integer> shares(LoadBalancer balancer, HostSet hosts) {
    Map<String, Integer> shares = new TreeMap<>();
    for (int i = 0; i < 1000; i++) {
      Host host = balancer.choose(hosts, LoadBalancerContext.of(random.nextLong()));
      shares.merge(host == null ? "-" : host.locality().region(), 1, Integer::sum);
    }
    return shares;
  }

  private long counted(String name) {
    return stats.counters().stream()
        .filter(counter -> counter.name().full().equals(name))
        .mapToLong(Counter::value)
        .sum();
  }

  @Test
  void localitiesGetTheirWeightsWhateverTheNumberOfTheirHosts() {
    LoadBalancer balancer =
        LoadBalancer.of(Policy.InTurn.DEFAULT, around(new LocalitySpread.Weighted()));
    HostSet hosts = set(Map.of(EAST, 1, WEST, 3), hosts(EAST, 3, 3), hosts(WEST, 1, 1));
    assertThat(shares(balancer, hosts)).isEqualTo(Map.of("east", 250, "west", 750));
  }

  @Test
  void aLocalityThatLosesHostsLosesItsPartOfTheLoad() {
    LoadBalancer balancer =
        LoadBalancer.of(Policy.InTurn.DEFAULT, around(new LocalitySpread.Weighted()));
    // 1.4 × 1/2 is 0.7 of its weight.
    HostSet hosts = set(Map.of(EAST, 10, WEST, 10), hosts(EAST, 4, 2), hosts(WEST, 4, 4));
    assertThat(shares(balancer, hosts).get("east")).isBetween(405, 418);
  }

  @Test
  void aLocalityWithoutAWeightGetsNothing() {
    LoadBalancer balancer =
        LoadBalancer.of(Policy.LeastBusy.DEFAULT, around(new LocalitySpread.Weighted()));
    HostSet hosts = set(Map.of(EAST, 1), hosts(EAST, 1, 1), hosts(WEST, 1, 1));
    assertThat(shares(balancer, hosts)).isEqualTo(Map.of("east", 1000));
    assertThat(shares(balancer, set(Map.of(), hosts(EAST, 1, 1), hosts(WEST, 1, 1))))
        .as("nobody has a weight")
        .hasSize(2);
  }

  @Test
  void hashesAreSpreadByTheLocalitiesWeightsToo() {
    LoadBalancer balancer =
        LoadBalancer.of(ConsistentHash.Maglev.DEFAULT, around(new LocalitySpread.Weighted()));
    HostSet hosts = set(Map.of(EAST, 1, WEST, 3), hosts(EAST, 2, 2), hosts(WEST, 1, 1));
    assertThat(shares(balancer, hosts).get("west")).isBetween(700, 800);
  }

  @Test
  void allStaysInTheOwnZoneWhileThatHasAsManyHostsAsProxies() {
    proxies = set(Map.of(), hosts(EAST, 1, 1), hosts(WEST, 1, 1));
    LoadBalancer balancer =
        LoadBalancer.of(Policy.InTurn.DEFAULT, around(LocalitySpread.ZoneAware.DEFAULT));
    HostSet hosts = set(Map.of(), hosts(EAST, 3, 3), hosts(WEST, 3, 3));
    assertThat(shares(balancer, hosts)).isEqualTo(Map.of("east", 1000));
    assertThat(counted("lb_zone_routing_all_directly")).isEqualTo(1000);
    assertThat(counted("lb_recalculate_zone_structures")).isEqualTo(1);
  }

  @Test
  void whatTheOwnZoneCannotTakeGoesWhereThereIsRoom() {
    // The example of Envoy's source: of the proxies 40, 40, 20 percent; of the hosts 25, 50, 25.
    proxies = set(Map.of(), hosts(EAST, 2, 2), hosts(WEST, 2, 2), hosts(NORTH, 1, 1));
    LoadBalancer balancer =
        LoadBalancer.of(Policy.InTurn.DEFAULT, around(LocalitySpread.ZoneAware.DEFAULT));
    HostSet hosts = set(Map.of(), hosts(EAST, 2, 2), hosts(WEST, 4, 4), hosts(NORTH, 2, 2));
    Map<String, Integer> shares = shares(balancer, hosts);
    assertThat(shares.get("east")).isBetween(580, 670); // 25/40
    assertThat(shares.get("west")).isBetween(200, 300); // 2/3 of the rest
    assertThat(shares.get("north")).isBetween(80, 170);
    assertThat(counted("lb_zone_routing_sampled") + counted("lb_zone_routing_cross_zone"))
        .isEqualTo(1000);
  }

  @Test
  void zonesDoNotMatterToASmallClusterOrWithoutTheOwnProxies() {
    proxies = set(Map.of(), hosts(EAST, 1, 1), hosts(WEST, 1, 1));
    LoadBalancer balancer =
        LoadBalancer.of(Policy.InTurn.DEFAULT, around(LocalitySpread.ZoneAware.DEFAULT));
    HostSet small = set(Map.of(), hosts(EAST, 1, 1), hosts(WEST, 1, 1));
    assertThat(shares(balancer, small)).isEqualTo(Map.of("east", 500, "west", 500));
    assertThat(counted("lb_zone_cluster_too_small")).isEqualTo(1);
    proxies = set(Map.of(), hosts(NORTH, 1, 1), hosts(WEST, 1, 1));
    HostSet hosts = set(Map.of(), hosts(EAST, 3, 3), hosts(WEST, 3, 3));
    assertThat(shares(balancer, hosts)).isEqualTo(Map.of("east", 500, "west", 500));
    assertThat(counted("lb_local_cluster_not_ok")).isEqualTo(1);
  }

  @Test
  void otherProxiesMakeOtherShares() {
    proxies = set(Map.of(), hosts(EAST, 1, 1), hosts(WEST, 1, 1));
    LoadBalancer balancer =
        LoadBalancer.of(
            Policy.InTurn.DEFAULT, around(new LocalitySpread.ZoneAware(100, 1, false, false)));
    HostSet hosts = set(Map.of(), hosts(EAST, 1, 1), hosts(WEST, 1, 1));
    assertThat(shares(balancer, hosts)).isEqualTo(Map.of("east", 1000));
    proxies = set(Map.of(), hosts(EAST, 3, 3), hosts(WEST, 1, 1));
    assertThat(shares(balancer, hosts).get("west")).isBetween(280, 390); // a third
  }

  @Test
  void allMayBeForcedIntoTheOwnZone() {
    proxies = set(Map.of(), hosts(EAST, 1, 1));
    LoadBalancer balancer =
        LoadBalancer.of(
            Policy.InTurn.DEFAULT, around(new LocalitySpread.ZoneAware(100, 1, false, true)));
    HostSet hosts = set(Map.of(), hosts(EAST, 1, 1), hosts(WEST, 9, 9));
    assertThat(shares(balancer, hosts)).isEqualTo(Map.of("east", 1000));
  }

  @Test
  void theRuntimeSaysHowManyHostsAreWorthItAndForWhichShareOfTheRequests() {
    proxies = set(Map.of(), hosts(EAST, 1, 1), hosts(WEST, 1, 1));
    LoadBalancer balancer =
        LoadBalancer.of(Policy.InTurn.DEFAULT, around(LocalitySpread.ZoneAware.DEFAULT));
    runtime.set("upstream.zone_routing.min_cluster_size", "2");
    HostSet hosts = set(Map.of(), hosts(EAST, 1, 1), hosts(WEST, 1, 1));
    assertThat(shares(balancer, hosts)).isEqualTo(Map.of("east", 1000));
    runtime.set("upstream.zone_routing.enabled", "0");
    assertThat(shares(balancer, hosts)).isEqualTo(Map.of("east", 500, "west", 500));
  }

  @Test
  void theRuntimeSaysWhenThereIsPanic() {
    LoadBalancer balancer =
        LoadBalancer.of(Policy.InTurn.DEFAULT, around(LocalitySpread.ZoneAware.DEFAULT));
    runtime.set("upstream.healthy_panic_threshold", "10");
    assertThat(shares(balancer, set(Map.of(), hosts(EAST, 1, 1), hosts(WEST, 3, 0))))
        .isEqualTo(Map.of("east", 1000));
    runtime.set("upstream.healthy_panic_threshold", "50");
    assertThat(shares(balancer, set(Map.of(), hosts(EAST, 1, 1), hosts(WEST, 3, 0))))
        .isEqualTo(Map.of("east", 250, "west", 750));
  }

  @Test
  void panicCanMeanNobody() {
    LoadBalancer balancer =
        LoadBalancer.of(
            Policy.InTurn.DEFAULT, around(new LocalitySpread.ZoneAware(100, 1, true, false)));
    assertThat(shares(balancer, set(Map.of(), hosts(EAST, 2, 0)))).isEqualTo(Map.of("-", 1000));
  }
}
