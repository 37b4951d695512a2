package io.bifocal.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.host.Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The embedder's door, on real sockets. */
class ProxyTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private HttpServer backend;

  @BeforeEach
  void startBackend() throws Exception {
    backend = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    backend.createContext(
        "/",
        exchange -> {
          byte[] body = "from the backend".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    backend.start();
  }

  @AfterEach
  void stopBackend() {
    backend.stop(0);
  }

  @Test
  void aStaticBootstrapServesRequests() throws Exception {
    try (Proxy proxy = start(bootstrap(0))) {
      proxy.awaitLive(PATIENCE);
      HttpResponse<String> answer = get(proxy.listenerAddresses("ingress").get(0), "/");
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo("from the backend");
      assertThat(answer.headers().firstValue("server")).contains("envoy");
      assertThat(get(proxy.listenerAddresses("ingress").get(0), "/direct").body())
          .isEqualTo("said by the proxy");
    }
  }

  @Test
  void theAdminInterfaceTellsHowItStands() throws Exception {
    try (Proxy proxy = start(bootstrap(0))) {
      proxy.awaitLive(PATIENCE);
      SocketAddress admin = proxy.adminAddress().orElseThrow();
      assertThat(get(admin, "/ready").body()).isEqualTo("LIVE\n");
      get(proxy.listenerAddresses("ingress").get(0), "/");
      assertThat(get(admin, "/stats").body())
          .contains("cluster.backend.upstream_rq_total: 1")
          .contains("http.ingress.downstream_rq_total: 1")
          .contains("cluster_manager.active_clusters: 1");
      assertThat(get(admin, "/clusters").body())
          .contains("backend::127.0.0.1:" + backend.getAddress().getPort() + "::cx_total::1");
      assertThat(get(admin, "/config_dump?include_eds").body())
          .contains("BootstrapConfigDump", "static_clusters", "static_listeners");
      assertThat(get(admin, "/listeners").body()).contains("ingress::127.0.0.1:");
    }
  }

  @Test
  void anAddressThatIsTakenIsRefusedAndLeavesNothingBehind() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> start(bootstrap(taken.getLocalPort())))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("cannot bind '127.0.0.1:" + taken.getLocalPort() + "'");
    }
  }

  @Test
  void whatIsOnlyCheckedTakesNoAddress() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Proxy.validate(
          new BootstrapReader(false).readYaml(bootstrap(taken.getLocalPort()), "test"),
          ProxyOptions.defaults());
    }
  }

  @Test
  void theRaceBehindARequestIsSeenByTheOperator() throws Exception {
    try (Proxy proxy = start(bootstrap(0))) {
      proxy.awaitLive(PATIENCE);
      SocketAddress admin = proxy.adminAddress().orElseThrow();
      assertThat(get(admin, "/stats").body())
          .as("nothing has happened")
          .doesNotContain("cluster.backend.connect")
          .contains("connect.memory.addresses: 0", "connect.memory.evictions: 0");
      get(proxy.listenerAddresses("ingress").get(0), "/");

      String host = "127.0.0.1:" + backend.getAddress().getPort();
      assertThat(get(admin, "/races").body())
          .contains(" backend " + host + ": won after ", "  " + host + " +0.0 ms |####");
      assertThat(get(admin, "/races?format=json&cluster=backend").body()).contains(host);
      assertThat(get(admin, "/races?cluster=other").body()).doesNotContain(host);
      assertThat(get(admin, "/stats?filter=connect").body())
          .contains(
              "cluster.backend.connect.race_total: 1",
              "cluster.backend.connect.v4_won: 1",
              "cluster.backend.connect.winner_start_ms: P0(nan,0)")
          .doesNotContain("v6_");
      assertThat(get(admin, "/stats?format=json&filter=connect.v4_won").body())
          .contains("{\"name\":\"cluster.backend.connect.v4_won\",\"value\":1}");
      assertThat(get(admin, "/stats/prometheus").body())
          .contains(
              "# TYPE envoy_cluster_connect_v4_won counter",
              "envoy_cluster_connect_v4_won{envoy_cluster_name=\"backend\"} 1",
              "envoy_cluster_connect_winner_start_ms_count{envoy_cluster_name=\"backend\"} 1",
              "# TYPE envoy_connect_memory_addresses gauge");
    }
  }

  @Test
  void quittingByTheAdminInterfaceEndsTheWait() throws Exception {
    try (Proxy proxy = start(bootstrap(0))) {
      proxy.awaitLive(PATIENCE);
      SocketAddress admin = proxy.adminAddress().orElseThrow();
      HttpResponse<String> answer =
          client()
              .send(
                  HttpRequest.newBuilder(uri(admin, "/quitquitquit"))
                      .POST(HttpRequest.BodyPublishers.noBody())
                      .build(),
                  HttpResponse.BodyHandlers.ofString());
      assertThat(answer.body()).isEqualTo("OK\n");
      proxy.awaitEnd();
    }
  }

  @Test
  void shuttingDownAnIdleProxyEndsItAtOnce() throws Exception {
    try (Proxy proxy = start(bootstrap(0))) {
      proxy.awaitLive(PATIENCE);
      proxy.shutdown();
      proxy.awaitEnd();
    }
  }

  private static Proxy start(String yaml) throws ConfigException {
    return Proxy.start(
        new BootstrapReader(false).readYaml(yaml, "test"),
        ProxyOptions.defaults().withConcurrency(2));
  }

  private String bootstrap(int listenerPort) {
    return """
    admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
    static_resources:
      listeners:
      - name: ingress
        address: {socket_address: {address: 127.0.0.1, port_value: %d}}
        filter_chains:
        - filters:
          - name: envoy.filters.network.http_connection_manager
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
              stat_prefix: ingress
              route_config:
                virtual_hosts:
                - name: all
                  domains: ["*"]
                  routes:
                  - match: {prefix: /direct}
                    direct_response: {status: 200, body: {inline_string: said by the proxy}}
                  - match: {prefix: /}
                    route: {cluster: backend}
              http_filters:
              - name: envoy.filters.http.router
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
      clusters:
      - name: backend
        load_assignment:
          cluster_name: backend
          endpoints:
          - lb_endpoints:
            - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}
    """
        .formatted(listenerPort, backend.getAddress().getPort());
  }

  private static HttpResponse<String> get(SocketAddress where, String path) throws Exception {
    return client()
        .send(
            HttpRequest.newBuilder(uri(where, path)).timeout(PATIENCE).build(),
            HttpResponse.BodyHandlers.ofString());
  }

  private static HttpClient client() {
    return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  }

  private static URI uri(SocketAddress where, String path) {
    return URI.create("http://" + Address.of(where).text() + path);
  }
}
