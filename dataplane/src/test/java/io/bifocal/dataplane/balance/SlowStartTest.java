package io.bifocal.dataplane.balance;

import static io.bifocal.dataplane.balance.Hosts.host;
import static io.bifocal.dataplane.balance.Hosts.set;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import io.bifocal.dataplane.runtime.RuntimeReader;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SlowStartTest {
  private static final SlowStart TEN_SECONDS =
      new SlowStart(Duration.ofSeconds(10), RuntimeDouble.fixed(1), 0.1);

  private long seconds = 100;

  static List<Policy> policies() {
    return List.of(
        new Policy.InTurn(TEN_SECONDS),
        new Policy.LeastBusy(2, RuntimeDouble.fixed(1), false, TEN_SECONDS));
  }

  private LoadBalancer balancer(Policy policy) {
    return LoadBalancer.of(
        policy,
        new Surroundings(
            Panic.DEFAULT,
            LocalitySpread.ZoneAware.DEFAULT,
            RuntimeReader.NONE,
            null,
            () -> 0,
            () -> seconds * 1_000_000_000,
            LbStats.NONE,
            shape -> {}));
  }

  private static int ofNew(LoadBalancer balancer, HostSet hosts, int of) {
    int count = 0;
    for (int i = 0; i < of; i++) {
      count += Objects.requireNonNull(balancer.choose(hosts)).hostname().equals("new") ? 1 : 0;
    }
    return count;
  }

  @ParameterizedTest
  @MethodSource("policies")
  void aNewHostsShareGrowsWithTime(Policy policy) {
    LoadBalancer balancer = balancer(policy);
    Host old = host("old");
    var unused = balancer.choose(set(old));
    seconds += 60;
    HostSet both = set(old, host("new"));
    assertThat(ofNew(balancer, both, 110)).as("a tenth at first").isBetween(8, 13);
    seconds += 5;
    assertThat(ofNew(balancer, both, 300)).as("half of a share").isBetween(90, 110);
    seconds += 6;
    assertThat(ofNew(balancer, both, 200)).as("a whole share").isBetween(95, 105);
  }

  @Test
  void aggressionMakesTheFirstStepsLarger() {
    SlowStart quick = new SlowStart(Duration.ofSeconds(10), RuntimeDouble.fixed(2), 0.1);
    assertThat(quick.part(2_500_000_000L)).isEqualTo(0.5);
    assertThat(TEN_SECONDS.part(2_500_000_000L)).isEqualTo(0.25);
    assertThat(TEN_SECONDS.part(0)).isEqualTo(0.1);
    assertThat(TEN_SECONDS.part(10_000_000_000L)).isEqualTo(1);
    SlowStart wrong = new SlowStart(Duration.ofSeconds(10), RuntimeDouble.fixed(0), 0.1);
    assertThat(wrong.part(2_500_000_000L)).isEqualTo(0.25);
  }

  @Test
  void leastRequestMayLookAtAllHosts() {
    Host free = host("new");
    HostSet hosts = set(host("a"), host("b"), host("c"), free);
    hosts.all().forEach(h -> h.stats().rqActive().add(h.equals(free) ? 1 : 2));
    LoadBalancer balancer = balancer(new Policy.LeastBusy(2, RuntimeDouble.fixed(1), true, null));
    assertThat(ofNew(balancer, hosts, 10)).isEqualTo(10);
  }

  @Test
  void aBiasOfZeroLooksAtWeightsAlone() {
    Host busy = host("new", 3);
    busy.stats().rqActive().add(100);
    LoadBalancer balancer = balancer(new Policy.LeastBusy(2, RuntimeDouble.fixed(0), false, null));
    assertThat(ofNew(balancer, set(host("a"), busy), 100)).isEqualTo(75);
  }
}
