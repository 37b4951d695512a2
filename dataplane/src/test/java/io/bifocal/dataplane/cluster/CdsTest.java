package io.bifocal.dataplane.cluster;

import static io.bifocal.dataplane.cluster.ClusterFixture.assignment;
import static io.bifocal.dataplane.cluster.ClusterFixture.changed;
import static io.bifocal.dataplane.cluster.ClusterFixture.eds;
import static io.bifocal.dataplane.cluster.ClusterFixture.inline;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.cluster.ClusterFixture.FakePool;
import io.bifocal.dataplane.host.Host;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DiscoveryType;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import java.util.List;
import org.junit.jupiter.api.Test;

class CdsTest {
  private static final Cluster NO_EDS_CONFIG =
      Cluster.newBuilder().setName("b1").setType(DiscoveryType.EDS).build();
  private static final Cluster HOSTNAME = inline("b2", "not.an.ip");

  private final ClusterFixture f = new ClusterFixture();

  @Test
  void whatIsGoodOfAResponseIsAppliedAndWhatIsNotIsNamedInTheRefusal() {
    f.running();
    f.cds("2", inline("a", "10.0.0.1"), NO_EDS_CONFIG, HOSTNAME, inline("c", "10.0.0.3"));
    assertThat(f.host("a")).isEqualTo("10.0.0.1:80");
    assertThat(f.host("c")).isEqualTo("10.0.0.3:80");
    assertThat(f.find("b1")).isNull();
    assertThat(f.stat("cluster.b2.membership_total")).as("no trace").isNull();
    assertThat(f.xds.newRequests())
        .containsExactly(
            "CDS[] v1 error: Error adding/updating cluster(s) b1: cannot create an EDS cluster"
                + " without an EDS config, b2: malformed IP address: not.an.ip. Consider setting"
                + " resolver_name or setting cluster type to 'STRICT_DNS' or 'LOGICAL_DNS'");
  }

  @Test
  void aRefusedChangeLeavesTheClusterAsItWas() {
    f.running(inline("b2", "10.0.0.1"));
    f.cds("2", HOSTNAME);
    assertThat(f.host("b2")).isEqualTo("10.0.0.1:80");
  }

  @Test
  void absentClustersGoEvenWhenAnotherOneIsRefused() {
    f.running(inline("a", "10.0.0.1"));
    f.cds("2", NO_EDS_CONFIG);
    assertThat(f.find("a")).isNull();
    assertThat(f.stat("cluster_manager.cluster_removed")).isEqualTo(1);
  }

  @Test
  void ofTwoClustersOfOneNameTheFirstIsApplied() {
    f.running();
    f.cds("2", inline("a", "10.0.0.1"), inline("a", "10.0.0.2"));
    assertThat(f.host("a")).isEqualTo("10.0.0.1:80");
    assertThat(f.xds.newRequests())
        .containsExactly(
            "CDS[] v1 error: Error adding/updating cluster(s) a: duplicate cluster a found");
  }

  @Test
  void aClusterOfTheBootstrapIsNeitherReplacedNorRemoved() throws Exception {
    f.with(inline("a", "10.0.0.1")).running();
    f.cds("2", inline("a", "10.0.0.9"));
    assertThat(f.host("a")).isEqualTo("10.0.0.1:80");
    assertThat(f.xds.newRequests()).as("no refusal").containsExactly("CDS[] v2");
    f.xds.respondDelta(ResourceType.CLUSTER, "3", List.of(), List.of("a"));
    f.time.run();
    assertThat(f.host("a")).isEqualTo("10.0.0.1:80");
  }

  @Test
  void aDeltaResponseRemovesWhatItNamesAndNothingElse() {
    f.running(inline("a", "10.0.0.1"), inline("b", "10.0.0.2"));
    f.xds.respondDelta(
        ResourceType.CLUSTER,
        "2",
        List.of(new Resource<>("c", "7", inline("c", "10.0.0.3"))),
        List.of("b", "never-heard-of"));
    f.time.run();
    assertThat(f.manager.clusters()).extracting(c -> c.config().name()).containsExactly("a", "c");
    assertThat(f.find("b")).isNull();
  }

  @Test
  void aSourceThatIsNotServedIsReasonToRefuseTheCluster() {
    f.running();
    f.xds.serveOnly(ConfigSource::hasAds);
    Cluster.Builder itself = eds("r").toBuilder();
    itself.getEdsClusterConfigBuilder().getEdsConfigBuilder().getSelfBuilder();
    f.cds("2", itself.build(), eds("e1"));
    f.eds("1", assignment("e1", "10.0.0.1"));
    assertThat(f.host("e1")).isEqualTo("10.0.0.1:80");
    assertThat(f.manager.has("r")).isFalse();
    assertThat(f.stat("cluster.r.membership_total")).isNull();
    assertThat(f.xds.newRequests())
        .contains(
            "CDS[] v1 error: Error adding/updating cluster(s) r: no such source is served: SELF");
  }

  @Test
  void theConnectionsOfARemovedClusterDrainAndItsStatisticsGo() {
    f.running(inline("a", "10.0.0.1"), inline("a.b", "10.0.0.2"), inline("c", "10.0.0.3"));
    FakePool pool = f.pool("c");
    f.cds("2", inline("a.b", "10.0.0.2"));
    assertThat(pool.drained).isTrue();
    assertThat(f.stat("cluster.c.membership_total")).isNull();
    assertThat(f.stat("cluster.c.upstream_cx_total")).isNull();
    assertThat(f.stat("cluster.a.b.membership_total")).as("a name below another's").isEqualTo(1);
    f.cds("3", inline("c", "10.0.0.3"));
    assertThat(f.stat("cluster.c.upstream_cx_total")).as("before anybody uses it").isZero();
  }

  @Test
  void aClusterThatIsCountedUnderAnotherNameIsForgottenUnderTheOldOne() {
    f.running(inline("a", "10.0.0.1").toBuilder().setAltStatName("x:1").build());
    assertThat(f.stat("cluster.x_1.membership_total")).isEqualTo(1);
    f.cds("2", inline("a", "10.0.0.1").toBuilder().setAltStatName("y").build());
    assertThat(f.stat("cluster.y.membership_total")).isEqualTo(1);
    assertThat(f.stat("cluster.x_1.membership_total")).isNull();
  }

  @Test
  void whoStillHoldsAChangedClusterIsLedOnToTheNewOne() {
    f.running(inline("a", "10.0.0.1"));
    WorkerCluster held = f.get("a");
    f.cds("2", changed(inline("a", "10.0.0.2"), 9));
    assertThat(held.chooseHost()).isEqualTo(f.get("a").chooseHost());
    FakePool pool = f.pool("a");
    assertThat(ClusterFixture.httpPool(held, pool.host())).isSameAs(pool);
  }

  @Test
  void whoStillHoldsARemovedClusterGetsNoHost() {
    f.running(inline("a", "10.0.0.1"));
    WorkerCluster held = f.get("a");
    Host host = f.pool("a").host();
    f.cds("2");
    assertThat(held.chooseHost()).isNull();
    assertThat(held.tcpPool(host).size()).isZero();
  }

  @Test
  void countsAreThoseOfEnvoy() throws Exception {
    f.with(inline("s", "10.0.0.1")).running(inline("a", "10.0.0.1"), eds("e1"));
    assertThat(f.stat("cluster_manager.cluster_added")).isEqualTo(3);
    assertThat(f.stat("cluster_manager.active_clusters")).isEqualTo(3);
    f.cds("2", changed(inline("a", "10.0.0.1"), 9));
    assertThat(f.stat("cluster_manager.cluster_modified")).isEqualTo(1);
    assertThat(f.stat("cluster_manager.cluster_removed")).isEqualTo(1);
    assertThat(f.stat("cluster_manager.active_clusters")).isEqualTo(2);
  }

  @Test
  void closingEndsSubscriptionsAndPools() throws Exception {
    f.running(eds("e1"));
    FakePool pool = f.pool("e1");
    f.manager.close();
    assertThat(f.xds.open(ResourceType.ENDPOINTS)).isZero();
    assertThat(f.xds.open(ResourceType.CLUSTER)).isZero();
    f.tables.table(f.worker).close();
    assertThat(pool.closed).isTrue();
    assertThat(f.time.pendingTimers()).isZero();
  }
}
