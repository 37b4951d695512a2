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
  void whatMeshesSetBesideTheirControlPlaneIsTaken() throws Exception {
    check(
        """
        application_log_config: {log_format: {text_format: "%v"}}
        deferred_stat_options: {enable_deferred_creation_stats: true}
        default_regex_engine: {name: a, typed_config: {"@type": type.googleapis.com/envoy.extensions.regex_engines.v3.GoogleRE2}}
        """);
    refused(
        """
        default_regex_engine: {name: a, typed_config: {"@type": type.googleapis.com/google.protobuf.Empty}}
        """,
        "Didn't find a registered implementation for 'a' with type URL: 'google.protobuf.Empty'");
  }

  @Test
  void namesAreBoundToNoSourceByTheirAuthority() {
    refused(
        """
        config_sources: [{authorities: [{name: a}], ads: {}}]
        """
            + CLUSTER,
        "field 'config_sources' is not supported: names of the form xdstp:");
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
  void aServerThatIsPolledIsTaken() throws Exception {
    check(polled("cluster_names: [xds], refresh_delay: 1s"));
  }

  @Test
  void aServerThatIsPolledMustBeNamedAndNeedsADelay() {
    refused(polled("cluster_names: [xds]"), "refresh_delay is required for REST");
    refused(
        polled("refresh_delay: 1s"),
        "dynamic_resources.lds_config: API configs must have either a gRPC service or a cluster"
            + " name defined");
    refused(
        polled("cluster_names: [xds, xds], refresh_delay: 1s"),
        "a singleton cluster name specified");
    refused(
        polled("cluster_names: [x], refresh_delay: 1s"),
        "must have a statically defined non-EDS cluster: 'x' does not exist");
    refused(
        polled("grpc_services: [{envoy_grpc: {cluster_name: xds}}], refresh_delay: 1s"),
        "if not a gRPC type, must not have a gRPC service specified");
  }

  private static String polled(String fields) {
    return """
    node: {id: n1, cluster: c}
    dynamic_resources:
      lds_config: {api_config_source: {api_type: REST, %s}}
    %s"""
        .formatted(fields, CLUSTER);
  }

  @Test
  void whatIsAcceptedWithoutEffectIsSaid() throws Exception {
    assertThat(
            BootstrapFields.check(
                new BootstrapReader(false)
                    .readYaml(
                        "layered_runtime: {layers: [{name: a, static_layer:"
                            + " {envoy.reloadable_features.x: false,"
                            + " envoy.reloadable_features.http3_happy_eyeballs: false,"
                            + " envoy.reloadable_features.quic_no_tcp_delay: true}}]}",
                        "test")))
        .singleElement()
        .asString()
        .contains("layered_runtime")
        .contains("'envoy.reloadable_features.x' is ignored");
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
  void aFileThatIsNotThereIsRefused() {
    refused(
        "dynamic_resources: {cds_config: {path_config_source: {path: /none/cds.yaml}}}",
        "dynamic_resources.cds_config: paths must refer to an existing path in the system:"
            + " '/none/cds.yaml' does not exist");
  }

  @Test
  void aSourceThatIsNotServedIsRefusedWithItsPath() {
    refused(
        "dynamic_resources: {cds_config: {self: {}}}",
        "dynamic_resources.cds_config: Missing config source specifier");
    refused(
        polled("").replace("REST", "AGGREGATED_GRPC"),
        "dynamic_resources.lds_config: Unsupported config source AGGREGATED_GRPC");
  }

  @Test
  void whoAsksAFileMustSayWhoTheyAreToo() throws Exception {
    refused("dynamic_resources: {cds_config: {ads: {}}}", "node 'id' and 'cluster' are required");
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
