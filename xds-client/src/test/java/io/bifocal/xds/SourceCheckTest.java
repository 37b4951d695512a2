package io.bifocal.xds;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource.ApiType;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import org.junit.jupiter.api.Test;

class SourceCheckTest {
  private final SourceCheck check =
      SourceCheck.of(
          Bootstrap.newBuilder()
              .setStaticResources(
                  Bootstrap.StaticResources.newBuilder()
                      .addClusters(Cluster.newBuilder().setName("xds")))
              .build());

  private static ApiConfigSource server(String cluster) {
    return ApiConfigSource.newBuilder()
        .setApiType(ApiType.GRPC)
        .addGrpcServices(
            GrpcService.newBuilder()
                .setEnvoyGrpc(GrpcService.EnvoyGrpc.newBuilder().setClusterName(cluster)))
        .build();
  }

  private static ConfigSource source(ApiConfigSource server) {
    return ConfigSource.newBuilder().setApiConfigSource(server).build();
  }

  @Test
  void whatTheClientWouldTakePasses() throws ConfigException {
    check.source(source(server("xds")), "cds_config");
    check.server(server("xds"), "ads_config");
  }

  @Test
  void whatItWouldRefuseIsRefusedWithItsPlace() {
    assertThatThrownBy(() -> check.source(source(server("other")), "cds_config"))
        .isInstanceOf(ConfigException.class)
        .hasMessage("cds_config: Unknown gRPC client cluster 'other'");
    assertThatThrownBy(() -> check.server(server("other"), "ads_config"))
        .isInstanceOf(ConfigException.class)
        .hasMessage("ads_config: Unknown gRPC client cluster 'other'");
    assertThatThrownBy(() -> check.source(ConfigSource.getDefaultInstance(), "lds_config"))
        .hasMessageStartingWith("lds_config: Missing config source specifier");
    ApiConfigSource polled = ApiConfigSource.newBuilder().setApiType(ApiType.REST).build();
    assertThatThrownBy(() -> check.server(polled, "load_stats_config"))
        .hasMessageStartingWith("load_stats_config: ");
  }
}
