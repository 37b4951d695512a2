package io.bifocal.dataplane.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.cluster.ClusterConfig;
import io.bifocal.dataplane.cluster.ClusterStatusView;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.host.HostStats;
import io.bifocal.dataplane.host.Locality;
import io.bifocal.dataplane.logging.LogLevels;
import io.bifocal.dataplane.pool.CircuitBreakers;
import io.bifocal.dataplane.pool.PriorityBreakers;
import io.bifocal.dataplane.runtime.RuntimeLayer;
import io.bifocal.dataplane.runtime.RuntimeSnapshot;
import io.bifocal.dataplane.runtime.RuntimeValue;
import io.envoyproxy.envoy.admin.v3.BootstrapConfigDump;
import io.envoyproxy.envoy.admin.v3.ClustersConfigDump;
import io.envoyproxy.envoy.admin.v3.EndpointsConfigDump;
import io.envoyproxy.envoy.admin.v3.ListenerStatus;
import io.envoyproxy.envoy.admin.v3.ScopedRoutesConfigDump;
import io.envoyproxy.envoy.admin.v3.SecretsConfigDump;
import io.envoyproxy.envoy.admin.v3.ServerInfo;
import io.envoyproxy.envoy.admin.v3.UpdateFailureState;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.route.v3.ScopedRouteConfiguration;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Over a real socket; expected texts are Envoy 1.40's own. */
class AdminServerTest {
  private final FakeProxy proxy = new FakeProxy();
  private final Map<String, String> levels = new ConcurrentHashMap<>();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private AdminServer admin;

  @BeforeEach
  void start() throws ConfigException {
    admin =
        AdminServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), proxy, new FakeLevels());
  }

  @AfterEach
  void stop() {
    admin.close();
    proxy.close();
  }

  private final class FakeLevels implements LogLevels {
    @Override
    public String get(String logger) {
      return levels.getOrDefault(logger, "info");
    }

    @Override
    public boolean set(String logger, String level) {
      levels.put(logger, level);
      return true;
    }
  }

  private int port() {
    return ((InetSocketAddress) admin.address()).getPort();
  }

  private HttpResponse<String> send(String method, String target) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + target))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .timeout(Duration.ofSeconds(20))
            .build(),
        HttpResponse.BodyHandlers.ofString(UTF_8));
  }

  private HttpResponse<String> get(String target) throws Exception {
    return send("GET", target);
  }

  private static Host host(
      String ip, int port, String name, int weight, Locality locality, int... counts) {
    // cx_connect_fail, cx_total, rq_error, rq_success, rq_total
    HostStats stats = HostStats.in(new io.bifocal.dataplane.stats.StatsStore(1).root());
    stats.cxConnectFail().add(counts[0]);
    stats.cxTotal().add(counts[1]);
    stats.rqError().add(counts[2]);
    stats.rqSuccess().add(counts[3]);
    stats.rqTotal().add(counts[4]);
    Address primary = new Address.Ip(InetAddresses.forString(ip), port);
    Address additional = new Address.Ip(InetAddresses.forString("::1"), port);
    return new Host(
        new HostState(primary, stats),
        new AddressList(List.of(primary, additional), List.of(additional, primary)),
        name,
        locality,
        0,
        weight,
        HealthStatus.UNKNOWN,
        Metadata.getDefaultInstance());
  }

  private static ClusterStatusView cluster(
      String name, PriorityBreakers breakers, List<Host> hosts) {
    return new ClusterStatusView(
        new ClusterConfig(
            name,
            name,
            Duration.ofSeconds(1),
            1 << 20,
            Duration.ofHours(1),
            0,
            Cluster.newBuilder().setName(name).build()),
        false,
        new HostSet(List.of(hosts), 140),
        breakers);
  }

  private void twoClusters() {
    Locality there = new Locality("r1", "z1", "s1");
    proxy.clusters.add(
        cluster(
            "a",
            PriorityBreakers.defaults(),
            List.of(
                host("127.0.0.1", 19903, "h1", 5, there, 0, 2, 0, 2, 2),
                host("::1", 19904, "", 1, there, 1, 1, 1, 0, 0))));
    proxy.clusters.add(
        cluster(
            "b",
            new PriorityBreakers(new CircuitBreakers(7, 1024, 1024, 3), CircuitBreakers.defaults()),
            List.of(host("127.0.0.1", 19905, "", 1, Locality.NONE, 1, 1, 1, 0, 0))));
  }

  @Test
  void clusters_are_listed_as_envoy_lists_them() throws Exception {
    twoClusters();

    assertThat(get("/clusters").body()).isEqualTo(StatsPagesTest.golden("clusters.txt"));
    assertThat(get("/clusters?format=json").body())
        .isEqualTo(StatsPagesTest.golden("clusters.json"));
    assertThat(get("/clusters?filter=%5Eb").body()).startsWith("b::").doesNotContain("a::");
    assertThat(get("/clusters?filter=%5B").statusCode()).isEqualTo(400);
  }

  @Test
  void listeners_are_listed_as_envoy_lists_them() throws Exception {
    proxy.listeners.add(
        ListenerStatus.newBuilder()
            .setName("l1")
            .setLocalAddress(
                ClustersPage.address(new Address.Ip(InetAddresses.forString("127.0.0.1"), 19902)))
            .build());

    assertThat(get("/listeners").body()).isEqualTo("l1::127.0.0.1:19902\n");
    assertThat(get("/listeners?format=json").body())
        .isEqualTo(
            """
            {
             "listener_statuses": [
              {
               "name": "l1",
               "local_address": {
                "socket_address": {
                 "address": "127.0.0.1",
                 "port_value": 19902
                }
               }
              }
             ]
            }
            """);
  }

  @ParameterizedTest
  @CsvSource({
    "LIVE, 200",
    "PRE_INITIALIZING, 503",
    "INITIALIZING, 503",
    "DRAINING, 503",
  })
  void ready_is_what_the_proxy_is(ServerInfo.State state, int status) throws Exception {
    proxy.state = state;

    HttpResponse<String> ready = get("/ready");

    assertThat(ready.statusCode()).isEqualTo(status);
    assertThat(ready.body()).isEqualTo(state + "\n");
    assertThat(ready.headers().map())
        .containsEntry("content-type", List.of("text/plain; charset=UTF-8"))
        .containsEntry("cache-control", List.of("no-cache, max-age=0"))
        .containsEntry("x-content-type-options", List.of("nosniff"))
        .containsEntry("server", List.of("envoy"))
        .containsKey("date");
  }

  @Test
  void server_info_writes_defaults_out() throws Exception {
    String info = get("/server_info").body();

    assertThat(info)
        .startsWith(
            """
            {
             "version": "0/1.40.0/Clean/RELEASE/x",
             "state": "LIVE",
             "uptime_current_epoch": "9s",
             "uptime_all_epochs": "9s",
             "hot_restart_version": "disabled",
             "command_line_options": {
              "base_id": "0",
              "concurrency": 2,
              "config_path": "",
            """)
        .contains(" \"node\": {\n  \"id\": \"n1\",\n  \"cluster\": \"c1\",\n")
        .contains("\"dynamic_parameters\": {}");
  }

  @Test
  void small_pages_are_envoys() throws Exception {
    assertThat(get("/certs").body()).isEqualTo("{\n \"certificates\": []\n}\n");
    assertThat(get("/init_dump").body()).isEqualTo("{}\n");
    assertThat(get("/hot_restart_version").body()).isEqualTo("disabled");
    assertThat(get("/runtime").body()).isEqualTo("{\n \"entries\": {},\n \"layers\": []\n}\n");
    assertThat(get("/memory").body())
        .containsPattern("^\\{\n \"allocated\": \"[1-9][0-9]*\",\n \"heap_size\": \"");
    assertThat(get("/help").body())
        .startsWith("admin commands are:\n  /: Admin home page\n")
        .contains("\n  /quitquitquit (POST): exit the server\n");
    assertThat(get("/").body()).startsWith("<!DOCTYPE html>").contains("href=\"config_dump\"");
  }

  @Test
  void runtime_values_are_shown_by_layer() throws Exception {
    proxy.runtime =
        new RuntimeSnapshot(
            List.of(
                new RuntimeLayer("one", new TreeMap<>(Map.of("k", RuntimeValue.of("<1>")))),
                new RuntimeLayer("two", new TreeMap<>(Map.of("k", RuntimeValue.of("2"))))));

    assertThat(get("/runtime").body())
        .isEqualTo(
            """
            {
             "entries": {
              "k": {
               "layer_values": [
                "<1>",
                "2"
               ],
               "final_value": "2"
              }
             },
             "layers": [
              "one",
              "two"
             ]
            }
            """);
  }

  @Test
  void runtime_values_are_modified_if_there_is_a_layer_for_it() throws Exception {
    HttpResponse<String> none = send("POST", "/runtime_modify?a=1");
    assertThat(none.statusCode()).isEqualTo(503);
    assertThat(none.body()).isEqualTo("No admin layer specified");

    proxy.hasAdminLayer = true;
    assertThat(send("POST", "/runtime_modify?a=1&b=").body()).isEqualTo("OK\n");
    assertThat(proxy.overrides).isEqualTo(Map.of("a", "1", "b", ""));

    HttpResponse<String> nothing = send("POST", "/runtime_modify");
    assertThat(nothing.statusCode()).isEqualTo(400);
    assertThat(nothing.body()).startsWith("usage: /runtime_modify?key1=value1");
  }

  @Test
  void runtime_values_may_come_as_a_form() throws Exception {
    proxy.hasAdminLayer = true;
    HttpRequest form =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + "/runtime_modify"))
            .header("content-type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString("a=x%20y&b="))
            .build();
    assertThat(client.send(form, HttpResponse.BodyHandlers.ofString()).body()).isEqualTo("OK\n");
    assertThat(proxy.overrides).isEqualTo(Map.of("a", "x y", "b", ""));
  }

  @Test
  void a_body_may_come_after_its_head() throws Exception {
    proxy.hasAdminLayer = true;
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write(
              """
              POST /runtime_modify HTTP/1.1
              Host: x
              Connection: close
              Content-Type: application/x-www-form-urlencoded
              Content-Length: 3
              Expect: 100-continue

              """
                  .replace("\n", "\r\n")
                  .getBytes(UTF_8));
      String head = "HTTP/1.1 100 Continue\r\n\r\n";
      assertThat(new String(socket.getInputStream().readNBytes(head.length()), UTF_8))
          .isEqualTo(head);

      socket.getOutputStream().write("a=b".getBytes(UTF_8));

      assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8)).contains("200 OK");
    }
    assertThat(proxy.overrides).isEqualTo(Map.of("a", "b"));
  }

  @Test
  void who_is_waited_for_is_told() throws Exception {
    proxy.unready = Set.of("LDS");

    assertThat(get("/init_dump").body()).contains("\"target_names\": [\n    \"LDS\"");
  }

  @Test
  void an_unknown_path_is_answered_with_what_there_is() throws Exception {
    for (String path : List.of("/nope", "/ready/", "/stats/")) {
      HttpResponse<String> answer = get(path);
      assertThat(answer.statusCode()).isEqualTo(404);
      assertThat(answer.body()).startsWith("invalid path. admin commands are:\n  /: Admin");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/quitquitquit", "/drain_listeners", "/healthcheck/fail", "/healthcheck/ok",
        "/reset_counters", "/reopen_logs", "/logging", "/runtime_modify"
      })
  void a_mutation_is_for_post_alone(String path) throws Exception {
    HttpResponse<String> answer = get(path);

    assertThat(answer.statusCode()).isEqualTo(405);
    assertThat(answer.body()).isEqualTo("Method GET not allowed, POST required.");
    assertThat(send("DELETE", path).body()).isEqualTo("Method DELETE not allowed, POST required.");
    assertThat(proxy.orders).isEmpty();
  }

  @Test
  void orders_reach_the_proxy_on_its_control_loop() throws Exception {
    for (String path :
        List.of(
            "/healthcheck/fail",
            "/healthcheck/ok",
            "/drain_listeners",
            "/drain_listeners?graceful&skip_exit",
            "/drain_listeners?inboundonly",
            "/reopen_logs",
            "/quitquitquit")) {
      assertThat(send("POST", path).body()).as(path).isEqualTo("OK\n");
    }

    assertThat(proxy.orders)
        .containsExactly(
            "fail true",
            "fail false",
            "drain false false false",
            "drain true false true",
            "drain false true false",
            "reopen",
            "quit");
  }

  @Test
  void counters_are_reset_and_gauges_are_not() throws Exception {
    proxy.stats.root().counter("c").inc();
    proxy.stats.root().gauge("g").set(3);

    assertThat(send("POST", "/reset_counters").body()).isEqualTo("OK\n");
    assertThat(get("/stats?filter=%5E.$").body()).isEqualTo("c: 0\ng: 3\n");
  }

  @Test
  void the_interface_counts_itself_as_envoys_does() throws Exception {
    assertThat(get("/ready").statusCode()).isEqualTo(200);
    assertThat(get("/nope").statusCode()).isEqualTo(404);

    assertThat(get("/stats?usedonly&filter=%5Ehttp.admin").body())
        .isEqualTo(
            """
            http.admin.downstream_rq_2xx: 1
            http.admin.downstream_rq_4xx: 1
            http.admin.downstream_rq_completed: 2
            http.admin.downstream_rq_total: 3
            """);
  }

  @Test
  void statistics_come_in_three_formats() throws Exception {
    proxy.stats.root().scope("server").gauge("live").set(1);

    assertThat(get("/stats?filter=server").body()).isEqualTo("server.live: 1\n");
    HttpResponse<String> json = get("/stats?filter=server&format=json");
    assertThat(json.body()).isEqualTo("{\"stats\":[{\"name\":\"server.live\",\"value\":1}]}");
    assertThat(json.headers().firstValue("content-type")).contains("application/json");
    String prometheus = "# TYPE envoy_server_live gauge\nenvoy_server_live{} 1\n";
    assertThat(get("/stats?filter=server&format=prometheus").body()).isEqualTo(prometheus);
    assertThat(get("/stats/prometheus?filter=server").body()).isEqualTo(prometheus);
    assertThat(get("/stats?format=nope").statusCode()).isEqualTo(400);
    assertThat(get("/stats?filter=%5B").body()).isEqualTo("Invalid re2 regex: missing ]: [");
  }

  @Test
  void levels_are_listed_and_changed_by_envoys_names() throws Exception {
    assertThat(send("POST", "/logging").body())
        .startsWith("active loggers:\n  admin: info\n  config: info\n");

    assertThat(send("POST", "/logging?paths=upstream:debug,admin:trace").body())
        .contains("  admin: trace\n")
        .contains("  upstream: debug\n")
        .contains("  main: info\n");
    assertThat(levels)
        .containsOnly(
            Map.entry("io.bifocal.dataplane.cluster", "debug"),
            Map.entry("io.bifocal.dataplane.admin", "trace"));

    assertThat(send("POST", "/logging?level=error").body())
        .doesNotContain("debug")
        .doesNotContain("info");
    assertThat(send("POST", "/logging?level=nope").body())
        .startsWith("error: unknown logger level\n\nusage: /logging?<name>=<level>");
    assertThat(send("POST", "/logging?foo=debug").body())
        .startsWith("error: unknown logger name\n");
    assertThat(send("POST", "/logging?level=debug&admin=info").statusCode()).isEqualTo(400);
  }

  private void configuration() {
    proxy.sections.add(
        BootstrapConfigDump.newBuilder()
            .setBootstrap(
                Bootstrap.newBuilder().setNode(Node.newBuilder().setId("n1").setCluster("c1")))
            .build());
    ClustersConfigDump.Builder clusters = ClustersConfigDump.newBuilder().setVersionInfo("7");
    for (String name : List.of("a", "b")) {
      clusters.addStaticClusters(
          ClustersConfigDump.StaticCluster.newBuilder()
              .setCluster(
                  Any.pack(
                      Cluster.newBuilder()
                          .setName(name)
                          .setType(Cluster.DiscoveryType.STATIC)
                          .build())));
    }
    proxy.sections.add(clusters.build());
    proxy.sections.add(
        EndpointsConfigDump.newBuilder()
            .addDynamicEndpointConfigs(
                EndpointsConfigDump.DynamicEndpointConfig.newBuilder()
                    .setEndpointConfig(
                        Any.pack(ClusterLoadAssignment.newBuilder().setClusterName("a").build())))
            .build());
  }

  private static Any key(String name, String key) {
    return Any.pack(
        Secret.newBuilder()
            .setName(name)
            .setTlsCertificate(
                TlsCertificate.newBuilder()
                    .setPrivateKey(DataSource.newBuilder().setInlineString(key)))
            .build());
  }

  @Test
  void what_was_refused_is_redacted_and_can_be_cut_like_the_rest() throws Exception {
    SecretsConfigDump.Builder secrets = SecretsConfigDump.newBuilder();
    secrets.addDynamicActiveSecretsBuilder().setName("good").setSecret(key("good", "KEY1"));
    secrets
        .addDynamicActiveSecretsBuilder()
        .setName("renewed")
        .setSecret(key("renewed", "KEY2"))
        .setErrorState(
            UpdateFailureState.newBuilder()
                .setDetails("bad")
                .setFailedConfiguration(key("renewed", "KEY3")));
    proxy.sections.add(secrets.build());

    assertThat(get("/config_dump").body()).contains("[redacted]").doesNotContain("KEY");
    assertThat(
            get("/config_dump?resource=dynamic_active_secrets&mask=error_state.failed_configuration")
                .body())
        .contains("\"renewed\"", "[redacted]")
        .doesNotContain("KEY");
    assertThat(
            get("/config_dump?resource=dynamic_active_secrets&name_regex=ren.*"
                    + "&mask=name,error_state.failed_configuration.name")
                .body())
        .isEqualTo(
            """
            {
             "configs": [
              {
               "@type": "type.googleapis.com/envoy.admin.v3.SecretsConfigDump.DynamicSecret",
               "name": "renewed",
               "error_state": {
                "failed_configuration": {
                 "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
                 "name": "renewed"
                }
               }
              }
             ]
            }
            """);
    assertThat(
            get("/config_dump?resource=dynamic_active_secrets"
                    + "&mask=name,error_state.failed_configuration.name")
                .body())
        .as("not every element has an error")
        .contains("\"good\"", "\"renewed\"");
  }

  @Test
  void aNameChoosesScopesWithinTheirSets() throws Exception {
    ScopedRoutesConfigDump.Builder scopes = ScopedRoutesConfigDump.newBuilder();
    scopes
        .addDynamicScopedRouteConfigsBuilder()
        .setName("set")
        .addScopedRouteConfigs(
            Any.pack(ScopedRouteConfiguration.newBuilder().setName("one").build()))
        .addScopedRouteConfigs(
            Any.pack(ScopedRouteConfiguration.newBuilder().setName("two").build()));
    proxy.sections.add(scopes.build());
    assertThat(get("/config_dump?resource=dynamic_scoped_route_configs&name_regex=one").body())
        .contains("\"set\"", "\"one\"")
        .doesNotContain("two");
    assertThat(get("/config_dump?resource=dynamic_scoped_route_configs&name_regex=set").body())
        .contains("\"set\"")
        .doesNotContain("one");
  }

  @Test
  void a_resource_can_be_cut_out_of_the_dump() throws Exception {
    configuration();

    assertThat(get("/config_dump?resource=static_clusters&mask=cluster.name").body())
        .isEqualTo(
            """
            {
             "configs": [
              {
               "@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump.StaticCluster",
               "cluster": {
                "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
                "name": "a"
               }
              },
              {
               "@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump.StaticCluster",
               "cluster": {
                "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
                "name": "b"
               }
              }
             ]
            }
            """);
    assertThat(get("/config_dump?mask=bootstrap.node.id").body())
        .isEqualTo(
            """
            {
             "configs": [
              {
               "@type": "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump",
               "bootstrap": {
                "node": {
                 "id": "n1"
                }
               }
              }
             ]
            }
            """);
    assertThat(get("/config_dump?resource=static_clusters&name_regex=b").body())
        .contains("\"name\": \"b\"")
        .doesNotContain("\"name\": \"a\"");
    assertThat(get("/config_dump?resource=static_clusters&name_regex=nope").body())
        .isEqualTo("{}\n");
    assertThat(get("/config_dump?name_regex=a").body())
        .contains("BootstrapConfigDump", "\"name\": \"a\"")
        .doesNotContain("\"name\": \"b\"");
  }

  @Test
  void endpoints_are_dumped_when_asked_for() throws Exception {
    configuration();

    assertThat(get("/config_dump").body()).doesNotContain("EndpointsConfigDump");
    assertThat(get("/config_dump?include_eds").body()).contains("EndpointsConfigDump");
    assertThat(get("/config_dump?resource=dynamic_endpoint_configs&include_eds").body())
        .contains("\"cluster_name\": \"a\"");
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "?resource=nope|404|nope not found in config dump",
        "?resource=dynamic_endpoint_configs|404|dynamic_endpoint_configs not found in config dump",
        "?resource=bootstrap|400|bootstrap is not a repeated field. Use ?mask=bootstrap to get"
            + " only this field",
        "?mask=nope|400|FieldMask nope could not be successfully applied to any configs.",
        "?mask=static_clusters.cluster.name|400|FieldMask static_clusters.cluster.name could not be"
            + " successfully applied to any configs.",
        "?resource=static_clusters&mask=cluster.nope|400|FieldMask paths: \"cluster.nope\";"
            + " could not be successfully used.",
        "?name_regex=%5B|400|INVALID_ARGUMENT: Error while parsing name_regex from [: missing ]: [",
      },
      delimiter = '|',
      quoteCharacter = '\u0002')
  void a_question_that_cannot_be_answered_is_refused_in_envoys_words(
      String query, int status, String text) throws Exception {
    configuration();

    HttpResponse<String> answer = get("/config_dump" + query);

    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.body()).isEqualTo(text.replace(';', '\n'));
  }

  @Test
  void ten_megabytes_arrive_whole() throws Exception {
    String text = "é€😀x".repeat(1 << 20);
    proxy.sections.add(
        BootstrapConfigDump.newBuilder()
            .setBootstrap(Bootstrap.newBuilder().setNode(Node.newBuilder().setId(text)))
            .build());

    assertThat(get("/config_dump").body().contains("\"id\": \"" + text + "\"")).isTrue();
  }

  @Test
  void a_client_that_reads_slowly_keeps_nobody_waiting() throws Exception {
    proxy.sections.add(
        BootstrapConfigDump.newBuilder()
            .setBootstrap(
                Bootstrap.newBuilder().setNode(Node.newBuilder().setId("x".repeat(20 << 20))))
            .build());
    try (Socket slow = new Socket(InetAddress.getLoopbackAddress(), port())) {
      slow.getOutputStream().write("GET /config_dump HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(UTF_8));
      assertThat(slow.getInputStream().read()).isEqualTo('H');

      // Others are served meanwhile.
      assertThat(get("/ready").statusCode()).isEqualTo(200);
    }
  }

  private String raw(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(request.getBytes(UTF_8));
      InputStream in = socket.getInputStream();
      return new String(in.readAllBytes(), UTF_8);
    }
  }

  @Test
  void head_is_get_without_a_body() throws IOException {
    assertThat(raw("HEAD /stats HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 200 OK\r\n")
        .contains("transfer-encoding: chunked\r\n")
        .endsWith("\r\n\r\n");
  }

  @Test
  void old_clients_get_a_body_that_ends_with_the_connection() throws IOException {
    assertThat(raw("GET /ready HTTP/1.0\r\n\r\n"))
        .doesNotContain("chunked")
        .endsWith("\r\n\r\nLIVE\n");
  }

  @Test
  void requests_on_one_connection_are_answered_in_order() throws IOException {
    String three =
        """
        GET /ready HTTP/1.1
        Host: x

        POST /healthcheck/ok HTTP/1.1
        Host: x
        Content-Length: 2

        xxGET /hot_restart_version HTTP/1.1
        Host: x
        Connection: close

        """;

    assertThat(raw(three.replace("\n", "\r\n"))).containsSubsequence("LIVE\n", "OK\n", "disabled");
  }

  @Test
  void nonsense_and_what_is_too_large_is_refused() throws IOException {
    assertThat(raw("GARBAGE\r\n\r\n")).startsWith("HTTP/1.1 400 Bad Request\r\n");
    String large =
        """
        POST /healthcheck/ok HTTP/1.1
        Host: x
        Connection: close
        Content-Length: 2000000

        """;
    assertThat(raw(large.replace("\n", "\r\n"))).startsWith("HTTP/1.1 413 ");
    assertThat(proxy.orders).isEmpty();
  }

  @Test
  void connections_beyond_the_limit_are_closed_and_counted() throws Exception {
    List<Socket> held = new ArrayList<>();
    try {
      for (int i = 0; i < 256; i++) {
        held.add(new Socket(InetAddress.getLoopbackAddress(), port()));
      }
      var active = proxy.stats.root().gauge("listener.admin.downstream_cx_active");
      await().until(() -> active.value() == 256);

      try (Socket one = new Socket(InetAddress.getLoopbackAddress(), port())) {
        one.setSoTimeout(20_000);
        assertThat(one.getInputStream().read()).isEqualTo(-1);
      }
      var overflow = proxy.stats.root().counter("listener.admin.downstream_cx_overflow");
      await().until(() -> overflow.value() == 1);

      held.remove(0).close();
      await().until(() -> active.value() == 255);
      assertThat(get("/ready").statusCode()).isEqualTo(200);
    } finally {
      for (Socket socket : held) {
        socket.close();
      }
    }
  }

  @Test
  void an_address_in_use_is_refused() {
    assertThatThrownBy(() -> AdminServer.start(admin.address(), proxy))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("cannot bind")
        .hasMessageContaining(":" + port());
  }

  @Test
  void a_closed_server_lets_go_of_its_address() throws ConfigException {
    InetSocketAddress address = (InetSocketAddress) admin.address();
    admin.close();

    admin = AdminServer.start(address, proxy);
    assertThat(admin.address()).isEqualTo(address);
  }
}
