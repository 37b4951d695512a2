package io.bifocal.dataplane.cluster;

import static io.bifocal.dataplane.cluster.ClusterFixture.ADS;
import static io.bifocal.dataplane.cluster.ClusterFixture.eds;
import static io.bifocal.dataplane.cluster.ClusterFixture.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import io.bifocal.dataplane.cluster.ClusterFixture.FakePool;
import io.bifocal.dataplane.host.Address;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource.ApiType;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.PathConfigSource;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class LedsTest {
  private static final String PREFIX = "xdstp://cp/envoy.config.endpoint.v3.LbEndpoint/";
  private static final String NEAR = PREFIX + "near/*";
  private static final String FAR = PREFIX + "far/*";

  private final ClusterFixture f = new ClusterFixture();

  private static LocalityLbEndpoints place(String collection) {
    return place(collection, ADS);
  }

  private static LocalityLbEndpoints place(String collection, ConfigSource source) {
    LocalityLbEndpoints.Builder place = LocalityLbEndpoints.newBuilder();
    place
        .getLedsClusterLocalityConfigBuilder()
        .setLedsConfig(source)
        .setLedsCollectionName(collection);
    place.getLocalityBuilder().setZone(collection);
    return place.build();
  }

  private static LocalityLbEndpoints inline(String address) {
    return LocalityLbEndpoints.newBuilder().addLbEndpoints(endpoint(address)).build();
  }

  private static ClusterLoadAssignment of(String cluster, LocalityLbEndpoints... places) {
    return ClusterLoadAssignment.newBuilder()
        .setClusterName(cluster)
        .addAllEndpoints(Arrays.asList(places))
        .build();
  }

  private static Resource<LbEndpoint> member(String name, String address, String... additional) {
    return new Resource<>(PREFIX + name, "1", endpoint(address, additional));
  }

  private void leds(List<Resource<LbEndpoint>> members, String... removed) {
    f.xds.respondDelta(ResourceType.LOCALITY_ENDPOINTS, "1", members, List.of(removed));
    f.time.run();
  }

  private List<String> hosts(String cluster) {
    return f.manager.clusters().stream()
        .filter(c -> c.config().name().equals(cluster))
        .flatMap(c -> c.hosts().all().stream())
        .map(h -> h.primary().text())
        .toList();
  }

  /** New clusters, each with the endpoints of {@code near}: not yet those of any collection. */
  private void begin(String... clusters) {
    f.running();
    f.cds("2", Arrays.stream(clusters).map(ClusterFixture::eds).toArray(Cluster[]::new));
    f.eds(
        "1",
        Arrays.stream(clusters).map(c -> of(c, place(NEAR))).toArray(ClusterLoadAssignment[]::new));
  }

  @Test
  void aClusterIsReadyWhenItsCollectionIsThere() {
    begin("e1");
    assertThat(f.xds.newRequests()).containsExactly("EDS[e1]", "LEDS[" + NEAR + "]", "EDS[e1] v1");
    assertThat(f.find("e1")).isNull();
    leds(List.of(member("near/a", "10.0.0.1")));
    assertThat(hosts("e1")).containsExactly("10.0.0.1:80");
    assertThat(f.xds.newRequests()).contains("CDS[] v2");
  }

  @Test
  void oneEndpointIsAppliedByItself() {
    begin("e1");
    leds(List.of(member("near/a", "10.0.0.1"), member("near/b", "10.0.0.2")));
    FakePool pool = f.pool("e1");
    leds(List.of(member("near/b", "10.0.0.3")));
    assertThat(hosts("e1")).containsExactly("10.0.0.1:80", "10.0.0.3:80");
    assertThat(f.pool("e1")).isSameAs(pool);
    assertThat(pool.versions).as("nothing to tell the other").hasSize(1);
    leds(List.of(), PREFIX + "near/a");
    assertThat(hosts("e1")).containsExactly("10.0.0.3:80");
    assertThat(pool.drained).isTrue();
  }

  @Test
  void anUpdateOfAdditionalAddressesAloneIsApplied() {
    begin("e1");
    leds(List.of(member("near/a", "10.0.0.1")));
    leds(List.of(member("near/a", "10.0.0.1", "::1")));
    assertThat(f.pool("e1").host().addresses().arrived())
        .extracting(Address::text)
        .containsExactly("10.0.0.1:80", "[::1]:80");
  }

  @Test
  void anAssignmentWaitsForAllItsCollections() {
    begin("e1");
    leds(List.of(member("near/a", "10.0.0.1")));
    f.xds.newRequests();
    f.eds("2", of("e1", place(NEAR), place(FAR), inline("10.0.0.9")));
    assertThat(f.xds.newRequests())
        .containsExactly("LEDS[" + FAR + ", " + NEAR + "] v1", "EDS[e1] v2");
    leds(List.of(member("near/b", "10.0.0.2")));
    assertThat(hosts("e1")).as("the assignment before it").containsExactly("10.0.0.1:80");
    leds(List.of(member("far/a", "10.0.0.3")));
    assertThat(hosts("e1"))
        .containsExactly("10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80", "10.0.0.9:80");
  }

  @Test
  void aCollectionThatIsSilentIsWaitedForOnceOnly() {
    begin("e1");
    f.xds.timeOut(ResourceType.LOCALITY_ENDPOINTS, NEAR);
    f.time.run();
    assertThat(f.find("e1")).isNotNull();
    assertThat(hosts("e1")).isEmpty();
    assertThat(f.stat("cluster.e1.leds.init_fetch_timeout")).isEqualTo(1);
    leds(List.of(member("near/a", "10.0.0.1")));
    assertThat(hosts("e1")).as("late").containsExactly("10.0.0.1:80");
  }

  @Test
  void aCollectionThatDoesNotExistIsEmpty() {
    begin("e1");
    leds(List.of(), NEAR);
    assertThat(f.find("e1")).isNotNull();
    assertThat(hosts("e1")).isEmpty();
  }

  @Test
  void aBrokenStreamEndsNoWait() {
    begin("e1");
    f.xds.disconnect();
    assertThat(f.find("e1")).isNull();
  }

  @Test
  void anEndpointThatIsBadIsRefusedAndTheOthersStay() {
    begin("e1");
    leds(List.of(member("near/a", "10.0.0.1")));
    f.xds.newRequests();
    leds(List.of(member("near/a", "10.0.0.2"), member("near/b", "example.com")));
    assertThat(hosts("e1")).containsExactly("10.0.0.1:80");
    assertThat(f.xds.newRequests())
        .singleElement()
        .asString()
        .contains("error: endpoint '" + PREFIX + "near/b': malformed IP address: example.com");
    assertThat(f.stat("cluster.e1.leds.update_rejected")).isEqualTo(1);
  }

  @Test
  void clustersShareACollectionAndEachCountsIt() {
    begin("e1", "e2");
    assertThat(f.xds.open(ResourceType.LOCALITY_ENDPOINTS)).isEqualTo(1);
    leds(List.of(member("near/a", "10.0.0.1")));
    assertThat(hosts("e1")).containsExactly("10.0.0.1:80");
    assertThat(hosts("e2")).containsExactly("10.0.0.1:80");
    assertThat(f.stat("cluster.e1.leds.update_success")).isEqualTo(1);
    assertThat(f.stat("cluster.e2.leds.update_success")).isEqualTo(1);
    f.cds("3", eds("e2"));
    assertThat(f.xds.open(ResourceType.LOCALITY_ENDPOINTS)).isEqualTo(1);
    f.cds("4");
    assertThat(f.xds.open(ResourceType.LOCALITY_ENDPOINTS)).isZero();
  }

  @Test
  void aChangedClusterFindsTheEndpointsThatItHad() {
    begin("e1");
    leds(List.of(member("near/a", "10.0.0.1")));
    f.cds("3", ClusterFixture.changed(eds("e1"), 9));
    f.eds("2", of("e1", place(NEAR)));
    assertThat(f.get("e1").config().connectTimeout().toSeconds()).isEqualTo(9);
    assertThat(hosts("e1")).containsExactly("10.0.0.1:80");
    leds(List.of(member("near/b", "10.0.0.2")));
    assertThat(f.stat("cluster.e1.leds.update_success")).as("once").isEqualTo(2);
    f.cds("4", ClusterFixture.changed(eds("e1"), 8));
    f.edsTimesOut("e1");
    assertThat(hosts("e1")).as("silence").containsExactly("10.0.0.1:80", "10.0.0.2:80");
  }

  @Test
  void aCollectionNamedInAnotherOrderIsTheSame() {
    begin("e1");
    f.eds("2", of("e1", place(NEAR + "?b=2&a=1")));
    leds(List.of(member("near/a?a=1&b=2", "10.0.0.1")));
    f.xds.newRequests();
    f.eds("3", of("e1", place(NEAR + "?a=1&b=2")));
    assertThat(f.xds.newRequests()).containsExactly("EDS[e1] v3");
    assertThat(hosts("e1")).containsExactly("10.0.0.1:80");
  }

  @Test
  void aRefusedAssignmentLeavesTheCollectionsFollowed() {
    begin("e1");
    leds(List.of(member("near/a", "10.0.0.1")));
    refused(place("near/*"), "near/* does not have a xdstp:, http: or file: scheme");
    refused(place("file:///near"), "only xdstp: names are served: file:///near");
    refused(
        place("xdstp://cp/Foo/near/*"),
        "xdstp:// type does not match envoy.config.endpoint.v3.LbEndpoint in xdstp://cp/Foo/near/*");
    refused(place("xdstp:///"), "Resource type missing from /");
    refused(place(NEAR + "#boo=x"), "Unknown fragment component boo=x");
    refused(
        place(NEAR).toBuilder().addLbEndpoints(endpoint("10.0.0.2")).build(),
        "A ClusterLoadAssignment for cluster e1 cannot include both LEDS (resource: "
            + NEAR
            + ") and a list of endpoints.");
    refused(
        place(
            NEAR,
            ConfigSource.newBuilder()
                .setPathConfigSource(PathConfigSource.newBuilder().setPath("/x"))
                .build()),
        "Only ADS and gRPC in delta-xDS mode are supported.");
    refused(place(NEAR, api(ApiType.GRPC)), "Unknown xdstp:// transport API type in GRPC");
    assertThat(f.xds.names(ResourceType.LOCALITY_ENDPOINTS)).containsExactly(NEAR);
    leds(List.of(member("near/a", "10.0.0.2")));
    assertThat(hosts("e1")).containsExactly("10.0.0.2:80");
  }

  private void refused(LocalityLbEndpoints place, String why) {
    f.xds.newRequests();
    f.eds("9", of("e1", place(FAR), place));
    assertThat(f.xds.newRequests()).anyMatch(r -> r.startsWith("EDS[e1]") && r.contains(why));
  }

  private static ConfigSource api(ApiType type) {
    return ConfigSource.newBuilder()
        .setApiConfigSource(ApiConfigSource.newBuilder().setApiType(type))
        .build();
  }

  @Test
  void anAggregatedSourceIsTheAggregatedStream() {
    begin("e1");
    f.xds.serveOnly(source -> source.equals(ADS));
    f.eds("2", of("e1", place(FAR, api(ApiType.AGGREGATED_DELTA_GRPC))));
    assertThat(f.xds.names(ResourceType.LOCALITY_ENDPOINTS)).containsExactly(FAR);
  }

  @Test
  void aSourceThatIsNotServedRefusesTheAssignment() {
    begin("e1");
    leds(List.of(member("near/a", "10.0.0.1")));
    f.xds.serveOnly(source -> false);
    refused(place(PREFIX + "other/*"), "no such source is served");
    assertThat(hosts("e1")).containsExactly("10.0.0.1:80");
  }

  @Test
  void endpointsWrittenOutEndTheSubscription() {
    begin("e1");
    leds(List.of(member("near/a", "10.0.0.1")));
    f.eds("2", of("e1", inline("10.0.0.9")));
    assertThat(hosts("e1")).containsExactly("10.0.0.9:80");
    assertThat(f.xds.open(ResourceType.LOCALITY_ENDPOINTS)).isZero();
  }

  @Test
  void aStaleAssignmentEndsTheSubscription() {
    begin("e1");
    leds(List.of(member("near/a", "10.0.0.1")));
    ClusterLoadAssignment.Builder passing = of("e1", place(NEAR)).toBuilder();
    passing.getPolicyBuilder().setEndpointStaleAfter(Durations.fromSeconds(30));
    f.eds("2", passing.build());
    f.time.advance(Duration.ofSeconds(30));
    assertThat(hosts("e1")).isEmpty();
    assertThat(f.xds.open(ResourceType.LOCALITY_ENDPOINTS)).isZero();
  }

  @Test
  void theDumpShowsTheEndpointsInForce() throws Exception {
    begin("e1");
    leds(List.of(member("near/a", "10.0.0.1")));
    ClusterLoadAssignment dumped =
        f.manager
            .endpointsDump()
            .getDynamicEndpointConfigs(0)
            .getEndpointConfig()
            .unpack(ClusterLoadAssignment.class);
    assertThat(dumped.getEndpoints(0).getLocality().getZone()).isEqualTo(NEAR);
    assertThat(dumped.getEndpoints(0).getLbEndpointsList())
        .extracting(e -> e.getEndpoint().getAddress().getSocketAddress().getAddress())
        .containsExactly("10.0.0.1");
  }
}
