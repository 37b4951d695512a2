package io.bifocal.conformance.sovereign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Backend;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.Peers;
import io.bifocal.conformance.Ports;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * All resources come by polling: the endpoint's first address refuses, its additional one is the
 * upstream's. sovereign says 304 to a version that it knows, and 404 when there is nothing.
 */
class SovereignTest {
  @RegisterExtension final Stage stage = new Stage();

  @ParameterizedTest
  @EnumSource(Subject.class)
  void whatItsTemplatesSayIsServedAndSoIsAChange(Subject subject) {
    String program = Peers.require("sovereign").toString();
    subject.command(List.of());
    Backend first = stage.keep(Backend.start("127.0.0.1", "first"));
    Backend second = stage.keep(Backend.start("127.0.0.1", "second"));
    state("127.0.0.2", first);
    int port = Ports.free();
    stage.run(
        "sovereign",
        List.of(program),
        Map.of(
            "SOVEREIGN_CONFIG",
            "file://" + configuration(port),
            "SOVEREIGN_HOST",
            "127.0.0.1",
            "SOVEREIGN_PORT",
            String.valueOf(port),
            "SOVEREIGN_WORKERS",
            "1"));
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                Http.tryGet(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                        "/healthcheck")
                    .isPresent());
    Proxy proxy = stage.start(subject, bootstrap(port)).awaitLive();
    proxy.awaitBody("ingress", "/", "first");
    assertThat(proxy.stat("cluster_manager.cds.update_success")).isEqualTo(1);

    state("127.0.0.3", second);
    proxy.awaitBody("ingress", "/", "second");
    proxy.awaitStat("cluster.upstream.update_success", 2);
    assertThat(proxy.stat("cluster_manager.cds.update_success"))
        .as("304 is neither a success")
        .isEqualTo(1);
    assertThat(proxy.stat("cluster_manager.cds.update_failure")).as("nor a failure").isZero();
  }

  private void state(String refusing, Backend upstream) {
    // Moved into place, or it might be read half written.
    Path fresh =
        stage.write(
            "state.tmp",
            "refusing: %s\nport: %d\n".formatted(refusing, upstream.address().getPort()));
    assertThat(fresh.toFile().renameTo(fresh.resolveSibling("state.yaml").toFile())).isTrue();
  }

  private String source() {
    return "api_config_source: {api_type: REST, cluster_names: [sovereign], refresh_delay: 0.3s}";
  }

  private Path configuration(int port) {
    Path clusters =
        stage.write(
            "clusters.yaml",
            """
            resources:
            - name: upstream
              type: EDS
              connect_timeout: 5s
              eds_cluster_config: {eds_config: {%s}}
            """
                .formatted(source()));
    Path endpoints =
        stage.write(
            "endpoints.yaml",
            """
            resources:
            - cluster_name: upstream
              endpoints:
              - lb_endpoints:
                - endpoint:
                    address: {socket_address: {address: {{ state.refusing }}, port_value: %d}}
                    additional_addresses:
                    - {address: {socket_address: {address: 127.0.0.1, port_value: {{ state.port }}}}}
            """
                .formatted(port));
    Path listeners =
        stage.write(
            "listeners.yaml",
            """
            resources:
            - name: ingress
              address: {socket_address: {address: 127.0.0.1, port_value: 0}}
              filter_chains:
              - filters:
                - name: envoy.filters.network.http_connection_manager
                  typed_config:
                    "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                    stat_prefix: ingress
                    rds: {route_config_name: routes, config_source: {%s}}
                    http_filters:
                    - name: envoy.filters.http.router
                      typed_config:
                        "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
            """
                .formatted(source()));
    Path routes =
        stage.write(
            "routes.yaml",
            """
            resources:
            - name: routes
              virtual_hosts:
              - name: all
                domains: ["*"]
                routes:
                - {match: {prefix: /}, route: {cluster: upstream}}
            """);
    return stage.write(
        "sovereign.yaml",
        """
        templates:
          default:
          - {type: clusters, spec: {protocol: file, serialization: jinja, path: %s}}
          - {type: endpoints, spec: {protocol: file, serialization: jinja, path: %s}}
          - {type: listeners, spec: {protocol: file, serialization: jinja, path: %s}}
          - {type: routes, spec: {protocol: file, serialization: jinja, path: %s}}
        template_context:
          refresh: true
          refresh_rate: 1
          context:
            state: {protocol: file, serialization: yaml, path: %s}
        """
            .formatted(
                clusters, endpoints, listeners, routes, clusters.resolveSibling("state.yaml")));
  }

  private String bootstrap(int port) {
    return """
        node: {id: poller, cluster: pollers}
        admin:
          address: {socket_address: {address: 127.0.0.1, port_value: 0}}
        dynamic_resources:
          cds_config: {%s}
          lds_config: {%s}
        static_resources:
          clusters:
          - name: sovereign
            type: STATIC
            connect_timeout: 1s
            load_assignment:
              cluster_name: sovereign
              endpoints:
              - lb_endpoints:
                - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}
        """
        .formatted(source(), source(), port);
  }
}
