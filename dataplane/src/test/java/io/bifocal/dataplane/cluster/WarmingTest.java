package io.bifocal.dataplane.cluster;

import static io.bifocal.dataplane.cluster.ClusterFixture.assignment;
import static io.bifocal.dataplane.cluster.ClusterFixture.changed;
import static io.bifocal.dataplane.cluster.ClusterFixture.eds;
import static io.bifocal.dataplane.cluster.ClusterFixture.inline;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.cluster.ClusterFixture.FakePool;
import io.bifocal.xds.ResourceType;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class WarmingTest {
  private final ClusterFixture f = new ClusterFixture();

  @Test
  void anInlineClusterServesAtOnce() {
    f.running();
    f.cds("2", inline("a", "10.0.0.7"));
    assertThat(f.host("a")).isEqualTo("10.0.0.7:80");
    assertThat(f.xds.newRequests()).containsExactly("CDS[] v2");
  }

  @Test
  void allNewNamesAreAskedForInOneRequestBeforeTheAcknowledgement() {
    f.running();
    f.cds("2", eds("e1"), eds("e2"));
    assertThat(f.xds.newRequests()).containsExactly("EDS[e1, e2]");
  }

  @Test
  void afterInitialisationTheAcknowledgementWaitsUntilAllClustersAreWarm() {
    f.running();
    f.cds("2", eds("e1"), eds("e2"));
    f.eds("1", assignment("e1", "10.0.0.1"));
    assertThat(f.host("e1")).isEqualTo("10.0.0.1:80");
    assertThat(f.find("e2")).isNull();
    assertThat(f.xds.newRequests()).containsExactly("EDS[e1, e2]", "EDS[e1, e2] v1");
    f.eds("2", assignment("e2", "10.0.0.2"));
    assertThat(f.host("e2")).isEqualTo("10.0.0.2:80");
    assertThat(f.xds.newRequests()).containsExactly("CDS[] v2", "EDS[e1, e2] v2");
  }

  @Test
  void anUnchangedClusterIsNotAskedForAgain() {
    f.running(eds("e1"));
    WorkerCluster before = f.get("e1");
    f.cds("2", eds("e1"));
    assertThat(f.xds.newRequests()).containsExactly("CDS[] v2");
    assertThat(f.get("e1")).isSameAs(before);
    assertThat(f.stat("cluster_manager.cluster_modified")).isZero();
  }

  @Test
  void aChangedClusterServesAsItWasUntilItsNewCopyIsWarm() {
    f.running(eds("e1"));
    FakePool old = f.pool("e1");
    Cluster changed = changed(eds("e1"), 9);
    f.cds("2", changed);
    assertThat(f.xds.newRequests()).as("asked again, not yet acknowledged").hasSize(1);
    assertThat(f.get("e1").config().connectTimeout()).isEqualTo(Duration.ofSeconds(5));
    assertThat(old.drained).isFalse();
    assertThat(f.stat("cluster_manager.warming_clusters")).isEqualTo(1);
    assertThat(f.stat("cluster.e1.warming_state")).isEqualTo(1);

    f.eds("2", assignment("e1", "10.0.0.1"));
    assertThat(f.get("e1").config().connectTimeout()).isEqualTo(Duration.ofSeconds(9));
    assertThat(old.drained).isTrue();
    assertThat(f.pool("e1")).isNotSameAs(old);
    assertThat(f.pool("e1").settings.connectTimeout()).isEqualTo(Duration.ofSeconds(9));
    assertThat(f.stat("cluster_manager.warming_clusters")).isZero();
    assertThat(f.stat("cluster.e1.warming_state")).isZero();
    assertThat(f.stat("cluster_manager.cluster_modified")).isEqualTo(1);
    assertThat(f.xds.requests()).contains("CDS[] v2");
  }

  @Test
  void aChangedClusterThatIsNotAnsweredKeepsTheHostsItHad() {
    f.running(eds("e1"));
    f.cds("2", changed(eds("e1"), 9));
    f.edsTimesOut("e1");
    assertThat(f.get("e1").config().connectTimeout()).isEqualTo(Duration.ofSeconds(9));
    assertThat(f.host("e1")).isEqualTo("10.0.0.1:80");
    assertThat(f.stat("cluster.e1.assignment_use_cached")).isEqualTo(1);
    assertThat(f.xds.requests()).contains("CDS[] v2");
  }

  @Test
  void aNewClusterThatIsNotAnsweredServesWithoutHosts() {
    f.running();
    f.cds("2", eds("e1"));
    f.edsTimesOut("e1");
    assertThat(f.get("e1").chooseHost()).isNull();
    assertThat(f.xds.requests()).contains("CDS[] v2");
    f.eds("1", assignment("e1", "10.0.0.3"));
    assertThat(f.host("e1")).as("a late answer is taken").isEqualTo("10.0.0.3:80");
  }

  @Test
  void aChangeThatIsTakenBackWhileItWarmsLeavesTheOldClusterAlone() {
    f.running(eds("e1"));
    WorkerCluster before = f.get("e1");
    f.cds("2", changed(eds("e1"), 9));
    f.cds("3", eds("e1"));
    assertThat(f.get("e1")).isSameAs(before);
    assertThat(f.stat("cluster_manager.warming_clusters")).isZero();
    assertThat(f.xds.open(ResourceType.ENDPOINTS)).isEqualTo(1);
    assertThat(f.xds.requests()).contains("CDS[] v3");
  }

  @Test
  void aClusterThatIsRemovedWhileItWarmsReleasesTheAcknowledgement() {
    f.running();
    f.cds("2", eds("e1"));
    f.cds("3");
    assertThat(f.find("e1")).isNull();
    assertThat(f.xds.newRequests()).containsExactly("EDS[e1]", "EDS[]", "CDS[] v3");
    assertThat(f.xds.open(ResourceType.ENDPOINTS)).isZero();
  }
}
