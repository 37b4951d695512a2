package io.bifocal.dataplane.cluster;

import static io.bifocal.dataplane.cluster.ClusterFixture.inline;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.bifocal.dataplane.cluster.ClusterFixture.FakePool;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.host.AddressList.Completeness;
import io.bifocal.dataplane.host.Family;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DiscoveryType;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DnsLookupFamily;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** RFC 8305 section 3: two answers, and which of them comes first. */
@SuppressWarnings("deprecation") // the fields that all control planes send
class ResolutionDelayTest {
  private static final Duration REFRESH = Duration.ofSeconds(5);
  private static final Duration LATE = Duration.ofSeconds(1);

  private final ClusterFixture f = new ClusterFixture();

  @Test
  void ipv6IsUsedAtOnceAndIpv4IsAddedToTheSameHost() throws Exception {
    f.resolver.has("svc", Family.V6, Duration.ZERO, "2001:db8::1");
    f.resolver.has("svc", Family.V4, LATE, "10.0.0.1");
    start(logical());
    assertThat(list()).isEqualTo("[2001:db8::1]:80 MORE_TO_COME");
    FakePool pool = f.pool("d");
    f.time.advance(LATE);
    assertThat(list()).isEqualTo("[2001:db8::1]:80 10.0.0.1:80 COMPLETE");
    assertThat(f.pool("d")).isSameAs(pool);
    assertThat(pool.drained).isFalse();
    assertThat(pool.host().addresses().completeness()).isEqualTo(Completeness.COMPLETE);
    assertThat(f.stat("cluster.d.update_success")).as("it is one answer").isEqualTo(1);
    assertThat(f.stat("cluster.d.update_no_rebuild")).isZero();
  }

  @Test
  void ipv4WaitsForIpv6() throws Exception {
    f.resolver.has("svc", Family.V6, Duration.ofMillis(49), "2001:db8::1");
    f.resolver.has("svc", Family.V4, Duration.ZERO, "10.0.0.1");
    start(logical());
    f.time.advance(Duration.ofMillis(48));
    assertThat(f.find("d")).isNull();
    f.time.advance(Duration.ofMillis(1));
    assertThat(list()).isEqualTo("[2001:db8::1]:80 10.0.0.1:80 COMPLETE");
  }

  @Test
  void butNotLongerThanTheDelay() throws Exception {
    f.resolver.has("svc", Family.V6, LATE, "2001:db8::1");
    f.resolver.has("svc", Family.V4, Duration.ofMillis(20), "10.0.0.1");
    start(logical());
    f.time.advance(Duration.ofMillis(69));
    assertThat(f.find("d")).isNull();
    f.time.advance(Duration.ofMillis(1));
    assertThat(list()).isEqualTo("10.0.0.1:80 MORE_TO_COME");
    FakePool pool = f.pool("d");
    f.time.advance(LATE);
    assertThat(list()).isEqualTo("[2001:db8::1]:80 10.0.0.1:80 COMPLETE");
    assertThat(f.pool("d")).as("the address that names it is still there").isSameAs(pool);
    assertThat(f.host("d")).isEqualTo("10.0.0.1:80");
  }

  @Test
  void aDelayOfZeroWaitsForNothing() throws Exception {
    f.resolver.has("svc", Family.V6, LATE, "2001:db8::1");
    f.resolver.has("svc", Family.V4, Duration.ZERO, "10.0.0.1");
    start(logical("resolution_delay", "0s"));
    assertThat(list()).isEqualTo("10.0.0.1:80 MORE_TO_COME");
  }

  @Test
  void aFailureOfOneFamilyEndsTheWaiting() throws Exception {
    f.resolver.fails("svc", Family.V6, Duration.ofMillis(10));
    f.resolver.has("svc", Family.V4, Duration.ZERO, "10.0.0.1");
    start(logical());
    f.time.advance(Duration.ofMillis(10));
    assertThat(list()).isEqualTo("10.0.0.1:80 COMPLETE");
    assertThat(f.stat("cluster.d.update_success")).isEqualTo(1);
    assertThat(f.stat("cluster.d.update_failure")).isZero();
    f.resolver.asked();
    f.time.advance(REFRESH);
    assertThat(f.resolver.asked()).hasSize(1);
  }

  @Test
  void thatNoMoreIsToComeIsTold() throws Exception {
    f.resolver.has("svc", Family.V6, Duration.ZERO, "2001:db8::1");
    f.resolver.fails("svc", Family.V4, LATE);
    start(logical());
    assertThat(list()).isEqualTo("[2001:db8::1]:80 MORE_TO_COME");
    f.time.advance(LATE);
    assertThat(list()).isEqualTo("[2001:db8::1]:80 COMPLETE");
  }

  @Test
  void whenAddressesAreKnownNothingWaitsAndNothingIsMissedMeanwhile() throws Exception {
    f.resolver.with("svc", "2001:db8::1", "10.0.0.1");
    start(logical());
    f.resolver.has("svc", Family.V6, LATE, "2001:db8::2");
    f.resolver.has("svc", Family.V4, Duration.ZERO, "10.0.0.2");
    f.time.advance(REFRESH);
    assertThat(list()).isEqualTo("[2001:db8::1]:80 10.0.0.2:80 MORE_TO_COME");
    f.time.advance(LATE);
    assertThat(list()).isEqualTo("[2001:db8::2]:80 10.0.0.2:80 COMPLETE");
  }

  @Test
  void theLateFamilyKeepsItsAddressesUntilItHasFailed() throws Exception {
    f.resolver.with("svc", "2001:db8::1", "10.0.0.1");
    start(logical());
    f.resolver.has("svc", Family.V6, Duration.ZERO, "2001:db8::1");
    f.resolver.fails("svc", Family.V4, LATE);
    f.time.advance(REFRESH);
    assertThat(list()).isEqualTo("[2001:db8::1]:80 10.0.0.1:80 COMPLETE");
    f.time.advance(LATE);
    assertThat(list()).as("as Envoy has it").isEqualTo("[2001:db8::1]:80 COMPLETE");
  }

  @Test
  void aRefreshThatTellsNothingNewIsNoUpdate() throws Exception {
    f.resolver.has("svc", Family.V6, Duration.ZERO, "2001:db8::1");
    f.resolver.has("svc", Family.V4, LATE, "10.0.0.1");
    start(logical());
    f.time.advance(LATE);
    FakePool pool = f.pool("d");
    int versions = pool.versions.size();
    f.time.advance(REFRESH.plus(LATE));
    assertThat(f.stat("cluster.d.update_attempt")).isEqualTo(2);
    assertThat(f.stat("cluster.d.update_no_rebuild")).isEqualTo(1);
    assertThat(pool.versions).hasSize(versions);
  }

  @Test
  void afterAFailureTheFirstAnswerIsAFirstOneAgain() throws Exception {
    f.resolver.fails("svc");
    start(logical());
    assertThat(f.get("d").chooseHost()).as("ready, without a host").isNull();
    f.resolver.has("svc", Family.V6, LATE, "2001:db8::1");
    f.resolver.has("svc", Family.V4, Duration.ZERO, "10.0.0.1");
    f.time.advance(REFRESH.plusMillis(49));
    assertThat(f.get("d").chooseHost()).isNull();
    f.time.advance(Duration.ofMillis(1));
    assertThat(list()).isEqualTo("10.0.0.1:80 MORE_TO_COME");
  }

  @Test
  void hostsThatAreNotRacedComeWhenBothAnswersAreThere() throws Exception {
    f.resolver.has("svc", Family.V6, Duration.ZERO, "2001:db8::1");
    f.resolver.has("svc", Family.V4, LATE, "10.0.0.1");
    start(logical().toBuilder().setType(DiscoveryType.STRICT_DNS).build());
    f.time.advance(LATE.minusMillis(1));
    assertThat(f.find("d")).isNull();
    f.time.advance(Duration.ofMillis(1));
    assertThat(f.manager.clusters().get(0).hosts().all()).hasSize(2);
  }

  @Test
  void aClusterThatIsRemovedMeanwhileIsForgotten() throws Exception {
    f.resolver.has("svc", Family.V6, LATE, "2001:db8::1");
    f.resolver.has("svc", Family.V4, Duration.ZERO, "10.0.0.1");
    f.running(logical());
    f.cds("2");
    f.time.advance(Duration.ofMinutes(1));
    assertThat(f.find("d")).isNull();
    assertThat(f.time.pendingTimers()).isZero();
  }

  @Test
  void destinationsCanBeOrderedByRfc6724() throws Exception {
    f.names.reaches("10.0.0.1", "10.0.0.9");
    f.names.reaches("2001:db8::2", "2001:db8::9");
    f.resolver.with("svc", "2001:db8::1", "2001:db8::2", "10.0.0.1");
    start(logical("destination_ordering", "rfc6724"));
    assertThat(list())
        .as("what cannot be reached comes last, and then families take turns")
        .isEqualTo("[2001:db8::2]:80 10.0.0.1:80 [2001:db8::1]:80 COMPLETE");
    f.names.reaches("2001:db8::1", "2001:db8::9");
    f.time.advance(REFRESH);
    assertThat(list())
        .as("the same answer in another network")
        .isEqualTo("[2001:db8::1]:80 10.0.0.1:80 [2001:db8::2]:80 COMPLETE");
  }

  private void start(Cluster cluster) throws Exception {
    f.with(cluster).start();
  }

  private String list() {
    AddressList addresses = f.manager.clusters().get(0).hosts().all().get(0).addresses();
    return String.join(" ", addresses.ordered().stream().map(Address::text).toList())
        + " "
        + addresses.completeness();
  }

  private static Cluster logical() {
    return inline("d", "svc").toBuilder()
        .setType(DiscoveryType.LOGICAL_DNS)
        .setDnsLookupFamily(DnsLookupFamily.ALL)
        .build();
  }

  private static Cluster logical(String key, String value) {
    Cluster.Builder cluster = logical().toBuilder();
    Value text = Value.newBuilder().setStringValue(value).build();
    cluster
        .getMetadataBuilder()
        .putFilterMetadata(
            "bifocal.connect", Struct.newBuilder().putAllFields(Map.of(key, text)).build());
    return cluster.build();
  }
}
