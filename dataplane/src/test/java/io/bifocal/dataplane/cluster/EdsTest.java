package io.bifocal.dataplane.cluster;

import static io.bifocal.dataplane.cluster.ClusterFixture.ADS;
import static io.bifocal.dataplane.cluster.ClusterFixture.assignment;
import static io.bifocal.dataplane.cluster.ClusterFixture.eds;
import static io.bifocal.dataplane.cluster.ClusterFixture.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import io.bifocal.dataplane.cluster.ClusterFixture.FakePool;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.HealthFlag;
import io.bifocal.dataplane.host.Host;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class EdsTest {
  private final ClusterFixture f = new ClusterFixture();

  @Test
  void aClusterAsksForItsServiceName() {
    Cluster.Builder cluster = eds("a").toBuilder();
    cluster.getEdsClusterConfigBuilder().setServiceName("svc");
    f.running(cluster.build());
    assertThat(f.xds.names(ResourceType.ENDPOINTS)).containsExactly("svc");
    f.eds("2", assignment("svc", "10.0.0.8"));
    assertThat(f.host("a")).isEqualTo("10.0.0.8:80");
  }

  @Test
  void keptHostsKeepTheirPoolsAndRemovedOnesDrain() {
    f.running(eds("e1"));
    FakePool first = f.pool("e1");
    f.eds("2", assignment("e1", "10.0.0.1", "10.0.0.2"));
    assertThat(f.pool("e1")).isSameAs(first);
    assertThat(first.versions).as("nothing to tell").hasSize(1);
    f.eds("3", assignment("e1", "10.0.0.2"));
    assertThat(first.drained).isTrue();
    assertThat(f.pool("e1").host().primary().text()).isEqualTo("10.0.0.2:80");
    f.eds("4", assignment("e1", "10.0.0.1"));
    assertThat(f.pool("e1")).as("it comes back with a new pool").isNotSameAs(first);
  }

  @Test
  void anUpdateOfAdditionalAddressesAloneIsApplied() {
    f.running(eds("e1"));
    FakePool pool = f.pool("e1");
    Host before = pool.host();
    before.state().mark(HealthFlag.FAILED_OUTLIER_CHECK, true);
    f.eds("2", of("e1", endpoint("10.0.0.1", "::1")));
    assertThat(pool.host().addresses().arrived())
        .extracting(Address::text)
        .containsExactly("10.0.0.1:80", "[::1]:80");
    assertThat(pool.host().state()).as("the same host").isSameAs(before.state());
    assertThat(pool.host().state().has(HealthFlag.FAILED_OUTLIER_CHECK)).isTrue();
    assertThat(f.stat("cluster.e1.update_no_rebuild")).isZero();
    assertThat(f.stat("cluster.e1.membership_change")).as("nobody came or went").isEqualTo(1);
  }

  @Test
  void anIdenticalAssignmentChangesNothing() {
    f.running(eds("e1"));
    long revision = f.tables.table(f.worker).revision();
    f.eds("2", assignment("e1", "10.0.0.1"));
    assertThat(f.stat("cluster.e1.update_no_rebuild")).isEqualTo(1);
    assertThat(f.tables.table(f.worker).revision()).isEqualTo(revision);
    assertThat(f.xds.newRequests()).containsExactly("EDS[e1] v2");
  }

  @Test
  void anAssignmentWithAHostnameIsRefusedAndTheHostsStay() {
    f.running(eds("e1"));
    f.eds("2", assignment("e1", "10.0.0.7", "example.com"));
    assertThat(f.host("e1")).isEqualTo("10.0.0.1:80");
    assertThat(f.xds.newRequests())
        .containsExactly(
            "EDS[e1] v1 error: malformed IP address: example.com. Consider setting resolver_name or"
                + " setting cluster type to 'STRICT_DNS' or 'LOGICAL_DNS'");
  }

  @Test
  void anAssignmentUnderAnothersNameIsRefused() {
    f.running(eds("e1"));
    f.xds.respondDelta(
        ResourceType.ENDPOINTS,
        "2",
        List.of(new Resource<>("e1", "2", assignment("e2", "10.0.0.7"))),
        List.of());
    assertThat(f.host("e1")).isEqualTo("10.0.0.1:80");
    assertThat(f.xds.newRequests())
        .containsExactly("EDS[e1] v1 error: Unexpected EDS cluster (expecting e1): e2");
  }

  private static ClusterLoadAssignment dropping(int... numerators) {
    ClusterLoadAssignment.Builder assignment = assignment("e1", "10.0.0.1").toBuilder();
    for (int numerator : numerators) {
      assignment
          .getPolicyBuilder()
          .addDropOverloadsBuilder()
          .setCategory("surge")
          .getDropPercentageBuilder()
          .setNumerator(numerator);
    }
    return assignment.build();
  }

  @Test
  void anUpdateOfWhatIsDroppedAloneIsApplied() {
    f.running(eds("e1"));
    assertThat(f.get("e1").drops()).isNull();
    f.eds("2", dropping(30));
    assertThat(f.get("e1").drops()).isEqualTo(new DropOverload("surge", 0.3));
    f.eds("3", dropping(0));
    assertThat(f.get("e1").drops()).isNull();
    f.eds("4", dropping(100));
    assertThat(f.get("e1").drops()).isEqualTo(new DropOverload("surge", 1));
    f.eds("5", assignment("e1", "10.0.0.1"));
    assertThat(f.get("e1").drops()).isNull();
  }

  @Test
  void moreThanAllOrByTwoCategoriesCannotBeDropped() {
    f.running(eds("e1"));
    f.eds("2", dropping(150));
    f.eds("3", dropping(10, 10));
    assertThat(f.xds.newRequests())
        .containsExactly(
            "EDS[e1] v1 error: Cluster drop_overloads config is invalid. drop_ratio=1.5(Numerator"
                + " 150 / Denominator 100). The valid range is 0~1.",
            "EDS[e1] v1 error: Cluster drop_overloads config has 2 categories. Envoy only support"
                + " one.");
  }

  @Test
  void anEmptyAdditionalAddressIsRefused() {
    f.running(eds("e1"));
    ClusterLoadAssignment.Builder bad = assignment("e1", "10.0.0.7").toBuilder();
    bad.getEndpointsBuilder(0)
        .getLbEndpointsBuilder(0)
        .getEndpointBuilder()
        .addAdditionalAddressesBuilder();
    f.eds("2", bad.build());
    assertThat(f.xds.newRequests()).containsExactly("EDS[e1] v1 error: Address must be set");
  }

  @Test
  void removingAnAssignmentKeepsTheHosts() {
    f.running(eds("e1"));
    f.xds.respondDelta(ResourceType.ENDPOINTS, "2", List.of(), List.of("e1"));
    f.time.run();
    assertThat(f.host("e1")).isEqualTo("10.0.0.1:80");
    assertThat(f.stat("cluster.e1.update_empty")).isEqualTo(1);
  }

  @Test
  void anAssignmentWithoutEndpointsEmptiesTheCluster() {
    f.running(eds("e1"));
    f.eds("2", ClusterLoadAssignment.newBuilder().setClusterName("e1").build());
    assertThat(f.host("e1")).isNull();
    assertThat(f.stat("cluster.e1.membership_total")).isZero();
  }

  @Test
  void aRemovedAssignmentEndsTheWaitOfANewCluster() {
    f.running();
    f.cds("2", eds("e1"));
    f.xds.respondDelta(ResourceType.ENDPOINTS, "1", List.of(), List.of("e1"));
    f.time.run();
    assertThat(f.find("e1")).isNotNull();
    assertThat(f.host("e1")).isNull();
  }

  @Test
  void endpointsThatGoStaleAreDropped() {
    f.running(eds("e1"));
    ClusterLoadAssignment.Builder passing = assignment("e1", "10.0.0.1").toBuilder();
    passing.getPolicyBuilder().setEndpointStaleAfter(Durations.fromSeconds(30));
    f.eds("2", passing.build());
    assertThat(f.stat("cluster.e1.assignment_timeout_received")).isEqualTo(1);
    f.time.advance(Duration.ofSeconds(20));
    f.eds("3", passing.build());
    f.time.advance(Duration.ofSeconds(29));
    assertThat(f.host("e1")).as("each answer starts the time anew").isEqualTo("10.0.0.1:80");
    f.time.advance(Duration.ofSeconds(1));
    assertThat(f.host("e1")).isNull();
    assertThat(f.stat("cluster.e1.assignment_stale")).isEqualTo(1);
    f.eds("4", assignment("e1", "10.0.0.1"));
    assertThat(f.host("e1")).isEqualTo("10.0.0.1:80");
    assertThat(f.time.pendingTimers()).isZero();
  }

  @Test
  void healthAndPrioritiesAreCounted() {
    f.running(eds("e1"));
    ClusterLoadAssignment.Builder many = assignment("e1", "10.0.0.1", "10.0.0.2").toBuilder();
    many.getEndpointsBuilder(0)
        .addLbEndpoints(endpoint("10.0.0.3").toBuilder().setHealthStatus(HealthStatus.UNHEALTHY))
        .addLbEndpoints(endpoint("10.0.0.4").toBuilder().setHealthStatus(HealthStatus.DRAINING))
        .addLbEndpoints(endpoint("10.0.0.5").toBuilder().setHealthStatus(HealthStatus.DEGRADED));
    many.addEndpointsBuilder().setPriority(2).addLbEndpoints(endpoint("10.0.0.6"));
    f.eds("2", many.build());
    assertThat(f.stat("cluster.e1.membership_total")).isEqualTo(6);
    assertThat(f.stat("cluster.e1.membership_healthy")).isEqualTo(3);
    assertThat(f.stat("cluster.e1.membership_degraded")).isEqualTo(1);
    assertThat(f.stat("cluster.e1.membership_excluded")).isEqualTo(1);
    assertThat(f.stat("cluster.e1.membership_change")).as("once a priority").isEqualTo(3);
    assertThat(f.manager.clusters().get(0).hosts().priorities())
        .extracting(List::size)
        .containsExactly(5, 0, 1);
  }

  @Test
  void twoClustersOfOneServiceEachHaveTheirHosts() {
    Cluster.Builder one = eds("a").toBuilder();
    one.getEdsClusterConfigBuilder().setServiceName("svc");
    Cluster.Builder two = eds("b").toBuilder();
    two.getEdsClusterConfigBuilder().setServiceName("svc").setEdsConfig(ADS);
    f.running(one.build(), two.build());
    assertThat(f.host("a")).isEqualTo("10.0.0.1:80");
    assertThat(f.host("b")).isEqualTo("10.0.0.1:80");
    assertThat(f.pool("a")).isNotSameAs(f.pool("b"));
  }

  @Test
  void aRefusedAssignmentLeavesAChangedClusterTheHostsItHad() {
    f.running(eds("e1"));
    f.cds("2", ClusterFixture.changed(eds("e1"), 9));
    f.eds("2", assignment("e1", "example.com"));
    assertThat(f.get("e1").config().connectTimeout()).isEqualTo(Duration.ofSeconds(9));
    assertThat(f.host("e1")).isEqualTo("10.0.0.1:80");
  }

  @Test
  void hostsCountOutsideTheListedStatistics() {
    f.running(eds("e1"));
    Host host = f.pool("e1").host();
    host.stats().cxTotal().inc();
    assertThat(host.stats().cxTotal().value()).isEqualTo(1);
    assertThat(f.stats.counters()).noneMatch(c -> c.name().full().equals("cx_total"));
  }

  private static ClusterLoadAssignment of(
      String cluster, io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint... endpoints) {
    ClusterLoadAssignment.Builder assignment =
        ClusterLoadAssignment.newBuilder().setClusterName(cluster);
    assignment.addEndpointsBuilder().addAllLbEndpoints(List.of(endpoints));
    return assignment.build();
  }
}
