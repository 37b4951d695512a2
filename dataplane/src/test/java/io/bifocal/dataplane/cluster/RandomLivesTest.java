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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a control plane says, and in whatever order: what is true in the end. */
class RandomLivesTest {
  private static final List<String> NAMES = List.of("a", "b", "c", "a.b");

  private final ClusterFixture f = new ClusterFixture();
  private final Map<String, Cluster> wanted = new TreeMap<>();
  private final Map<String, String> addresses = new HashMap<>();
  private int version = 1;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 5, 8, 13, 21, 34, 55, 89})
  void theWorkersHaveWhatTheControlPlaneSaidLast(long seed) {
    Random random = new Random(seed);
    f.start();
    for (int step = 0; step < 300; step++) {
      step(random);
      invariants();
    }
    answerAll();
    assertThat(f.initialized).isTrue();
    assertThat(f.manager.unready()).isEmpty();
    assertThat(f.stat("cluster_manager.warming_clusters")).isZero();
    assertThat(f.manager.clusters())
        .extracting(c -> c.config().proto())
        .containsExactlyElementsOf(wanted.values());
    for (Cluster cluster : wanted.values()) {
      assertThat(f.get(cluster.getName()).config().proto()).isEqualTo(cluster);
      assertThat(f.host(cluster.getName())).isEqualTo(expectedHost(cluster));
    }
    f.cds("end");
    assertThat(f.xds.open(ResourceType.ENDPOINTS)).isZero();
    assertThat(f.time.pendingTimers()).isZero();
    assertThat(f.pools).allMatch(p -> p.drained);
    assertThat(f.stats.counters()).noneMatch(c -> c.name().full().startsWith("cluster."));
    f.xds.newRequests();
    f.xds.respond(ResourceType.CLUSTER, "after");
    assertThat(f.xds.newRequests()).as("nothing is held any more").containsExactly("CDS[] vafter");
  }

  private void step(Random random) {
    String name = NAMES.get(random.nextInt(NAMES.size()));
    switch (random.nextInt(8)) {
      case 0, 1 -> {
        wanted.put(name, changed(eds(name), 1 + random.nextInt(3)));
        sayAll();
      }
      case 2 -> {
        wanted.put(name, inline(name, "10.0.1." + random.nextInt(3)));
        sayAll();
      }
      case 3 -> {
        if (wanted.remove(name) != null) {
          f.xds.respondDelta(ResourceType.CLUSTER, next(), List.of(), List.of(name));
        }
      }
      case 4 -> {
        Cluster one = changed(eds(name), 1 + random.nextInt(3));
        wanted.put(name, one);
        f.xds.respondDelta(
            ResourceType.CLUSTER, next(), List.of(new Resource<>(name, "1", one)), List.of());
      }
      case 5 -> {
        addresses.put(name, "10.0.2." + random.nextInt(3));
        f.eds(next(), assignment(name, addresses.get(name)));
      }
      case 6 -> f.edsTimesOut(name);
      default -> {
        if (f.host(name) != null) {
          var unused = f.pool(name);
        }
      }
    }
    f.time.run();
  }

  private void sayAll() {
    f.cds(next(), wanted.values().toArray(Cluster[]::new));
  }

  private String next() {
    return Integer.toString(++version);
  }

  // Every name is answered once more, as a control plane does after a change.
  private void answerAll() {
    sayAll();
    for (String name : List.copyOf(f.xds.names(ResourceType.ENDPOINTS))) {
      addresses.put(name, "10.0.3.1");
      f.eds(next(), assignment(name, "10.0.3.1"));
    }
  }

  private String expectedHost(Cluster cluster) {
    return cluster.getType() == Cluster.DiscoveryType.EDS
        ? addresses.get(cluster.getName()) + ":80"
        : cluster
                .getLoadAssignment()
                .getEndpoints(0)
                .getLbEndpoints(0)
                .getEndpoint()
                .getAddress()
                .getSocketAddress()
                .getAddress()
            + ":80";
  }

  private void invariants() {
    List<Host> current = new ArrayList<>();
    for (String name : NAMES) {
      WorkerCluster cluster = f.find(name);
      ClusterStatusView view = f.manager.find(name);
      assertThat(cluster == null).as("workers and dumps agree on %s", name).isEqualTo(view == null);
      if (view != null) {
        current.addAll(view.hosts().all());
      }
    }
    for (FakePool pool : f.pools) {
      assertThat(pool.drained || current.contains(pool.host()))
          .as("a pool of nobody's host is drained: %s", pool.host().primary())
          .isTrue();
    }
  }
}
