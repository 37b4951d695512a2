package io.bifocal.dataplane.cluster;

import static io.bifocal.dataplane.cluster.ClusterFixture.assignment;
import static io.bifocal.dataplane.cluster.ClusterFixture.changed;
import static io.bifocal.dataplane.cluster.ClusterFixture.eds;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.host.HostSet;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * A state-of-the-world server says everything again, the client hands on the messages that there
 * are, and only what changed is done.
 */
class ManyClustersTest {
  private static final int MANY = 1_000;

  private final ClusterFixture f = new ClusterFixture().start();
  private final Cluster[] clusters = new Cluster[MANY];
  private final ClusterLoadAssignment[] assignments = new ClusterLoadAssignment[MANY];

  ManyClustersTest() {
    for (int i = 0; i < MANY; i++) {
      clusters[i] = eds("c" + i);
      assignments[i] = endpoints("c" + i, 1);
    }
    f.cds("1", clusters);
    f.eds("1", assignments);
  }

  private static ClusterLoadAssignment endpoints(String cluster, int last) {
    return assignment(cluster, "10.0.0." + last, "10.0.1." + last);
  }

  private Map<String, HostSet> hosts() {
    Map<String, HostSet> hosts = new HashMap<>();
    f.manager.clusters().forEach(c -> hosts.put(c.config().name(), c.hosts()));
    return hosts;
  }

  private Map<String, Cluster> protos() {
    Map<String, Cluster> protos = new HashMap<>();
    f.manager.clusters().forEach(c -> protos.put(c.config().name(), c.config().proto()));
    return protos;
  }

  private long revision() {
    return f.tables.table(f.worker).revision();
  }

  @Test
  void ofAThousandAssignmentsTheOneThatChangedIsPublished() {
    Map<String, HostSet> before = hosts();
    assertThat(before).hasSize(MANY);
    long published = revision();

    assignments[7] = endpoints("c7", 2);
    f.eds("2", assignments);

    Map<String, HostSet> after = hosts();
    assertThat(after).hasSize(MANY);
    assertThat(names(before, after)).containsExactly("c7");
    assertThat(revision()).isEqualTo(published + 1);
    assertThat(f.stat("cluster.c7.update_no_rebuild")).isZero();
    assertThat(f.stat("cluster.c8.update_no_rebuild")).isEqualTo(1);
  }

  @Test
  void ofAThousandClustersTheOneThatChangedWarms() {
    Map<String, Cluster> before = protos();
    long published = revision();

    clusters[7] = changed(eds("c7"), 9);
    f.cds("2", clusters);
    assertThat(f.stat("cluster_manager.warming_clusters")).isEqualTo(1);
    assertThat(revision()).isEqualTo(published);

    f.eds("2", assignments);
    assertThat(f.stat("cluster_manager.warming_clusters")).isZero();
    assertThat(names(before, protos())).containsExactly("c7");
    assertThat(revision()).isEqualTo(published + 1);
    assertThat(f.stat("cluster_manager.cluster_modified")).isEqualTo(1);
  }

  /** Whose values are other instances now. */
  @SuppressWarnings("ReferenceEquality")
  private static <V> List<String> names(Map<String, V> before, Map<String, V> after) {
    return after.keySet().stream().filter(name -> before.get(name) != after.get(name)).toList();
  }
}
