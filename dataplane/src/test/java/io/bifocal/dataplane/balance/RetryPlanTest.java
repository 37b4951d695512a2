package io.bifocal.dataplane.balance;

import static io.bifocal.dataplane.balance.Hosts.host;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RetryPlanTest {
  /** A plan that is written out. */
  private static final class Plan implements RetryPlan {
    private final Set<Host> unwanted;
    private final int attempts;
    private long excluded;
    private int resets;

    Plan(Set<Host> unwanted, int attempts, long excluded) {
      this.unwanted = unwanted;
      this.attempts = attempts;
      this.excluded = excluded;
    }

    @Override
    public boolean refuses(Host host) {
      return unwanted.contains(host);
    }

    @Override
    public int attempts() {
      return attempts;
    }

    @Override
    public long excluded() {
      return excluded;
    }

    @Override
    public void nothingLeft() {
      excluded = 0;
      resets++;
    }
  }

  private final Host a = host("a");
  private final Host b = host("b");

  static List<Policy> hashes() {
    return List.of(ConsistentHash.Ring.DEFAULT, ConsistentHash.Maglev.DEFAULT);
  }

  @Test
  void anotherHostIsChosenAsOftenAsIsAllowed() {
    HostSet hosts = new HostSet(List.of(List.of(a, b)), 140);
    LoadBalancer balancer = LoadBalancer.of(Policy.InTurn.DEFAULT, Hosts.around(0));
    LoadBalancerContext once = LoadBalancerContext.NONE.again(new Plan(Set.of(a), 1, 0));
    assertThat(balancer.choose(hosts, once)).isEqualTo(b);
    assertThat(balancer.choose(hosts, once)).isEqualTo(b);
    LoadBalancerContext nobody = LoadBalancerContext.NONE.again(new Plan(Set.of(a, b), 4, 0));
    assertThat(balancer.choose(hosts, nobody)).as("refused, and taken at last").isEqualTo(a);
  }

  @ParameterizedTest
  @MethodSource("hashes")
  void aHashLeadsElsewhereWhenItsHostIsRefused(Policy policy) {
    HostSet hosts = new HostSet(List.of(List.of(a, b)), 140);
    LoadBalancer balancer = LoadBalancer.of(policy, Hosts.around(0));
    for (long hash = 1; hash < 100; hash++) {
      LoadBalancerContext hashed = LoadBalancerContext.of(hash * 0x9E3779B97F4A7C15L);
      Host first = balancer.choose(hosts, hashed);
      assertThat(first).isNotNull();
      Host second = balancer.choose(hosts, hashed.again(new Plan(Set.of(first), 20, 0)));
      assertThat(second).isNotEqualTo(first);
    }
  }

  @Test
  void aPriorityThatWasTriedGivesItsLoadToTheOthers() {
    HostSet hosts = new HostSet(List.of(List.of(a), List.of(b)), 140);
    LoadBalancer balancer = LoadBalancer.of(Policy.InTurn.DEFAULT, Hosts.around(0));
    assertThat(balancer.choose(hosts)).isEqualTo(a);
    assertThat(balancer.choose(hosts, LoadBalancerContext.NONE.again(new Plan(Set.of(), 1, 1))))
        .isEqualTo(b);
    Plan all = new Plan(Set.of(), 1, 3);
    assertThat(balancer.choose(hosts, LoadBalancerContext.NONE.again(all))).isEqualTo(a);
    assertThat(all.resets).isEqualTo(1);
  }
}
