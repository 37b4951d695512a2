package io.bifocal.dataplane.balance;

import static io.bifocal.dataplane.balance.Hosts.around;
import static io.bifocal.dataplane.balance.Hosts.host;
import static io.bifocal.dataplane.balance.Hosts.set;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import org.junit.jupiter.api.Test;

class PanicTest {
  private static final HostSet ALL_UNHEALTHY =
      set(host("a", HealthStatus.UNHEALTHY), host("b", HealthStatus.UNHEALTHY));
  private static final HostSet ONE_OF_FOUR =
      set(
          host("a"),
          host("b", HealthStatus.UNHEALTHY),
          host("c", HealthStatus.UNHEALTHY),
          host("d", HealthStatus.UNHEALTHY));

  @Test
  void byDefaultHealthIsIgnoredWhenLessThanHalfIsHealthy() {
    assertThat(picks(50, ONE_OF_FOUR)).isEqualTo("abcd");
    assertThat(picks(50, ALL_UNHEALTHY)).isEqualTo("abab");
  }

  @Test
  void aLowerThresholdKeepsToTheHealthyHost() {
    assertThat(picks(20, ONE_OF_FOUR)).isEqualTo("aaaa");
  }

  @Test
  void withoutPanicNobodyServesWhenNobodyIsHealthy() {
    LoadBalancer balancer =
        LoadBalancer.of(Policy.InTurn.DEFAULT, around(0).with(new Panic(0, () -> {})));
    assertThat(balancer.choose(ALL_UNHEALTHY)).isNull();
    assertThat(picks(0, ONE_OF_FOUR)).isEqualTo("aaaa");
  }

  @Test
  void leastRequestComparesAsManyHostsAsItIsTold() {
    Host busy = host("a");
    Host busier = host("b");
    Host idle = host("c");
    busy.stats().rqActive().add(1);
    busier.stats().rqActive().add(2);
    long[] next = {0};
    LoadBalancer three = LoadBalancer.of(Policy.LeastBusy.of(3), Surroundings.of(() -> next[0]++));
    assertThat(three.choose(set(busier, busy, idle))).isEqualTo(idle);
    next[0] = 0;
    LoadBalancer two = LoadBalancer.of(Policy.LeastBusy.of(2), Surroundings.of(() -> next[0]++));
    assertThat(two.choose(set(busier, busy, idle))).isEqualTo(busy);
  }

  private static String picks(int panicThreshold, HostSet hosts) {
    return RoundRobinTest.picks(
        LoadBalancer.of(Policy.InTurn.DEFAULT, around(0).with(new Panic(panicThreshold, () -> {}))),
        hosts,
        4);
  }
}
