package io.bifocal.dataplane.balance;

import static io.bifocal.dataplane.balance.Hosts.around;
import static io.bifocal.dataplane.balance.Hosts.host;
import static io.bifocal.dataplane.balance.Hosts.set;
import static io.bifocal.dataplane.balance.RoundRobinTest.picks;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.host.HealthFlag;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

class LoadBalancerTest {
  private final LongSupplier chance = new Random(1)::nextLong;

  @Test
  void aHostThatLosesItsHealthBetweenUpdatesIsNotChosen() {
    Host a = host("a");
    Host b = host("b");
    HostSet hosts = set(a, b);
    LoadBalancer balancer = LoadBalancer.of(Policy.InTurn.DEFAULT, around(0));
    assertThat(picks(balancer, hosts, 2)).isEqualTo("ab");
    a.state().mark(HealthFlag.FAILED_OUTLIER_CHECK, true);
    assertThat(picks(balancer, hosts, 3)).isEqualTo("bbb");
  }

  @Test
  void whenAllLoseTheirHealthBetweenUpdatesThereIsPanic() {
    Host a = host("a");
    HostSet hosts = set(a);
    LoadBalancer balancer = LoadBalancer.of(Policy.InTurn.DEFAULT, around(0));
    assertThat(picks(balancer, hosts, 1)).isEqualTo("a");
    a.state().mark(HealthFlag.FAILED_ACTIVE_HC, true);
    assertThat(picks(balancer, hosts, 1)).isEqualTo("a");
    assertThat(
            picks(
                LoadBalancer.of(Policy.InTurn.DEFAULT, around(0).with(new Panic(0, () -> {}))),
                hosts,
                1))
        .as("without panic")
        .isEqualTo("-");
  }

  @Test
  void everyChoiceInPanicIsTold() {
    AtomicInteger told = new AtomicInteger();
    LoadBalancer balancer =
        LoadBalancer.of(
            Policy.InTurn.DEFAULT, around(0).with(new Panic(50, told::incrementAndGet)));
    Host a = host("a");
    HostSet hosts = set(a, host("b"));
    picks(balancer, hosts, 10);
    assertThat(told).hasValue(0);
    hosts.all().forEach(h -> h.state().mark(HealthFlag.FAILED_ACTIVE_HC, true));
    assertThat(picks(balancer, hosts, 10)).doesNotContain("-");
    assertThat(told).hasValue(10);
  }

  @Test
  void randomUsesAllHostsAlike() {
    HostSet hosts = set(host("a"), host("b", 9), host("c"));
    String picks =
        picks(LoadBalancer.of(new Policy.AnyHost(), Surroundings.of(chance)), hosts, 3000);
    for (char name : "abc".toCharArray()) {
      assertThat(picks.chars().filter(c -> c == name).count()).isBetween(900L, 1100L);
    }
  }

  @Test
  void leastRequestAvoidsTheBusyHost() {
    Host busy = host("a");
    Host free = host("b");
    busy.stats().rqActive().add(10);
    String picks =
        picks(
            LoadBalancer.of(Policy.LeastBusy.DEFAULT, Surroundings.of(chance)),
            set(busy, free),
            1000);
    // The busy one is chosen only where both picks fell on it.
    assertThat(picks.chars().filter(c -> c == 'a').count()).isBetween(200L, 300L);
  }

  @Test
  void leastRequestComparesAsManyAsAskedFor() {
    Host busy = host("a");
    busy.stats().rqActive().add(10);
    String picks =
        picks(
            LoadBalancer.of(Policy.LeastBusy.of(8), Surroundings.of(chance)),
            set(busy, host("b")),
            1000);
    assertThat(picks.chars().filter(c -> c == 'a').count()).isLessThan(20);
  }

  @Test
  void leastRequestWithWeightsDividesThemByWhatIsInFlight() {
    Host heavy = host("a", 4);
    Host light = host("b", 2);
    heavy.stats().rqActive().add(3); // 4 / (1 + 3) = 1, against 2
    String picks =
        picks(
            LoadBalancer.of(Policy.LeastBusy.DEFAULT, Surroundings.of(chance)),
            set(heavy, light),
            300);
    assertThat(picks.chars().filter(c -> c == 'a').count()).isBetween(98L, 102L);
  }
}
