package io.bifocal.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import org.junit.jupiter.api.Test;

class BootstrapFieldsTest {
  private static final String CLUSTER =
      """
      static_resources:
        clusters:
        - {name: xds, load_assignment: {cluster_name: xds}}
      """;

  @Test
  void whatAControlPlanesSampleBootstrapHoldsIsTaken() throws Exception {
    check(
        """
        node: {id: n1, cluster: c}
        admin: {access_log_path: /dev/null}
        layered_runtime: {layers: [{name: static, static_layer: {}}]}
        dynamic_resources:
          ads_config: {api_type: DELTA_GRPC, grpc_services: {envoy_grpc: {cluster_name: xds}}}
          cds_config: {ads: {}}
          lds_config: {ads: {}}
        """
            + CLUSTER);
  }

  @Test
  void aServerForOneTypeAloneIsTaken() throws Exception {
    check(
        """
        node: {id: n1, cluster: c}
        dynamic_resources:
          cds_config: {api_config_source: {api_type: GRPC, grpc_services: {envoy_grpc: {cluster_name: xds}}}}
        """
            + CLUSTER);
  }

  @Test
  void aServerThatIsPolledIsRefusedWithItsPath() {
    refused(
        """
        node: {id: n1, cluster: c}
        dynamic_resources:
          lds_config: {api_config_source: {api_type: REST, cluster_names: [xds], refresh_delay: 1s}}
        """
            + CLUSTER,
        "dynamic_resources.lds_config.api_config_source.api_type: REST is not supported");
  }

  @Test
  void whatIsAcceptedWithoutEffectIsSaid() throws Exception {
    assertThat(
            BootstrapFields.check(
                new BootstrapReader(false)
                    .readYaml("layered_runtime: {layers: [{name: a, admin_layer: {}}]}", "test")))
        .singleElement()
        .asString()
        .contains("layered_runtime")
        .contains("only static layers");
  }

  @Test
  void aControlPlaneWantsToKnowWhoAsks() {
    refused(
        "dynamic_resources: {ads_config: {api_type: GRPC,"
            + " grpc_services: [{envoy_grpc: {cluster_name: xds}}]}}\n"
            + CLUSTER,
        "node 'id' and 'cluster' are required");
  }

  @Test
  void theControlPlanesClusterMustBeStatic() {
    refused(
        """
        node: {id: n1, cluster: c}
        dynamic_resources: {ads_config: {api_type: GRPC, grpc_services: [{envoy_grpc: {cluster_name: x}}]}}
        """,
        "Unknown gRPC client cluster 'x'");
  }

  @Test
  void aSourceThatIsNotServedIsRefusedWithItsPath() {
    refused(
        "dynamic_resources: {cds_config: {path_config_source: {path: /etc/cds.yaml}}}",
        "dynamic_resources.cds_config: the source 'path_config_source' is not supported");
  }

  @Test
  void aSecondGrpcServiceIsRefusedAsEnvoyDoes() {
    refused(
        """
        node: {id: n1, cluster: c}
        dynamic_resources:
          ads_config:
            api_type: GRPC
            grpc_services: [{envoy_grpc: {cluster_name: xds}}, {envoy_grpc: {cluster_name: xds}}]
        """
            + CLUSTER,
        "must have no more than 1 gRPC services specified");
  }

  private static void check(String yaml) throws ConfigException {
    BootstrapFields.check(new BootstrapReader(false).readYaml(yaml, "test"));
  }

  private static void refused(String yaml, String reason) {
    assertThatThrownBy(() -> check(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(reason);
  }
}
