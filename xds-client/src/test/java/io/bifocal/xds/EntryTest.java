package io.bifocal.xds;

import static io.bifocal.xds.Conversation.cluster;
import static io.bifocal.xds.ResourceType.CLUSTER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.net.InetAddresses;
import io.bifocal.api.ConfigException;
import io.bifocal.xds.snapshot.ListenerSnapshot;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.grpc.ServerBuilder;
import io.grpc.TlsServerCredentials;
import io.grpc.netty.NettyServerBuilder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ways to a client: a file, a text, a message, or Java alone. */
class EntryTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private static final String BOOTSTRAP =
      """
      node: {id: app-1, cluster: shop}
      dynamic_resources:
        ads_config:
          api_type: GRPC
          transport_api_version: V3
          grpc_services: {envoy_grpc: {cluster_name: xds}}
        cds_config: {ads: {}, resource_api_version: V3}
        lds_config: {ads: {}, resource_api_version: V3}
      static_resources:
        clusters:
        - name: xds
          type: STRICT_DNS
          connect_timeout: 1s
          typed_extension_protocol_options:
            envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
              "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
              explicit_http_config: {http2_protocol_options: {}}
          load_assignment:
            cluster_name: xds
            endpoints:
            - lb_endpoints:
              - endpoint: {address: {socket_address: {address: %s, port_value: %d}}}
      """;

  @TempDir Path folder;

  private static NettyServerBuilder socket() {
    return NettyServerBuilder.forAddress(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  private static void assertFindsItsCluster(XdsClient client, InProcessControlPlane server)
      throws Exception {
    server.setClusters("1", cluster("a"));
    try (Watch<Resource<Cluster>> watch = client.watch(CLUSTER, "a", WatchListener.accepting())) {
      client.start();
      assertThat(watch.awaitReady(LONG).name()).isEqualTo("a");
    }
  }

  @Test
  void anEnvoyBootstrapInAFileLeadsToItsStaticCluster() throws Exception {
    try (InProcessControlPlane server = new InProcessControlPlane(socket())) {
      Path file =
          Files.writeString(
              folder.resolve("bootstrap.yaml"), BOOTSTRAP.formatted("127.0.0.1", server.port()));
      try (XdsClient client = XdsClient.start(file)) {
        assertFindsItsCluster(client, server);
        Node node = server.take().getNode();
        assertThat(node.getId()).isEqualTo("app-1");
        assertThat(node.getUserAgentName()).isEqualTo("bifocal");
      }
    }
  }

  @Test
  void theSameOverIpv6() throws Exception {
    ServerBuilder<?> socket =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddresses.forString("::1"), 0));
    try (InProcessControlPlane server = new InProcessControlPlane(socket);
        XdsClient client =
            XdsClient.builder()
                .bootstrapYaml(BOOTSTRAP.formatted("'::1'", server.port()))
                .build()) {
      assertFindsItsCluster(client, server);
    }
  }

  @Test
  void aBootstrapAsJson() throws Exception {
    try (InProcessControlPlane server = new InProcessControlPlane(socket());
        XdsClient client =
            XdsClient.builder()
                .bootstrapJson(
                    """
                    {"node": {"id": "n", "cluster": "c"},
                     "dynamic_resources": {"ads_config": {"api_type": "GRPC",
                       "grpc_services": [{"google_grpc":
                         {"target_uri": "127.0.0.1:%d", "stat_prefix": "x"}}]}}}
                    """
                        .formatted(server.port()))
                .build()) {
      assertFindsItsCluster(client, server);
    }
  }

  @Test
  void javaAlone() throws Exception {
    try (InProcessControlPlane server = new InProcessControlPlane(socket());
        XdsClient client =
            XdsClient.builder()
                .node("app-1", "shop")
                .locality("eu", "eu-1", "")
                .server("127.0.0.1:" + server.port())
                .build()) {
      assertFindsItsCluster(client, server);
      DiscoveryRequest first = server.take();
      assertThat(first.getNode().getCluster()).isEqualTo("shop");
      assertThat(first.getNode().getLocality().getZone()).isEqualTo("eu-1");
    }
  }

  @Test
  void javaAloneOverTls() throws Exception {
    SelfSigned me = SelfSigned.in(folder);
    ServerBuilder<?> socket =
        NettyServerBuilder.forPort(
            0, TlsServerCredentials.create(me.certificate().toFile(), me.key().toFile()));
    try (InProcessControlPlane server = new InProcessControlPlane(socket)) {
      try (XdsClient client =
          XdsClient.builder()
              .node("n", "c")
              .server("localhost:" + server.port())
              .tls(me.certificate())
              .build()) {
        assertFindsItsCluster(client, server);
      }
      String tls =
          BOOTSTRAP.formatted("127.0.0.1", server.port())
              + """
                transport_socket:
                  name: tls
                  typed_config:
                    "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
                    sni: localhost
                    common_tls_context:
                      validation_context: {trusted_ca: {filename: %s}}
              """
                  .formatted(me.certificate())
                  .indent(2);
      try (XdsClient client = XdsClient.builder().bootstrapYaml(tls).build()) {
        assertFindsItsCluster(client, server);
      }
    }
  }

  @Test
  void whatAStaticClustersTlsAsksForAndIsNotServedIsRefused() throws Exception {
    String tls =
        BOOTSTRAP.formatted("127.0.0.1", 1)
            + """
              transport_socket:
                name: tls
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
                  common_tls_context:
                    validation_context_sds_secret_config: {name: roots}
            """
                .indent(2);
    try (XdsClient client = XdsClient.builder().bootstrapYaml(tls).build()) {
      assertThatThrownBy(client::start)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("static cluster 'xds'")
          .hasMessageContaining("validation_context_sds_secret_config");
    }
  }

  @Test
  void whatIsWrongWithAFileIsSaidWithItsPlace() throws Exception {
    Path file = Files.writeString(folder.resolve("b.yaml"), "node: {id: a}\nnoed: {}\n");
    assertThatThrownBy(() -> XdsClient.start(file))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(file + ":2: noed: ");
    assertThatThrownBy(() -> XdsClient.builder().bootstrapJson("{\"node\": 1}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("bootstrap:1: node: ");
    assertThatThrownBy(
            () ->
                XdsClient.builder()
                    .bootstrapYaml("default_config_source: {ads: {}}\nnode: {id: a}\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("bootstrap: default_config_source: not supported: ");
    assertThatThrownBy(
            () ->
                XdsClient.builder()
                    .bootstrapYaml(
                        "node: {id: a}\ndynamic_resources: {ads_config: {api_type: GRPC}}\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "bootstrap: dynamic_resources.ads_config: API configs must have either a gRPC service or"
                + " a cluster name defined");
    assertThatThrownBy(
            () ->
                XdsClient.builder()
                    .bootstrapYaml(BOOTSTRAP.formatted("127.0.0.1", 1).replace("id: app-1,", "")))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("bootstrap: node.id: ");
  }

  @Test
  void staticListenersAndClustersMakeTreesToo() throws Exception {
    try (XdsClient client =
            XdsClient.builder()
                .bootstrapYaml(
                    """
                    static_resources:
                      listeners:
                      - name: front
                        address: {socket_address: {address: 127.0.0.1, port_value: 80}}
                        filter_chains:
                        - filters:
                          - name: tcp
                            typed_config:
                              "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
                              stat_prefix: t
                              cluster: back
                      clusters:
                      - name: back
                        type: STATIC
                        load_assignment:
                          cluster_name: back
                          endpoints:
                          - lb_endpoints:
                            - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 81}}}
                    """)
                .build();
        Watch<ListenerSnapshot> watch = client.listener("front", WatchListener.accepting());
        Watch<Resource<Cluster>> back = client.watch(CLUSTER, "back", WatchListener.accepting())) {
      ListenerSnapshot front = watch.awaitReady(LONG);
      assertThat(front.isComplete()).isTrue();
      assertThat(front.listener().version()).isEmpty();
      assertThat(front.cluster("back").orElseThrow().assignment().orElseThrow().getEndpointsCount())
          .isEqualTo(1);
      assertThat(back.awaitReady(LONG).name()).isEqualTo("back");
    }
  }

  @Test
  void tlsAndDialectNeedAServer() {
    assertThatThrownBy(() -> XdsClient.builder().tls()).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> XdsClient.builder().incremental())
        .isInstanceOf(IllegalStateException.class);
  }
}
