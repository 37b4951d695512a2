package io.bifocal.xds.internal.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.util.Durations;
import io.bifocal.api.BootstrapReader;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource.ApiType;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a source may say of a server that is polled, and which servers a bootstrap knows. */
class PollingSettingsTest {
  private static ApiConfigSource.Builder polled() {
    return ApiConfigSource.newBuilder()
        .setApiType(ApiType.REST)
        .addClusterNames("xds")
        .setRefreshDelay(Durations.fromSeconds(3));
  }

  private static SourceSettings of(ApiConfigSource.Builder source, Servers servers) {
    return SourceSettings.of(ConfigSource.newBuilder().setApiConfigSource(source).build(), servers);
  }

  private static void refused(ApiConfigSource.Builder source, String why) {
    assertThatThrownBy(() -> of(source, Servers.ANY))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }

  @Test
  void anAnswerMayTakeASecondUnlessSaidOtherwise() {
    assertThat(of(polled(), Servers.ANY))
        .isEqualTo(new RestSettings("xds", Duration.ofSeconds(3), Duration.ofSeconds(1)));
    assertThat(of(polled().setRequestTimeout(Durations.fromMillis(5)), Servers.ANY))
        .isEqualTo(new RestSettings("xds", Duration.ofSeconds(3), Duration.ofMillis(5)));
  }

  @Test
  void whatCannotBePolledIsRefused() {
    refused(polled().clearRefreshDelay(), "refresh_delay is required");
    refused(polled().setRefreshDelay(Durations.ZERO), "refresh_delay must be positive");
    refused(polled().clearClusterNames(), "either a gRPC service or a cluster name");
    refused(polled().setTransportApiVersionValue(1), "V2");
    refused(polled().setApiTypeValue(0), "REST_LEGACY no longer a supported ApiConfigSource");
  }

  @Test
  void aBootstrapsStaticClustersAreTheServers() throws Exception {
    Bootstrap bootstrap =
        new BootstrapReader(false)
            .readYaml(
                """
                layered_runtime:
                  layers:
                  - {name: a, static_layer: {envoy: {restart_features.xds_failover_support: true}}}
                static_resources:
                  clusters:
                  - {name: xds}
                  - {name: eds, type: EDS, eds_cluster_config: {eds_config: {ads: {}}}}
                """,
                "test");
    Servers servers = Servers.of(bootstrap);
    assertThat(servers.failover()).isTrue();
    assertThat(servers.knowsCluster()).accepts("xds").rejects("eds", "none");
    assertThatThrownBy(() -> of(polled().setClusterNames(0, "eds"), servers))
        .hasMessageContaining("must have a statically defined non-EDS cluster: 'eds'");
    assertThat(Servers.of(Bootstrap.getDefaultInstance()).failover()).isFalse();
  }
}
