package io.bifocal.dataplane.cluster;

import static io.bifocal.dataplane.cluster.ClusterFixture.assignment;
import static io.bifocal.dataplane.cluster.ClusterFixture.eds;
import static io.bifocal.dataplane.cluster.ClusterFixture.inline;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bifocal.api.ConfigException;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.SubscriptionObserver;
import org.junit.jupiter.api.Test;

class InitializationTest {
  private final ClusterFixture f = new ClusterFixture();

  @Test
  void aStreamStartsAsEnvoysDoes() {
    f.start();
    assertThat(f.xds.newRequests()).containsExactly("CDS[]");
    f.cds("1", inline("a", "10.0.0.1"), eds("e1"));
    assertThat(f.xds.newRequests())
        .as("the subscription before the acknowledgement, which does not wait yet")
        .containsExactly("EDS[e1]", "CDS[] v1");
    assertThat(f.initialized).isFalse();
    f.eds("1", assignment("e1", "10.0.0.2"));
    assertThat(f.initialized).isTrue();
    assertThat(f.xds.newRequests()).containsExactly("EDS[e1] v1");
    assertThat(f.host("a")).isEqualTo("10.0.0.1:80");
    assertThat(f.host("e1")).isEqualTo("10.0.0.2:80");
  }

  @Test
  void theBootstrapsClustersComeFirstAndCdsAfterTheirEndpoints() throws Exception {
    f.with(eds("s2"), inline("s1", "10.0.0.1"), eds("s3")).start();
    assertThat(f.host("s1")).isEqualTo("10.0.0.1:80");
    assertThat(f.xds.newRequests()).containsExactly("EDS[s2, s3]");
    assertThat(f.manager.unready()).containsExactly("Cluster s2", "Cluster s3");
    f.eds("1", assignment("s2", "10.0.0.2"), assignment("s3", "10.0.0.3"));
    assertThat(f.xds.newRequests()).containsExactly("CDS[]", "EDS[s2, s3] v1");
    assertThat(f.manager.unready()).containsExactly("CDS");
    f.cds("1");
    assertThat(f.initialized).isTrue();
    assertThat(f.manager.unready()).isEmpty();
    assertThat(f.host("s3")).isEqualTo("10.0.0.3:80");
  }

  @Test
  void withoutCdsTheBootstrapsClustersAreAll() throws Exception {
    f.with(inline("a", "10.0.0.1"));
    f.manager.start(
        null,
        SubscriptionObserver.NONE,
        c -> SubscriptionObserver.NONE,
        () -> f.initialized = true);
    assertThat(f.initialized).isTrue();
    assertThat(f.xds.requests()).isEmpty();
  }

  @Test
  void aSilentControlPlaneEndsTheWaitButNotTheSubscription() {
    f.start();
    f.xds.timeOut(ResourceType.CLUSTER, "");
    assertThat(f.initialized).isTrue();
    f.cds("1", inline("late", "10.0.0.1"));
    assertThat(f.host("late")).isEqualTo("10.0.0.1:80");
  }

  @Test
  void aBrokenStreamDoesNotEndTheWait() {
    f.start();
    f.xds.disconnect();
    assertThat(f.initialized).isFalse();
    f.cds("1", eds("e1"));
    f.xds.disconnect();
    assertThat(f.initialized).isFalse();
    f.edsTimesOut("e1");
    assertThat(f.initialized).isTrue();
  }

  @Test
  void aRefusedFirstResponseEndsTheWaitToo() {
    f.start();
    f.xds.malformed(ResourceType.CLUSTER, "not a cluster");
    assertThat(f.initialized).isTrue();
  }

  @Test
  void aClusterThatDisappearsWhileItIsWaitedForIsWaitedForNoMore() {
    f.start();
    f.cds("1", eds("e1"), eds("e2"));
    f.eds("1", assignment("e1", "10.0.0.1"));
    assertThat(f.manager.unready()).containsExactly("Cluster e2");
    f.cds("2", eds("e1"));
    assertThat(f.initialized).isTrue();
  }

  @Test
  void aClusterWithoutItsEndpointsIsWarmingFromTheStart() {
    f.start();
    f.cds("1", eds("e1"));
    assertThat(f.manager.clustersDump().getDynamicActiveClustersCount()).isZero();
    assertThat(f.manager.clustersDump().getDynamicWarmingClustersCount()).isEqualTo(1);
    assertThat(f.stat("cluster_manager.active_clusters")).isZero();
    assertThat(f.stat("cluster_manager.warming_clusters")).isEqualTo(1);
    assertThat(f.find("e1")).as("but serve nobody").isNull();
  }

  @Test
  void twoClustersOfOneNameInTheBootstrapAreRefused() throws Exception {
    f.with(inline("a"));
    assertThatThrownBy(() -> f.with(inline("a")))
        .isInstanceOf(ConfigException.class)
        .hasMessage("cluster manager: duplicate cluster 'a'");
    assertThat(f.manager.has("a")).isTrue();
    assertThat(f.manager.has("b")).isFalse();
  }
}
