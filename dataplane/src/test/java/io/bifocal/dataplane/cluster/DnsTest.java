package io.bifocal.dataplane.cluster;

import static io.bifocal.dataplane.cluster.ClusterFixture.eds;
import static io.bifocal.dataplane.cluster.ClusterFixture.inline;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.util.Durations;
import io.bifocal.dataplane.cluster.ClusterFixture.FakePool;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Family;
import io.bifocal.dataplane.host.Host;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DiscoveryType;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DnsLookupFamily;
import io.envoyproxy.envoy.extensions.clusters.dns.v3.DnsCluster;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clusters that are resolved: hosts, refreshes, failures. */
@SuppressWarnings("deprecation") // the fields that all control planes send
class DnsTest {
  private static final Duration REFRESH = Duration.ofSeconds(5);

  private final ClusterFixture f = new ClusterFixture();

  @Test
  void aStrictClusterHasAHostForEachAddress() throws Exception {
    f.resolver.with("svc", "10.0.0.1", "10.0.0.2", "10.0.0.1");
    f.with(strict("svc")).running();
    assertThat(addresses()).containsExactly("10.0.0.1:80", "10.0.0.2:80");
    assertThat(hosts()).allMatch(h -> h.hostname().equals("svc"));
    f.resolver.with("svc", "10.0.0.2");
    FakePool kept = pool("10.0.0.2:80");
    FakePool gone = pool("10.0.0.1:80");
    f.time.advance(REFRESH);
    assertThat(addresses()).containsExactly("10.0.0.2:80");
    assertThat(kept.drained).isFalse();
    assertThat(gone.drained).isTrue();
  }

  @Test
  void aLogicalClusterHasOneHostThatIsRaced() throws Exception {
    f.resolver.with("svc", "10.0.0.1", "2001:db8::1", "10.0.0.2");
    f.with(logical("svc", DnsLookupFamily.ALL)).running();
    assertThat(hosts()).hasSize(1);
    assertThat(hosts().get(0).addresses().ordered())
        .extracting(Address::text)
        .containsExactly("[2001:db8::1]:80", "10.0.0.1:80", "10.0.0.2:80");
    assertThat(hosts().get(0).hostname()).isEqualTo("svc");
  }

  @Test
  void aNameThatTheEndpointHasIsItsHostname() throws Exception {
    Cluster.Builder cluster = strict("svc").toBuilder();
    cluster
        .getLoadAssignmentBuilder()
        .getEndpointsBuilder(0)
        .getLbEndpointsBuilder(0)
        .getEndpointBuilder()
        .setHostname("front");
    f.resolver.with("svc", "10.0.0.1");
    f.with(cluster.build()).running();
    assertThat(hosts().get(0).hostname()).isEqualTo("front");
  }

  @Test
  void aLogicalHostIsOfTheFirstPriority() throws Exception {
    Cluster.Builder cluster = logical("svc", DnsLookupFamily.ALL).toBuilder();
    cluster.getLoadAssignmentBuilder().getEndpointsBuilder(0).setPriority(3);
    f.resolver.with("svc", "10.0.0.1");
    f.with(cluster.build()).running();
    assertThat(hosts().get(0).priority()).isZero();
    assertThat(f.host("d")).isEqualTo("10.0.0.1:80");
  }

  @Test
  void theNewerClusterTypeSaysTheSame() throws Exception {
    f.resolver.with("svc", "10.0.0.1", "2001:db8::1");
    DnsCluster dns =
        DnsCluster.newBuilder()
            .setDnsLookupFamily(
                io.envoyproxy.envoy.extensions.clusters.common.dns.v3.DnsLookupFamily.ALL)
            .setAllAddressesInSingleEndpoint(true)
            .setDnsRefreshRate(Durations.fromSeconds(1))
            .build();
    Cluster.Builder cluster = inline("d", "svc").toBuilder();
    cluster.getClusterTypeBuilder().setName("envoy.clusters.dns").setTypedConfig(Any.pack(dns));
    f.with(cluster.build()).running();
    assertThat(hosts())
        .singleElement()
        .satisfies(host -> assertThat(host.addresses().arrived()).hasSize(2));
    assertThat(f.resolver.asked()).containsExactly("svc");
    f.time.advance(Duration.ofSeconds(1));
    assertThat(f.resolver.asked()).containsExactly("svc");
  }

  @Test
  void aResolverThatTurnsItsAnswersRoundDrainsNothing() throws Exception {
    f.resolver.with("svc", "10.0.0.1", "10.0.0.2");
    f.with(logical("svc", DnsLookupFamily.ALL)).running();
    FakePool pool = f.pool("d");
    f.resolver.with("svc", "10.0.0.2", "10.0.0.1");
    f.time.advance(REFRESH);
    assertThat(f.pool("d")).isSameAs(pool);
    assertThat(pool.drained).isFalse();
    assertThat(pool.host().addresses().ordered())
        .as("but new connections follow the answer")
        .extracting(Address::text)
        .containsExactly("10.0.0.2:80", "10.0.0.1:80");
    f.time.advance(REFRESH);
    assertThat(f.stat("cluster.d.update_no_rebuild")).isEqualTo(1);
    f.resolver.with("svc", "10.0.0.2");
    f.time.advance(REFRESH);
    assertThat(pool.drained).as("its address is gone").isTrue();
  }

  @Test
  void theOrderOfHostsIsNoChange() throws Exception {
    f.resolver.with("svc", "10.0.0.1", "10.0.0.2");
    f.with(strict("svc")).running();
    f.resolver.with("svc", "10.0.0.2", "10.0.0.1");
    f.time.advance(REFRESH);
    assertThat(addresses()).containsExactly("10.0.0.1:80", "10.0.0.2:80");
    assertThat(f.stat("cluster.d.update_no_rebuild")).isEqualTo(1);
    assertThat(f.stat("cluster.d.update_success")).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({
    "AUTO, 2001:db8::1",
    "V4_ONLY, 10.0.0.1",
    "V6_ONLY, 2001:db8::1",
    "V4_PREFERRED, 10.0.0.1",
    "ALL, 2001:db8::1 10.0.0.1"
  })
  void theLookupFamilyChooses(DnsLookupFamily family, String expected) throws Exception {
    f.resolver.with("svc", "10.0.0.1", "2001:db8::1");
    f.with(strict("svc").toBuilder().setDnsLookupFamily(family).build()).running();
    assertThat(
            hosts().stream()
                .map(h -> ((Address.Ip) h.primary()).ip().getHostAddress())
                .map(text -> text.equals("2001:db8:0:0:0:0:0:1") ? "2001:db8::1" : text))
        .containsExactly(expected.split(" "));
  }

  @Test
  void anEmptyAnswerTakesTheHostsOfAStrictCluster() throws Exception {
    f.resolver.with("svc", "10.0.0.1");
    f.with(strict("svc")).running();
    f.resolver.with("svc");
    f.time.advance(REFRESH);
    assertThat(addresses()).isEmpty();
    assertThat(f.stat("cluster.d.update_success")).isEqualTo(2);
    assertThat(f.stat("cluster.d.update_failure")).isZero();
  }

  @Test
  void anEmptyAnswerIsAFailureToALogicalClusterWhichKeepsItsHost() throws Exception {
    f.resolver.with("svc", "10.0.0.1");
    f.with(logical("svc", DnsLookupFamily.ALL)).running();
    f.resolver.with("svc");
    f.time.advance(REFRESH);
    assertThat(addresses()).containsExactly("10.0.0.1:80");
    assertThat(f.stat("cluster.d.update_success")).isEqualTo(1);
    assertThat(f.stat("cluster.d.update_failure")).isEqualTo(1);
  }

  @Test
  void aFailureKeepsTheHosts() throws Exception {
    for (boolean logical : new boolean[] {false, true}) {
      ClusterFixture g = new ClusterFixture();
      g.resolver.with("svc", "10.0.0.1");
      g.with(logical ? logical("svc", DnsLookupFamily.AUTO) : strict("svc")).running();
      g.resolver.has("svc", Family.V6, Duration.ZERO).fails("svc", Family.V4, Duration.ZERO);
      g.time.advance(REFRESH);
      assertThat(g.host("d")).isEqualTo("10.0.0.1:80");
      assertThat(g.stat("cluster.d.update_failure")).isEqualTo(1);
      assertThat(g.stat("cluster.d.update_no_rebuild")).isZero();
    }
  }

  @Test
  void failuresAreFollowedByABackOffThatGrowsAndIsResetByAnAnswer() throws Exception {
    Cluster.Builder cluster = strict("svc").toBuilder();
    cluster
        .getDnsFailureRefreshRateBuilder()
        .setBaseInterval(Durations.fromSeconds(2))
        .setMaxInterval(Durations.fromSeconds(6));
    f.resolver.fails("svc");
    f.with(cluster.build()).running();
    // Half of 2, 4 and 6 s, and then of 6 s again: chance is 0.5.
    for (int seconds : new int[] {1, 2, 3, 3}) {
      f.resolver.asked();
      f.time.advance(Duration.ofSeconds(seconds).minusMillis(1));
      assertThat(f.resolver.asked()).isEmpty();
      f.time.advance(Duration.ofMillis(1));
      assertThat(f.resolver.asked()).hasSize(1);
    }
    f.resolver.with("svc", "10.0.0.9");
    f.time.advance(Duration.ofSeconds(3));
    assertThat(addresses()).containsExactly("10.0.0.9:80");
    f.resolver.fails("svc");
    f.time.advance(REFRESH);
    f.resolver.asked();
    f.time.advance(Duration.ofSeconds(1));
    assertThat(f.resolver.asked()).as("from the beginning").hasSize(1);
  }

  @Test
  void withoutARateOfTheirOwnFailuresAreRefreshedLikeAnswers() throws Exception {
    f.resolver.fails("svc");
    f.with(strict("svc")).running();
    f.resolver.asked();
    f.time.advance(REFRESH.minusMillis(1));
    assertThat(f.resolver.asked()).isEmpty();
    f.time.advance(Duration.ofMillis(1));
    assertThat(f.resolver.asked()).hasSize(1);
  }

  @Test
  void theLeastTtlCountsForHostsAndTheFirstOneForOneHost() throws Exception {
    for (boolean logical : new boolean[] {false, true}) {
      ClusterFixture g = new ClusterFixture();
      g.resolver.ttl(Duration.ofSeconds(9)).has("svc", Family.V6, Duration.ZERO, "2001:db8::1");
      g.resolver.ttl(Duration.ofSeconds(2)).has("svc", Family.V4, Duration.ZERO, "10.0.0.1");
      Cluster cluster =
          logical
              ? logical("svc", DnsLookupFamily.ALL)
              : strict("svc").toBuilder().setDnsLookupFamily(DnsLookupFamily.ALL).build();
      g.with(cluster.toBuilder().setRespectDnsTtl(true).build()).running();
      g.resolver.asked();
      g.time.advance(Duration.ofSeconds(2));
      assertThat(g.resolver.asked()).hasSize(logical ? 0 : 1);
      g.time.advance(Duration.ofSeconds(7));
      assertThat(g.resolver.asked()).isNotEmpty();
    }
  }

  @Test
  void aTtlOfZeroOrOneThatIsNotRespectedIsTheRefreshRate() throws Exception {
    for (boolean respect : new boolean[] {false, true}) {
      ClusterFixture g = new ClusterFixture();
      g.resolver.ttl(Duration.ofSeconds(respect ? 0 : 1)).with("svc", "10.0.0.1");
      g.with(strict("svc").toBuilder().setRespectDnsTtl(respect).build()).running();
      g.resolver.asked();
      g.time.advance(REFRESH.minusMillis(1));
      assertThat(g.resolver.asked()).isEmpty();
      g.time.advance(Duration.ofMillis(1));
      assertThat(g.resolver.asked()).hasSize(1);
    }
  }

  @Test
  void jitterComesAfterAnswersOnly() throws Exception {
    Cluster jittered =
        strict("svc").toBuilder().setDnsJitter(Durations.fromSeconds(4)).build(); // chance is 0.5
    f.resolver.with("svc", "10.0.0.1");
    f.with(jittered).running();
    f.resolver.asked();
    f.time.advance(REFRESH.plusMillis(1999));
    assertThat(f.resolver.asked()).isEmpty();
    f.resolver.fails("svc");
    f.time.advance(Duration.ofMillis(1));
    assertThat(f.resolver.asked()).hasSize(1);
    f.time.advance(REFRESH);
    assertThat(f.resolver.asked()).hasSize(1);
  }

  @Test
  void eachNameIsAskedWhenItsOwnAnswerIsDue() throws Exception {
    f.resolver.ttl(Duration.ofSeconds(2)).with("fast", "10.0.0.1");
    f.resolver.ttl(Duration.ofSeconds(7)).with("slow", "10.0.0.2");
    f.with(
            inline("d", "fast", "slow").toBuilder()
                .setType(DiscoveryType.STRICT_DNS)
                .setRespectDnsTtl(true)
                .build())
        .running();
    assertThat(f.resolver.asked()).containsExactly("fast", "slow");
    f.time.advance(Duration.ofSeconds(7));
    assertThat(f.resolver.asked()).containsExactly("fast", "fast", "fast", "slow");
    assertThat(f.stat("cluster.d.update_attempt")).isEqualTo(6);
  }

  @Test
  void oneNamesFailureLeavesTheOthersHosts() throws Exception {
    f.resolver.with("a", "10.0.0.1").with("b", "10.0.0.2");
    f.with(strict("a", "b")).running();
    f.resolver.with("a", "10.0.0.9").fails("b");
    f.time.advance(REFRESH);
    assertThat(addresses()).containsExactly("10.0.0.9:80", "10.0.0.2:80");
  }

  @Test
  void anAddressOfTwoNamesIsOneHost() throws Exception {
    f.resolver.with("a", "10.0.0.1", "10.0.0.2").with("b", "10.0.0.2", "10.0.0.3");
    f.with(strict("a", "b", "10.0.0.3")).running();
    assertThat(addresses()).containsExactly("10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80");
    f.resolver.with("a", "10.0.0.1");
    f.time.advance(REFRESH);
    assertThat(addresses()).as("which the other one keeps").contains("10.0.0.2:80");
  }

  @Test
  void aClusterIsReadyWithItsFirstAnswerOrFailure() throws Exception {
    f.resolver.has("slow", Family.V6, Duration.ofSeconds(2));
    f.resolver.has("slow", Family.V4, Duration.ofSeconds(2), "10.0.0.2");
    f.resolver.fails("nowhere", Family.V6, Duration.ofSeconds(1));
    f.resolver.fails("nowhere", Family.V4, Duration.ZERO);
    f.with(strict("slow", "nowhere"), eds("e1")).start();
    assertThat(f.xds.requests()).isEmpty();
    assertThat(f.manager.unready()).containsExactly("Cluster d");
    assertThat(f.stat("cluster.d.warming_state")).isEqualTo(1);
    f.time.advance(Duration.ofSeconds(1));
    assertThat(f.xds.requests()).containsExactly("EDS[e1]");
    assertThat(f.host("d")).isNull();
    f.time.advance(Duration.ofSeconds(3));
    assertThat(f.host("d")).isEqualTo("10.0.0.2:80");
  }

  @Test
  void aClusterThatNeedNotWaitIsReadyAtOnce() throws Exception {
    f.resolver.has("svc", Family.V6, Duration.ofSeconds(1), "2001:db8::1");
    f.with(strict("svc").toBuilder().setWaitForWarmOnInit(BoolValue.of(false)).build(), eds("e1"))
        .start();
    assertThat(f.xds.requests()).containsExactly("EDS[e1]");
    assertThat(f.get("d").chooseHost()).isNull();
    f.time.advance(Duration.ofSeconds(1));
    assertThat(f.host("d")).isEqualTo("[2001:db8::1]:80");
  }

  @Test
  void aRemovedClusterAsksNoMoreAndForgetsWhatItAsked() {
    f.resolver.with("svc", "10.0.0.1");
    f.running(strict("svc"));
    f.time.run();
    assertThat(f.host("d")).isEqualTo("10.0.0.1:80");
    f.resolver.has("svc", Family.V6, Duration.ofSeconds(3), "2001:db8::1");
    f.time.advance(REFRESH);
    assertThat(f.resolver.open()).isEqualTo(1);
    f.cds("2");
    assertThat(f.resolver.open()).isZero();
    f.resolver.asked();
    f.time.advance(Duration.ofMinutes(1));
    assertThat(f.resolver.asked()).isEmpty();
    assertThat(f.time.pendingTimers()).isZero();
  }

  private List<Host> hosts() {
    return f.manager.clusters().get(0).hosts().all();
  }

  private List<String> addresses() {
    return hosts().stream().map(h -> h.primary().text()).toList();
  }

  private FakePool pool(String primary) {
    Host host =
        hosts().stream().filter(h -> h.primary().text().equals(primary)).findFirst().orElseThrow();
    return ClusterFixture.httpPool(f.get("d"), host);
  }

  private static Cluster strict(String... names) {
    return inline("d", names).toBuilder().setType(DiscoveryType.STRICT_DNS).build();
  }

  private static Cluster logical(String name, DnsLookupFamily family) {
    return strict(name).toBuilder()
        .setType(DiscoveryType.LOGICAL_DNS)
        .setDnsLookupFamily(family)
        .build();
  }
}
