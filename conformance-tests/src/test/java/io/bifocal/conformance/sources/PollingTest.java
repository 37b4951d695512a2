package io.bifocal.conformance.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import com.google.protobuf.util.JsonFormat;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.bifocal.conformance.Peers;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** One HTTP server says the same to Envoy and to Bifocal; their requests and counts are alike. */
class PollingTest {
  private static final List<Answer> SCRIPT =
      List.of(
          new Answer(503, "not yet"),
          new Answer(200, clusters("1", "{\"name\": \"a\", \"connect_timeout\": \"1s\"}")),
          new Answer(304, ""),
          new Answer(200, "no JSON"),
          new Answer(200, clusters("2", "{\"name\": \"\"}")),
          new Answer(200, clusters("2", "{\"name\": \"b\", \"nonsense\": 1}")),
          new Answer(404, ""),
          new Answer(200, clusters("3", "{\"name\": \"c\", \"type\": \"NO_SUCH\"}")),
          new Answer(200, clusters("4", "{\"name\": \"d\", \"connectTimeout\": \"2s\"}")));

  @RegisterExtension final Stage stage = new Stage();

  private record Answer(int status, String body) {}

  @BeforeEach
  void bothAreThere() {
    Peers.require("envoy");
  }

  private static String clusters(String version, String cluster) {
    return "{\"version_info\": \"%s\", \"resources\": [%s]}"
        .formatted(
            version,
            cluster.replaceFirst(
                "\\{", "{\"@type\": \"type.googleapis.com/envoy.config.cluster.v3.Cluster\", "));
  }

  /** A control plane that is polled: plays the script to whoever asks for clusters, then 304. */
  private static final class Polled implements AutoCloseable {
    private final HttpServer server;
    final List<String> requests = Collections.synchronizedList(new ArrayList<>());
    final List<String> others = Collections.synchronizedList(new ArrayList<>());

    Polled() {
      try {
        server =
            HttpServer.create(new InetSocketAddress(InetAddresses.forString("127.0.0.1"), 0), 0);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      server.createContext("/", this::answer);
      server.start();
    }

    int port() {
      return server.getAddress().getPort();
    }

    private void answer(HttpExchange exchange) throws IOException {
      String request = text(exchange);
      Answer answer = new Answer(304, "");
      if (exchange.getRequestURI().getPath().equals("/v3/discovery:clusters")) {
        answer = requests.size() < SCRIPT.size() ? SCRIPT.get(requests.size()) : answer;
        requests.add(request);
      } else {
        others.add(request);
        answer = new Answer(200, "{\"version_info\": \"1\"}");
      }
      byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    }

    private static String text(HttpExchange exchange) throws IOException {
      String json = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
      headers.putAll(exchange.getRequestHeaders());
      // The node, and so the length, differ: each says its own name and extensions.
      headers.remove("content-length");
      // Envoy tells an address of its machine; Bifocal keeps that to itself.
      headers.remove("x-forwarded-for");
      DiscoveryRequest.Builder request = DiscoveryRequest.newBuilder();
      JsonFormat.parser().ignoringUnknownFields().merge(json, request);
      Node node = request.getNode();
      request.setNode(Node.newBuilder().setId(node.getId()).setCluster(node.getCluster()));
      return exchange.getRequestMethod()
          + " "
          + exchange.getRequestURI()
          + " "
          + headers
          + (json.contains("\"type_url\"") ? " snake case " : " ")
          + request.toString().replaceAll("\\s+", " ");
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }

  private record Seen(List<String> requests, String other, List<String> counts) {}

  private Seen play(Subject subject) {
    Polled polled = stage.keep(new Polled());
    Proxy proxy = stage.start(subject, bootstrap(polled.port()));
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> polled.requests.size() > SCRIPT.size() && !polled.others.isEmpty());
    Map<String, String> stats = proxy.stats();
    List<String> counts = new ArrayList<>();
    for (String name :
        List.of("update_success", "update_failure", "update_rejected", "version_text")) {
      counts.add(name + " " + stats.get("cluster_manager.cds." + name));
    }
    counts.add("control plane " + stats.containsKey("control_plane.connected_state"));
    return new Seen(
        List.copyOf(polled.requests.subList(0, SCRIPT.size() + 1)), polled.others.get(0), counts);
  }

  private static String bootstrap(int port) {
    String source =
        "{api_config_source: {api_type: REST, cluster_names: [xds], refresh_delay: 0.05s}}";
    return """
        node: {id: poller, cluster: pollers}
        admin:
          address: {socket_address: {address: 127.0.0.1, port_value: 0}}
        dynamic_resources:
          cds_config: %s
          lds_config: %s
        static_resources:
          clusters:
          - name: xds
            type: STATIC
            connect_timeout: 1s
            load_assignment:
              cluster_name: xds
              endpoints:
              - lb_endpoints:
                - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}
        """
        .formatted(source, source, port);
  }

  @Test
  void requestsAndCountsAreAlike() {
    Seen envoy = play(Subject.ENVOY);
    Seen bifocal = play(Subject.BIFOCAL);
    assertThat(bifocal.requests()).containsExactlyElementsOf(envoy.requests());
    assertThat(bifocal.other()).isEqualTo(envoy.other());
    assertThat(bifocal.counts()).containsExactlyElementsOf(envoy.counts());
  }
}
