package io.bifocal.conformance.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.Ports;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.bifocal.conformance.javacontrolplane.ControlPlane;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import java.util.List;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A control plane of two servers, of which the first is down when the proxy starts. */
class FailoverTest {
  @RegisterExtension final Stage stage = new Stage();

  @ParameterizedTest
  @EnumSource(Subject.class)
  void theSecondServerIsAskedAndKept(Subject subject) {
    subject.command(List.of());
    int down = Ports.free();
    ControlPlane second = stage.keep(new ControlPlane(0));
    publish(second, "1");
    String bootstrap =
        Bootstraps.ads(down, Dialect.SOTW)
                .replace(
                    "grpc_services:\n",
                    "grpc_services:\n    - envoy_grpc: {cluster_name: xds_cluster}\n")
                .replaceFirst(
                    "(?s)(xds_cluster\\}\\s*- envoy_grpc: \\{cluster_name: )xds_cluster",
                    "$1second")
            + Bootstraps.http2Cluster("second", second.port())
            + """
            layered_runtime:
              layers:
              - {name: failover, static_layer: {envoy.restart_features.xds_failover_support: true}}
            """;
    Proxy proxy = stage.start(subject, bootstrap).awaitLive();
    assertThat(proxy.stat("control_plane.connected_state")).isEqualTo(2);

    ControlPlane first = stage.keep(new ControlPlane(down));
    publish(first, "of the first");
    publish(second, "2");
    proxy.awaitStat("cluster_manager.cds.update_success", 2);
    assertThat(proxy.stats().get("cluster_manager.cds.version_text")).isEqualTo("\"2\"");
    assertThat(proxy.stat("control_plane.connected_state")).isEqualTo(2);
  }

  private static void publish(ControlPlane server, String version) {
    Cluster cluster = Cluster.newBuilder().setName("version " + version).build();
    Listener listener = Listener.newBuilder().setName("none").build();
    server.publish(version, List.of(cluster), List.of(), List.of(listener), List.of());
  }
}
