package io.bifocal.dataplane.balance;

import static io.bifocal.dataplane.balance.Hosts.around;
import static io.bifocal.dataplane.balance.Hosts.host;
import static io.bifocal.dataplane.balance.Hosts.set;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import org.junit.jupiter.api.Test;

class RoundRobinTest {
  @Test
  void hostsTakeTurns() {
    HostSet hosts = set(host("a"), host("b"), host("c"));
    assertThat(picks(new RoundRobin(Policy.InTurn.DEFAULT, around(0)), hosts, 7))
        .isEqualTo("abcabca");
  }

  @Test
  void whereItStartsIsLeftToChance() {
    HostSet hosts = set(host("a"), host("b"), host("c"));
    assertThat(picks(new RoundRobin(Policy.InTurn.DEFAULT, around(2)), hosts, 4)).isEqualTo("cabc");
    assertThat(picks(new RoundRobin(Policy.InTurn.DEFAULT, around(-1)), hosts, 1)).hasSize(1);
  }

  @Test
  void turnsAreInProportionToWeightsAndSpread() {
    HostSet hosts = set(host("a", 3), host("b", 1));
    assertThat(picks(new RoundRobin(Policy.InTurn.DEFAULT, around(0)), hosts, 8))
        .isEqualTo("aabaaaab");
  }

  @Test
  void aChangeOfHostsDoesNotStartTheRoundAnew() {
    Host a = host("a", 5);
    Host b = host("b", 3);
    Host c = host("c", 2);
    String undisturbed = picks(new RoundRobin(Policy.InTurn.DEFAULT, around(0)), set(a, b, c), 20);
    RoundRobin balancer = new RoundRobin(Policy.InTurn.DEFAULT, around(0));
    assertThat(picks(balancer, set(a, b, c), 7) + picks(balancer, set(a, b, c), 13))
        .isEqualTo(undisturbed);
    assertThat(picks(balancer, set(a, b, c, host("d", 10)), 20))
        .as("a newcomer gets its part, and no more")
        .satisfies(p -> assertThat(p.chars().filter(x -> x == 'd').count()).isBetween(9L, 11L));
  }

  @Test
  void anUnhealthyHostGetsNothing() {
    HostSet hosts = set(host("a"), host("b", HealthStatus.UNHEALTHY), host("c"));
    assertThat(picks(new RoundRobin(Policy.InTurn.DEFAULT, around(0)), hosts, 4)).isEqualTo("acac");
  }

  @Test
  void noHostsMeansNone() {
    assertThat(new RoundRobin(Policy.InTurn.DEFAULT, around(0)).choose(HostSet.EMPTY)).isNull();
    assertThat(new RoundRobin(Policy.InTurn.DEFAULT, around(0)).choose(set())).isNull();
  }

  static String picks(LoadBalancer balancer, HostSet hosts, int count) {
    StringBuilder picks = new StringBuilder();
    for (int i = 0; i < count; i++) {
      Host host = balancer.choose(hosts);
      picks.append(host == null ? "-" : host.hostname());
    }
    return picks.toString();
  }
}
