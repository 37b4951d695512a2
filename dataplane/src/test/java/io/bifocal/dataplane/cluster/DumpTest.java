package io.bifocal.dataplane.cluster;

import static io.bifocal.dataplane.cluster.ClusterFixture.assignment;
import static io.bifocal.dataplane.cluster.ClusterFixture.changed;
import static io.bifocal.dataplane.cluster.ClusterFixture.eds;
import static io.bifocal.dataplane.cluster.ClusterFixture.endpoint;
import static io.bifocal.dataplane.cluster.ClusterFixture.inline;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.TextFormat;
import io.envoyproxy.envoy.admin.v3.ClientResourceStatus;
import io.envoyproxy.envoy.admin.v3.ClustersConfigDump;
import io.envoyproxy.envoy.admin.v3.EndpointsConfigDump;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import org.junit.jupiter.api.Test;

class DumpTest {
  private final ClusterFixture f = new ClusterFixture();

  @Test
  void aClusterThatWarmsIsShownBesideTheOneThatServes() throws Exception {
    f.with(inline("s", "10.0.0.1")).running(eds("e1"));
    f.cds("2", changed(eds("e1"), 9));
    ClustersConfigDump dump = f.manager.clustersDump();
    assertThat(dump.getVersionInfo()).isEqualTo("2");
    assertThat(dump.getStaticClustersList())
        .extracting(c -> c.getCluster().unpack(Cluster.class).getName())
        .containsExactly("s");
    assertThat(dump.getDynamicActiveClusters(0).getVersionInfo()).isEqualTo("1");
    assertThat(dump.getDynamicActiveClusters(0).getCluster().unpack(Cluster.class))
        .isEqualTo(eds("e1"));
    assertThat(dump.getDynamicWarmingClusters(0).getVersionInfo()).isEqualTo("2");
    assertThat(dump.getDynamicWarmingClusters(0).getLastUpdated().getSeconds())
        .isEqualTo(f.time.wallTime().getEpochSecond());
  }

  @Test
  void hostsAreShownAsEnvoyShowsThem() throws Exception {
    f.with(inline("s", "10.0.0.1")).running(eds("e1"));
    ClusterLoadAssignment.Builder update = ClusterLoadAssignment.newBuilder().setClusterName("e1");
    var near = update.addEndpointsBuilder();
    near.getLocalityBuilder().setRegion("r");
    near.getLoadBalancingWeightBuilder().setValue(3);
    near.addLbEndpoints(endpoint("10.0.0.1", "::1"));
    near.addLbEndpoints(endpoint("10.0.0.2").toBuilder().setHealthStatus(HealthStatus.DRAINING));
    update.addEndpointsBuilder().setPriority(1).addLbEndpoints(endpoint("10.0.0.3"));
    f.eds("2", update.build());

    EndpointsConfigDump dump = f.manager.endpointsDump();
    assertThat(
            dump.getStaticEndpointConfigs(0)
                .getEndpointConfig()
                .unpack(ClusterLoadAssignment.class)
                .getClusterName())
        .isEqualTo("s");
    assertThat(
            dump.getDynamicEndpointConfigs(0)
                .getEndpointConfig()
                .unpack(ClusterLoadAssignment.class))
        .isEqualTo(
            TextFormat.parse(
                """
                cluster_name: "e1"
                policy { overprovisioning_factor { value: 140 } }
                endpoints {
                  locality { region: "r" }
                  load_balancing_weight { value: 3 }
                  lb_endpoints {
                    endpoint {
                      address { socket_address { address: "10.0.0.1" port_value: 80 } }
                      additional_addresses {
                        address { socket_address { address: "::1" port_value: 80 } } }
                      health_check_config { }
                    }
                    health_status: HEALTHY
                    load_balancing_weight { value: 1 }
                  }
                  lb_endpoints {
                    endpoint {
                      address { socket_address { address: "10.0.0.2" port_value: 80 } }
                      health_check_config { }
                    }
                    health_status: UNHEALTHY
                    load_balancing_weight { value: 1 }
                  }
                }
                endpoints {
                  locality { }
                  priority: 1
                  load_balancing_weight { value: 0 }
                  lb_endpoints {
                    endpoint {
                      address { socket_address { address: "10.0.0.3" port_value: 80 } }
                      health_check_config { }
                    }
                    health_status: HEALTHY
                    load_balancing_weight { value: 1 }
                  }
                }
                """,
                ClusterLoadAssignment.class));
  }

  @Test
  void whatIsRefusedIsShownWithItsReasonUntilTheNextGoodOne() throws Exception {
    f.running(eds("e1"));
    Cluster bad = inline("bad", "not.an.ip");
    f.cds("2", eds("e1"), bad);
    ClustersConfigDump dump = f.manager.clustersDump();
    assertThat(dump.getDynamicActiveClusters(0).getClientStatus())
        .isEqualTo(ClientResourceStatus.ACKED);
    assertThat(dump.getDynamicActiveClusters(0).hasErrorState()).isFalse();
    ClustersConfigDump.DynamicCluster refused = dump.getDynamicWarmingClusters(0);
    assertThat(refused.getClientStatus()).isEqualTo(ClientResourceStatus.NACKED);
    assertThat(refused.getCluster().unpack(Cluster.class).getName()).isEqualTo("bad");
    assertThat(refused.getErrorState().getDetails()).startsWith("malformed IP address: not.an.ip");
    assertThat(refused.getErrorState().getVersionInfo()).isEqualTo("2");
    assertThat(refused.getErrorState().getFailedConfiguration().unpack(Cluster.class))
        .isEqualTo(bad);
    f.cds("3", eds("e1"));
    assertThat(f.manager.clustersDump().getDynamicWarmingClustersCount()).isZero();

    f.eds("2", assignment("e1", "example.com"));
    EndpointsConfigDump.DynamicEndpointConfig endpoints =
        f.manager.endpointsDump().getDynamicEndpointConfigs(0);
    assertThat(endpoints.getClientStatus()).isEqualTo(ClientResourceStatus.NACKED);
    assertThat(endpoints.getVersionInfo()).isEqualTo("1");
    assertThat(endpoints.getErrorState().getDetails()).startsWith("malformed IP address");
  }

  @Test
  void breakersAreGauges() {
    Cluster.Builder cluster = inline("a", "10.0.0.1").toBuilder();
    var limits = cluster.getCircuitBreakersBuilder().addThresholdsBuilder();
    limits.setTrackRemaining(true).getMaxConnectionsBuilder().setValue(1);
    f.running(cluster.build());
    assertThat(f.stat("cluster.a.circuit_breakers.default.cx_open")).isZero();
    assertThat(f.stat("cluster.a.circuit_breakers.default.remaining_cx")).isEqualTo(1);
    assertThat(f.get("a").breakers().connections().tryAcquire()).isTrue();
    assertThat(f.stat("cluster.a.circuit_breakers.default.cx_open")).isEqualTo(1);
    assertThat(f.stat("cluster.a.circuit_breakers.default.remaining_cx")).isZero();
    assertThat(f.stat("cluster.a.circuit_breakers.default.rq_open")).isZero();
  }

  @Test
  void aRefusedUpdateLeavesItsTraceNowhere() {
    f.running(eds("e1"));
    f.eds("2", assignment("e1", "example.com"));
    assertThat(f.manager.clusters().get(0).hosts().all()).hasSize(1);
    assertThat(f.manager.find("e1")).isEqualTo(f.manager.clusters().get(0));
  }
}
