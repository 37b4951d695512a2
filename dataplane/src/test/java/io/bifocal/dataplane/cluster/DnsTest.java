package io.bifocal.dataplane.cluster;

import static io.bifocal.dataplane.cluster.ClusterFixture.eds;
import static io.bifocal.dataplane.cluster.ClusterFixture.inline;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.util.Durations;
import io.bifocal.dataplane.cluster.ClusterFixture.FakePool;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import io.bifocal.xds.time.ThreadLoop;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DiscoveryType;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DnsLookupFamily;
import io.envoyproxy.envoy.extensions.clusters.dns.v3.DnsCluster;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@SuppressWarnings("deprecation") // the fields that all control planes send
class DnsTest {
  private static final Duration REFRESH = Duration.ofSeconds(5);

  private final ClusterFixture f = new ClusterFixture();

  @Test
  void aStrictClusterHasAHostForEachAddress() throws Exception {
    f.resolver.with("svc", "10.0.0.1", "10.0.0.2", "10.0.0.1");
    f.with(strict("svc")).running();
    assertThat(addresses()).containsExactly("10.0.0.1:80", "10.0.0.2:80");
    assertThat(f.manager.clusters().get(0).hosts().all()).allMatch(h -> h.hostname().equals("svc"));
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
    Host host = f.manager.clusters().get(0).hosts().all().get(0);
    assertThat(host.addresses().ordered())
        .extracting(Address::text)
        .containsExactly("[2001:db8::1]:80", "10.0.0.1:80", "10.0.0.2:80");
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
    cluster.getClusterTypeBuilder().setName("envoy.cluster.dns").setTypedConfig(Any.pack(dns));
    f.with(cluster.build()).running();
    assertThat(f.manager.clusters().get(0).hosts().all())
        .singleElement()
        .satisfies(host -> assertThat(host.addresses().arrived()).hasSize(2));
    f.resolver.asked.clear();
    f.time.advance(Duration.ofSeconds(1));
    assertThat(f.resolver.asked).containsExactly("svc");
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
            f.manager.clusters().get(0).hosts().all().stream()
                .map(h -> ((Address.Ip) h.primary()).ip().getHostAddress())
                .map(text -> text.equals("2001:db8:0:0:0:0:0:1") ? "2001:db8::1" : text))
        .containsExactly(expected.split(" "));
  }

  @Test
  void aFailureKeepsTheHostsAndIsTriedAgain() throws Exception {
    f.resolver.with("svc", "10.0.0.1");
    Cluster.Builder cluster = strict("svc").toBuilder();
    cluster
        .getDnsFailureRefreshRateBuilder()
        .setBaseInterval(Durations.fromSeconds(1))
        .setMaxInterval(Durations.fromSeconds(3));
    f.with(cluster.build()).running();
    f.resolver.forget("svc");
    f.resolver.asked.clear();
    f.time.advance(REFRESH);
    assertThat(addresses()).containsExactly("10.0.0.1:80");
    assertThat(f.stat("cluster.d.update_failure")).isEqualTo(1);
    f.time.advance(Duration.ofSeconds(1));
    f.time.advance(Duration.ofSeconds(2));
    f.time.advance(Duration.ofSeconds(3));
    assertThat(f.resolver.asked).as("after 1, 2 and 3 s").hasSize(4);
    f.resolver.with("svc", "10.0.0.9");
    f.time.advance(Duration.ofSeconds(3));
    assertThat(addresses()).containsExactly("10.0.0.9:80");
  }

  @Test
  void edsIsAskedWhenNamesAreResolvedOrHaveFailed() throws Exception {
    f.resolver.silent = true;
    f.with(strict("svc"), eds("e1")).start();
    assertThat(f.xds.requests()).isEmpty();
    assertThat(f.manager.unready()).containsExactly("Cluster d");
    ClusterFixture g = new ClusterFixture();
    g.with(strict("nowhere"), eds("e1")).start();
    assertThat(g.xds.requests()).containsExactly("EDS[e1]");
    assertThat(g.host("d")).isNull();
  }

  @Test
  void aRemovedClusterAsksNoMore() {
    f.resolver.with("svc", "10.0.0.1");
    f.running(strict("svc"));
    f.time.run();
    assertThat(f.host("d")).isEqualTo("10.0.0.1:80");
    f.cds("2");
    f.resolver.asked.clear();
    f.time.advance(Duration.ofMinutes(1));
    assertThat(f.resolver.asked).isEmpty();
    f.manager.close();
    assertThat(f.resolver.closed).isTrue();
  }

  @Test
  void theSystemKnowsItself() throws Exception {
    try (ThreadLoop loop = ThreadLoop.start("control")) {
      SystemResolver system = new SystemResolver(loop);
      CompletableFuture<Resolver.Answer> local = new CompletableFuture<>();
      CompletableFuture<Resolver.Answer> none = new CompletableFuture<>();
      system.resolve("localhost", local::complete);
      system.resolve("no-such-name.invalid", none::complete);
      assertThat(local.get(10, TimeUnit.SECONDS))
          .isInstanceOfSatisfying(
              Resolver.Answer.Found.class,
              found -> assertThat(found.addresses()).allMatch(a -> a.isLoopbackAddress()));
      assertThat(none.get(30, TimeUnit.SECONDS)).isInstanceOf(Resolver.Answer.Failed.class);
      system.close();
    }
  }

  private List<String> addresses() {
    return f.manager.clusters().get(0).hosts().all().stream().map(h -> h.primary().text()).toList();
  }

  private FakePool pool(String primary) {
    Host host =
        f.manager.clusters().get(0).hosts().all().stream()
            .filter(h -> h.primary().text().equals(primary))
            .findFirst()
            .orElseThrow();
    return (FakePool) f.get("d").httpPool(host);
  }

  private static Cluster strict(String name) {
    return inline("d", name).toBuilder().setType(DiscoveryType.STRICT_DNS).build();
  }

  private static Cluster logical(String name, DnsLookupFamily family) {
    return strict(name).toBuilder()
        .setType(DiscoveryType.LOGICAL_DNS)
        .setDnsLookupFamily(family)
        .build();
  }
}
