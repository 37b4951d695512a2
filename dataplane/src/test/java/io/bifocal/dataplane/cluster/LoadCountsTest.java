package io.bifocal.dataplane.cluster;

import static io.bifocal.dataplane.cluster.ClusterFixture.assignment;
import static io.bifocal.dataplane.cluster.ClusterFixture.eds;
import static io.bifocal.dataplane.cluster.ClusterFixture.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.host.Host;
import io.bifocal.xds.LoadSource;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterStats;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoadCountsTest {
  private final ClusterFixture f = new ClusterFixture();
  private final LoadSource load = f.manager.load();

  /** Two hosts in one locality, one in another, and one at the next priority. */
  private void running() {
    f.running(eds("e1"));
    ClusterLoadAssignment.Builder update = ClusterLoadAssignment.newBuilder().setClusterName("e1");
    var near = update.addEndpointsBuilder();
    near.getLocalityBuilder().setRegion("r").setZone("near");
    near.addLbEndpoints(endpoint("10.0.0.1")).addLbEndpoints(endpoint("10.0.0.2"));
    var far = update.addEndpointsBuilder();
    far.getLocalityBuilder().setRegion("r").setZone("far");
    far.addLbEndpoints(endpoint("10.0.0.3"));
    update.addEndpointsBuilder().setPriority(1).addLbEndpoints(endpoint("10.0.0.4"));
    f.eds("2", update.build());
  }

  private void serve(int host, int good, int bad, int underWay) {
    Host served = f.manager.clusters().get(0).hosts().all().get(host);
    served.stats().rqTotal().at(1).add(good + bad + underWay);
    served.stats().rqSuccess().at(1).add(good);
    served.stats().rqError().at(1).add(bad);
    served.stats().rqActive().at(1).add(underWay);
  }

  private List<String> collect() {
    return load.collect("e1", false).orElseThrow().getUpstreamLocalityStatsList().stream()
        .map(
            s ->
                "%d %s: %d good %d bad %d under way %d issued"
                    .formatted(
                        s.getPriority(),
                        s.getLocality().getZone(),
                        s.getTotalSuccessfulRequests(),
                        s.getTotalErrorRequests(),
                        s.getTotalRequestsInProgress(),
                        s.getTotalIssuedRequests()))
        .toList();
  }

  @Test
  void eachLocalityOfEachPriorityHasALine() {
    running();
    load.begin("e1");
    serve(0, 2, 1, 0);
    serve(1, 3, 0, 1);
    serve(2, 1, 0, 0);
    serve(3, 0, 4, 0);
    assertThat(collect())
        .containsExactly(
            "0 near: 5 good 1 bad 1 under way 7 issued",
            "0 far: 1 good 0 bad 0 under way 1 issued",
            "1 : 0 good 4 bad 0 under way 4 issued");
  }

  @Test
  void onlyWhatIsNewIsToldButWhatIsUnderWayIsToldAgain() {
    running();
    serve(0, 9, 9, 0);
    load.begin("e1");
    assertThat(collect()).isEmpty();
    serve(0, 1, 0, 1);
    assertThat(collect()).containsExactly("0 near: 1 good 0 bad 1 under way 2 issued");
    assertThat(collect()).containsExactly("0 near: 0 good 0 bad 1 under way 0 issued");
  }

  @Test
  void aHostThatJoinsIsCountedFromItsFirstRequest() {
    f.running(eds("e1"));
    load.begin("e1");
    f.eds("2", assignment("e1", "10.0.0.1", "10.0.0.9"));
    serve(1, 2, 0, 0);
    assertThat(collect()).containsExactly("0 : 2 good 0 bad 0 under way 2 issued");
  }

  @Test
  void endpointsHaveLinesIfTheServerWantsThem() {
    running();
    load.begin("e1");
    serve(1, 3, 0, 0);
    ClusterStats stats = load.collect("e1", true).orElseThrow();
    assertThat(stats.getUpstreamLocalityStats(0).getUpstreamEndpointStatsList())
        .hasSize(1)
        .first()
        .satisfies(
            e -> {
              assertThat(e.getAddress().getSocketAddress().getAddress()).isEqualTo("10.0.0.2");
              assertThat(e.getTotalSuccessfulRequests()).isEqualTo(3);
              assertThat(e.getTotalIssuedRequests()).isEqualTo(3);
            });
  }

  @Test
  void requestsThatNoHostGotAreToldByTheirCategory() {
    f.running(eds("e1"));
    ClusterLoadAssignment.Builder update = assignment("e1", "10.0.0.1").toBuilder();
    update
        .getPolicyBuilder()
        .addDropOverloadsBuilder()
        .setCategory("surge")
        .getDropPercentageBuilder()
        .setNumerator(10);
    f.eds("2", update.build());
    DroppedRequests dropped = f.get("e1").dropped();
    dropped.all().at(1).add(9);
    load.begin("e1");
    dropped.all().at(1).add(3);
    dropped.overload().at(1).add(2);
    ClusterStats stats = load.collect("e1", false).orElseThrow();
    assertThat(stats.getTotalDroppedRequests()).isEqualTo(3);
    assertThat(stats.getDroppedRequestsList())
        .containsExactly(
            ClusterStats.DroppedRequests.newBuilder()
                .setCategory("surge")
                .setDroppedCount(2)
                .build());
    dropped.overload().at(1).inc();
    f.eds("3", assignment("e1", "10.0.0.1"));
    assertThat(load.collect("e1", false).orElseThrow().getDroppedRequests(0).getCategory())
        .as("what was dropped before nothing is any more")
        .isEqualTo("surge");
    assertThat(load.collect("e1", false).orElseThrow().getDroppedRequestsList()).isEmpty();
  }

  @Test
  void aClusterThatGoesIsNotReported() {
    running();
    load.begin("e1");
    assertThat(load.clusters()).containsExactly("e1");
    f.cds("2");
    assertThat(load.clusters()).isEmpty();
    assertThat(load.collect("e1", false)).isEmpty();
  }
}
