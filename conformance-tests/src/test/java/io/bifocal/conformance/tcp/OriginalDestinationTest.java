package io.bifocal.conformance.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Peers;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Connections that the kernel redirects to one port, as in a sidecar: the proxy asks whom they were
 * meant for, and hands them to the listener at that address. Needs root; it all happens in a
 * network namespace of its own.
 */
class OriginalDestinationTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Their group, by which their connections are told from those that the proxy makes. */
  private static final int CLIENTS = 4242;

  private static final String TYPES = "type.googleapis.com/envoy.extensions.";
  private static final String FILTERS =
      "listener_filters: [{name: dst, typed_config: {\"@type\": %sfilters.listener.original_dst.v3.OriginalDst}}]"
          .formatted(TYPES);

  @RegisterExtension final Stage stage = new Stage();

  private final String namespace = "redirected-" + ProcessHandle.current().pid();

  @BeforeEach
  void makeNamespace() throws Exception {
    String ip = Peers.require("ip").toString();
    Path nft = Peers.require("nft");
    if (run(List.of(ip, "netns", "add", namespace)).status != 0) {
      Peers.missing("a network namespace cannot be made: run as root");
    }
    inside("ip", "link", "set", "lo", "up");
    for (String net : List.of("10.9.9.1/24", "fd09::1/64", "fd09::7/128")) {
      inside("ip", "addr", "add", net, "dev", "lo");
    }
    inside(
        nft.toString(),
        """
        add table inet redirected;
        add chain inet redirected output { type nat hook output priority -100; };
        add rule inet redirected output tcp dport 80 redirect to :15001;
        add rule inet redirected output meta skgid %1$d tcp dport 81 redirect to :15002;
        add rule inet redirected output meta skgid %1$d tcp dport 82 redirect to :15003"""
            .formatted(CLIENTS));
  }

  @AfterEach
  void removeNamespace() throws Exception {
    run(List.of(Peers.require("ip").toString(), "netns", "del", namespace));
  }

  private record Result(int status, String output) {}

  private static Result run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), output);
  }

  private List<String> within(String... command) {
    List<String> all =
        new ArrayList<>(List.of(Peers.require("ip").toString(), "netns", "exec", namespace));
    all.addAll(List.of(command));
    return all;
  }

  private void inside(String... command) throws Exception {
    Result result = run(within(command));
    assertThat(result.status).as(result.output).isZero();
  }

  /** What a client hears that connects to an address. */
  private String visit(String ip, int port) throws Exception {
    return run(within("timeout", "5", "bash", "-c", "cat < /dev/tcp/" + ip + "/" + port)).output;
  }

  private static String listener(String name, String ip, int port, String options) {
    return """
          - name: %1$s
            address: {socket_address: {address: "%2$s", port_value: %3$d, ipv4_compat: %4$s}}
            %5$s
            filter_chains:
            - filters:
              - name: answer
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.direct_response.v3.Config
                  response: {inline_string: %1$s}
        """
        .formatted(name, ip, port, ip.equals("::"), options);
  }

  @ParameterizedTest
  @EnumSource
  void aRedirectedConnectionGoesToTheListenerThatItWasMeantFor(Subject subject) throws Exception {
    Path bootstrap =
        stage.write(
            "bootstrap.yaml",
            "static_resources:\n  listeners:\n"
                + listener("entrance", "::", 15001, "use_original_dst: true\n    " + FILTERS)
                + listener("four", "10.9.9.9", 80, "bind_to_port: false")
                + listener("six", "fd09::9", 80, "bind_to_port: false"));
    start(subject, bootstrap);

    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .until(() -> visit("127.0.0.1", 15001), "entrance"::equals);
    assertThat(visit("10.9.9.9", 80)).isEqualTo("four");
    assertThat(visit("10.9.9.8", 80)).isEqualTo("entrance");
    assertThat(visit("fd09::9", 80)).isEqualTo("six");
  }

  private void start(Subject subject, Path bootstrap) {
    List<String> command =
        within(
            subject
                .command(List.of("-c", bootstrap.toString(), "--concurrency", "1"))
                .toArray(String[]::new));
    stage.run(subject.toString(), command, Stage.QUICK_JVM);
  }

  /** What a client that is redirected hears after it has said something. */
  private String say(String ip, int port, String what) throws Exception {
    String talk =
        "exec 3<>/dev/tcp/%s/%d && printf '%s' >&3 && cat <&3 2>/dev/null"
            .formatted(ip, port, what);
    return run(within(
            "setpriv",
            "--regid",
            String.valueOf(CLIENTS),
            "--clear-groups",
            "timeout",
            "5",
            "bash",
            "-c",
            talk))
        .output;
  }

  private String get(String ip, int port, String path, String header) throws Exception {
    String line = header.isEmpty() ? "" : header + "\\r\\n";
    return say(
        ip,
        port,
        "GET " + path + " HTTP/1.1\\r\\nhost: a\\r\\nconnection: close\\r\\n" + line + "\\r\\n");
  }

  private static String passing(String name, int port, String filter) {
    return """
          - name: %s
            address: {socket_address: {address: "::", port_value: %d, ipv4_compat: true}}
            %s
            filter_chains: [{filters: [{name: f, typed_config: %s}]}]
        """
        .formatted(name, port, FILTERS, filter);
  }

  private static String http(String action) {
    return """
        {"@type": %1$sfilters.network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: s, \
        route_config: {virtual_hosts: [{name: v, domains: ["*"], routes: [{match: {prefix: /}, %2$s}]}]}, \
        http_filters: [{name: r, typed_config: {"@type": %1$sfilters.http.router.v3.Router}}]}"""
        .formatted(TYPES, action);
  }

  /** One who serves HTTP and says its name. */
  private static String origin(String name, String ip) {
    return """
          - name: %1$s
            address: {socket_address: {address: "%2$s", port_value: 82}}
            filter_chains: [{filters: [{name: f, typed_config: %3$s}]}]
        """
        .formatted(
            name,
            ip,
            http("direct_response: {status: 200, body: {inline_string: %s}}".formatted(name)));
  }

  private static String cluster(String name, String config) {
    return "  - {name: %s, type: ORIGINAL_DST, lb_policy: CLUSTER_PROVIDED, connect_timeout: 2s%s}\n"
        .formatted(name, config);
  }

  @ParameterizedTest
  @EnumSource
  void aRedirectedConnectionIsPassedOnToWhomItWasMeantFor(Subject subject) throws Exception {
    Path bootstrap =
        stage.write(
            "bootstrap.yaml",
            """
            admin: {address: {socket_address: {address: 127.0.0.1, port_value: 9901}}}
            static_resources:
              listeners:
            """
                + passing(
                    "tcp",
                    15002,
                    "{\"@type\": %sfilters.network.tcp_proxy.v3.TcpProxy, stat_prefix: s, cluster: wanted}"
                        .formatted(TYPES))
                + passing("http", 15003, http("route: {cluster: wanted_or_said}"))
                + listener("four", "10.9.9.7", 81, "")
                + listener("six", "fd09::7", 81, "")
                + origin("web-four", "10.9.9.7")
                + origin("web-other", "10.9.9.8")
                + origin("web-six", "fd09::7")
                + "  clusters:\n"
                + cluster("wanted", "")
                + cluster("wanted_or_said", ", original_dst_lb_config: {use_http_header: true}"));
    start(subject, bootstrap);

    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .until(() -> say("10.9.9.7", 81, "hi"), "four"::equals);
    assertThat(say("fd09::7", 81, "hi")).isEqualTo("six");
    assertThat(say("10.9.9.6", 81, "hi")).as("nobody listens there").isEmpty();
    assertThat(get("10.9.9.7", 82, "/", "")).startsWith("HTTP/1.1 200").endsWith("\nweb-four");
    assertThat(get("fd09::7", 82, "/", "")).endsWith("\nweb-six");
    assertThat(get("10.9.9.7", 82, "/", "x-envoy-original-dst-host: 10.9.9.8:82"))
        .endsWith("\nweb-other");
    assertThat(get("10.9.9.6", 82, "/", "")).startsWith("HTTP/1.1 503");
    assertThat(get("127.0.0.1", 9901, "/stats?filter=^cluster.wanted", "").replace("\r", ""))
        .contains(
            "cluster.wanted.membership_total: 3\n",
            "cluster.wanted.upstream_cx_connect_fail: 1\n",
            "cluster.wanted_or_said.membership_total: 4\n",
            "cluster.wanted_or_said.upstream_rq_200: 3\n");
  }
}
