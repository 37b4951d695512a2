package io.bifocal.dataplane.cluster;

import static io.bifocal.dataplane.cluster.ClusterFixture.assignment;
import static io.bifocal.dataplane.cluster.ClusterFixture.eds;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.cluster.ClusterFixture.FakePool;
import io.bifocal.dataplane.host.Host;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import java.util.List;
import org.junit.jupiter.api.Test;

class ManyEndpointsTest {
  private static final int COUNT = 10_000;

  private final ClusterFixture f = new ClusterFixture();

  @Test
  void aChangeOfOneOfTenThousandEndpointsMakesOneNewHost() {
    f.running(eds("e1"));
    f.eds("2", many(0));
    List<Host> before = f.manager.clusters().get(0).hosts().all();
    FakePool kept = ClusterFixture.httpPool(f.get("e1"), before.get(5));
    FakePool removed = ClusterFixture.httpPool(f.get("e1"), before.get(0));
    f.eds("3", many(1));
    List<Host> after = f.manager.clusters().get(0).hosts().all();
    assertThat(after).hasSize(COUNT);
    assertThat(after.subList(0, COUNT - 1))
        .as("the very same instances")
        .usingElementComparator((a, b) -> a == b ? 0 : 1)
        .containsExactlyElementsOf(before.subList(1, COUNT));
    assertThat(kept.versions).hasSize(1);
    assertThat(kept.drained).isFalse();
    assertThat(removed.drained).isTrue();
  }

  @Test
  void ofEndpointsWithOnePrimaryAddressTheFirstCounts() {
    f.running(eds("e1"));
    ClusterLoadAssignment.Builder twice = assignment("e1", "10.0.0.2", "10.0.0.2").toBuilder();
    twice
        .addEndpointsBuilder()
        .setPriority(1)
        .addLbEndpoints(ClusterFixture.endpoint("10.0.0.2", "10.0.0.9"));
    f.eds("2", twice.build());
    List<Host> hosts = f.manager.clusters().get(0).hosts().all();
    assertThat(hosts).hasSize(1);
    assertThat(hosts.get(0).addresses().arrived()).hasSize(1);
  }

  private static ClusterLoadAssignment many(int from) {
    String[] ordered = new String[COUNT];
    for (int i = 0; i < COUNT; i++) {
      ordered[i] = "10.1." + (from + i) / 250 + "." + (from + i) % 250;
    }
    return assignment("e1", ordered);
  }
}
