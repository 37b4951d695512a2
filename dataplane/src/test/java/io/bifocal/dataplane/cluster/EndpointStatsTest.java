package io.bifocal.dataplane.cluster;

import static io.bifocal.dataplane.cluster.ClusterFixture.assignment;
import static io.bifocal.dataplane.cluster.ClusterFixture.eds;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.stats.Gauge;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.TrackClusterStats;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class EndpointStatsTest {
  private static final Cluster TRACKED =
      eds("a").toBuilder()
          .setTrackClusterStats(TrackClusterStats.newBuilder().setPerEndpointStats(true))
          .build();

  private final ClusterFixture f = new ClusterFixture();

  private Set<String> healthy() {
    return f.stats.gauges("cluster.a.endpoint.").stream()
        .filter(gauge -> gauge.name().full().endsWith(".healthy"))
        .filter(gauge -> gauge.value() == 1)
        .map(Gauge::name)
        .map(name -> name.full().replaceAll("cluster.a.endpoint.|.healthy", ""))
        .collect(Collectors.toSet());
  }

  @Test
  void endpointsAreListedAsLongAsTheyAreThere() {
    f.running(TRACKED);
    f.eds("1", assignment("a", "10.0.0.1", "10.0.0.2"));
    assertThat(healthy()).hasSize(2).allMatch(name -> name.matches("10.0.0.[12]_\\d+"));
    f.eds("2", assignment("a", "10.0.0.2", "10.0.0.3"));
    assertThat(healthy()).hasSize(2).allMatch(name -> name.matches("10.0.0.[23]_\\d+"));
    f.cds("3", ClusterFixture.changed(TRACKED, 9));
    f.eds("4", assignment("a", "10.0.0.4"));
    assertThat(healthy()).hasSize(1).allMatch(name -> name.startsWith("10.0.0.4_"));
  }

  @Test
  void nobodyListsThemUnasked() {
    f.running(eds("a"));
    f.eds("1", assignment("a", "10.0.0.1"));
    assertThat(f.stats.gauges("cluster.a.endpoint.")).isEmpty();
  }
}
