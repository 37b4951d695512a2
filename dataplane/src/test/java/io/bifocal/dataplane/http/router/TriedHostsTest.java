package io.bifocal.dataplane.http.router;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.host.HostStats;
import io.bifocal.dataplane.host.Locality;
import io.bifocal.dataplane.http.route.RetryHosts;
import io.bifocal.dataplane.stats.StatsStore;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where a request is not tried again. */
class TriedHostsTest {
  private static final Value YES = Value.newBuilder().setBoolValue(true).build();

  private final HostStats stats = HostStats.in(new StatsStore(1).root().scope("host"));

  private Host host(int port, int priority, Struct balancing) {
    Address address = Address.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    return new Host(
        new HostState(address, stats),
        new AddressList(List.of(address), List.of(address)),
        "",
        Locality.NONE,
        priority,
        1,
        HealthStatus.UNKNOWN,
        Metadata.newBuilder().putFilterMetadata("envoy.lb", balancing).build());
  }

  private Host host(int port, int priority) {
    return host(port, priority, Struct.getDefaultInstance());
  }

  private static TriedHosts tried(int priorityFrequency, RetryHosts... predicates) {
    return new TriedHosts(RouterBench.policy(3, null, List.of(predicates), priorityFrequency));
  }

  @Test
  void aHostThatWasTriedIsLeftOutWhateverVersionOfIt() {
    TriedHosts tried = tried(0, new RetryHosts.Previous());
    Host first = host(1, 0);
    assertThat(tried.any()).isFalse();
    assertThat(tried.refuses(first)).isFalse();
    tried.add(first);
    assertThat(tried.any()).isTrue();
    assertThat(tried.refuses(host(9, 0).as(first.state()))).isTrue();
    assertThat(tried.refuses(host(2, 0))).isFalse();
  }

  @Test
  void canariesAndHostsWithMetadataAreLeftOutFromTheStart() {
    Struct canary = Struct.newBuilder().putFields("canary", YES).build();
    Struct both = canary.toBuilder().putFields("old", YES).build();
    TriedHosts noCanaries = tried(0, new RetryHosts.Canary());
    assertThat(noCanaries.refuses(host(1, 0, canary))).isTrue();
    assertThat(noCanaries.refuses(host(1, 0))).isFalse();
    TriedHosts notLikeBoth = tried(0, new RetryHosts.WithMetadata(both));
    assertThat(notLikeBoth.refuses(host(1, 0, both))).isTrue();
    assertThat(notLikeBoth.refuses(host(1, 0, canary))).as("one of two").isFalse();
  }

  @Test
  void anyOfThePredicatesRefuses() {
    Struct canary = Struct.newBuilder().putFields("canary", YES).build();
    TriedHosts tried = tried(0, new RetryHosts.Previous(), new RetryHosts.Canary());
    tried.add(host(1, 0));
    assertThat(tried.refuses(host(2, 0, canary))).isTrue();
  }

  @Test
  void prioritiesAreLeftOutAfterSoManyTriesUntilNoneIsLeft() {
    TriedHosts tried = tried(2);
    tried.add(host(1, 0));
    assertThat(tried.excluded()).isZero();
    tried.add(host(2, 0));
    assertThat(tried.excluded()).isEqualTo(0b1);
    tried.add(host(3, 2));
    assertThat(tried.excluded()).as("every second time").isEqualTo(0b1);
    tried.add(host(4, 2));
    assertThat(tried.excluded()).isEqualTo(0b101);
    tried.nothingLeft();
    assertThat(tried.excluded()).isZero();
    tried.add(host(5, 1));
    tried.add(host(6, 1));
    assertThat(tried.excluded()).as("from the start again").isEqualTo(0b10);
  }

  @Test
  void policiesThatSayNothingOfHostsNeedNone() {
    assertThat(TriedHosts.matters(RouterBench.policy(1))).isFalse();
    assertThat(TriedHosts.matters(RouterBench.policy(1, null, List.of(), 1))).isTrue();
    assertThat(
            TriedHosts.matters(RouterBench.policy(1, null, List.of(new RetryHosts.Previous()), 0)))
        .isTrue();
  }
}
