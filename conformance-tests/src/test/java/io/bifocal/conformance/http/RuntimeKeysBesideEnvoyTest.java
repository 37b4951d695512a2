package io.bifocal.conformance.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Backend;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.SideBySide;
import io.bifocal.conformance.Sides;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The keys of the runtime that Envoy's router, connection manager and clusters read. */
class RuntimeKeysBesideEnvoyTest {
  private static final String MANAGER =
      "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
  private static final String ROUTER =
      "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";

  @RegisterExtension static final Sides<Side> SIDES = new Sides<>(Side::new);

  /** One proxy, before hosts that answer with their names and one that says 503. */
  private static final class Side {
    private final Proxy proxy;

    Side(Subject subject, Started started) {
      Map<String, Integer> ports = new TreeMap<>();
      for (String name : List.of("a", "b", "c")) {
        ports.put(name, started.keep(Backend.start("127.0.0.1", name)).address().getPort());
      }
      HearingUpstream busy =
          started.keep(
              new HearingUpstream(request -> "HTTP/1.1 503 Busy\r\ncontent-length: 4\r\n\r\nbusy"));
      ports.put("busy", busy.address().getPort());
      HearingUpstream wordy =
          started.keep(
              new HearingUpstream(
                  request ->
                      "HTTP/1.1 200 OK\r\n"
                          + IntStream.range(0, 9)
                              .mapToObj(i -> "x-%d: %d\r\n".formatted(i, i))
                              .collect(Collectors.joining())
                          + "content-length: 2\r\n\r\nok"));
      ports.put("wordy", wordy.address().getPort());
      proxy =
          started.start(subject, List.of(), bootstrap(ports), List.of("-l", "error")).awaitLive();
    }

    private static String bootstrap(Map<String, Integer> ports) {
      return """
          node: {id: node, cluster: cluster, locality: {zone: here}}
          admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
          cluster_manager: {local_cluster_name: proxies}
          layered_runtime:
            layers:
            - name: fixed
              static_layer:
                upstream: {healthy_panic_threshold: 10, zone_routing: {min_cluster_size: 2}}
                http_connection_manager: {normalize_path: 100, path_with_escaped_slashes_action: 2}
                envoy.reloadable_features.max_request_headers_count: 8
                envoy.reloadable_features.max_request_headers_size_kb: 1
                envoy.reloadable_features.max_response_headers_count: 8
            - {name: operator, admin_layer: {}}
          static_resources:
            listeners:
            - name: ingress
              address: {socket_address: {address: 127.0.0.1, port_value: 0}}
              filter_chains: [{filters: [{name: http, typed_config: {"@type": %s, stat_prefix: ingress,
                route_config: {virtual_hosts: [{name: all, domains: ["*"], routes: [
                  {match: {prefix: /busy}, route: {cluster: busy, retry_policy: {retry_on: 5xx, num_retries: 2}}},
                  {match: {prefix: /panic}, route: {cluster: panic}},
                  {match: {prefix: /zones}, route: {cluster: zones}},
                  {match: {prefix: /wordy}, route: {cluster: wordy}},
                  {match: {prefix: /urgent}, route: {cluster: one, priority: HIGH}},
                  {match: {prefix: /}, route: {cluster: one}}]}]},
                http_filters: [{name: router, typed_config: {"@type": %s}}]}}]}]
            clusters:
            - %s
            - %s
            - %s
            - %s
            - %s
            - %s
          """
          .formatted(
              MANAGER,
              ROUTER,
              cluster("one", "", host("a", ports)),
              cluster("busy", "", host("busy", ports)),
              cluster("wordy", "", host("wordy", ports)),
              cluster(
                  "panic",
                  "",
                  host("a", ports)
                      + ", health_status: UNHEALTHY}, {"
                      + host("b", ports)
                      + ", health_status: UNHEALTHY}, {"
                      + host("c", ports)),
              cluster("zones", "here", host("a", ports))
                  .replace(
                      "]}}",
                      ", {locality: {zone: there}, lb_endpoints: [{" + host("b", ports) + "}]}]}}"),
              cluster("proxies", "here", host("a", ports))
                  .replace(
                      "]}}",
                      ", {locality: {zone: there}, lb_endpoints: [{"
                          + host("b", ports)
                          + "}]}]}}"));
    }

    private static String cluster(String name, String zone, String hosts) {
      return "{name: %1$s, type: STATIC, load_assignment: {cluster_name: %1$s, endpoints: [{%2$slb_endpoints: [{%3$s}]}]}}"
          .formatted(name, zone.isEmpty() ? "" : "locality: {zone: " + zone + "}, ", hosts);
    }

    private static String host(String name, Map<String, Integer> ports) {
      return "endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}"
          .formatted(ports.get(name));
    }

    void set(String key, String value) {
      Http.Response answer =
          Http.post(proxy.adminAddress(), "/runtime_modify?" + key + "=" + value);
      assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    }

    String get(String path) {
      return get(path, Map.of());
    }

    String get(String path, Map<String, String> headers) {
      Http.Response answer = Http.request(proxy.listener("ingress"), "GET", path, headers, "");
      return answer.status()
          + " "
          + answer.body()
          + (answer.head().contains("x-envoy-overloaded") ? " overloaded" : "");
    }

    /** The answers to some requests, each once and in the order of the alphabet. */
    String several(String path) {
      return IntStream.range(0, 12)
          .mapToObj(i -> get(path))
          .distinct()
          .sorted()
          .collect(Collectors.joining(", "));
    }

    String stats(String pattern) {
      Map<String, String> stats = new TreeMap<>(proxy.stats());
      Pattern wanted = Pattern.compile(pattern);
      stats.keySet().removeIf(name -> !wanted.matcher(name).matches());
      return stats.toString();
    }

    List<String> limits(String cluster) {
      return proxy
          .admin("/clusters")
          .body()
          .lines()
          .filter(line -> line.matches(cluster + "::(default|high)_priority::.*"))
          .toList();
    }
  }

  private void same(List<String> seen, SideBySide.Both<List<String>> both) {
    assertThat(both.bifocal()).isEqualTo(both.envoy());
    assertThat(both.envoy()).containsAll(seen);
  }

  @Test
  void limitsMove() {
    String mine = "circuit_breakers.one.default.";
    same(
        List.of(
            "max_requests 0: 503 upstream connect error or disconnect/reset before headers. reset reason: overflow overloaded"),
        SIDES.ask(
            side -> {
              List<String> seen = new ArrayList<>();
              for (String limit :
                  List.of("max_requests", "max_pending_requests", "max_connections")) {
                for (String value : List.of("0", "2000000000", "x")) {
                  side.set(mine + limit, value);
                  seen.add(limit + " " + value + ": " + side.get("/"));
                  seen.add("urgent: " + side.get("/urgent"));
                  seen.addAll(side.limits("one"));
                  seen.add(side.stats("cluster\\.one\\.upstream_rq_(active|pending)_overflow"));
                }
                side.set(mine + limit, "");
                seen.add(side.get("/"));
              }
              seen.addAll(side.limits("one"));
              return seen;
            }));
  }

  @Test
  void retriesMove() {
    String counted = "cluster\\.busy\\.upstream_rq_(retry.*|total)";
    same(
        List.of(),
        SIDES.ask(
            side -> {
              List<String> seen = new ArrayList<>();
              for (String change :
                  List.of(
                      "upstream.base_retry_backoff_ms=1",
                      "upstream.use_retry=0",
                      "upstream.use_retry=100",
                      "circuit_breakers.busy.default.max_retries=0",
                      "circuit_breakers.busy.default.retry_budget.min_retry_concurrency=2",
                      "circuit_breakers.busy.default.retry_budget.min_retry_concurrency=0",
                      "circuit_breakers.busy.default.retry_budget.budget_percent=100.5",
                      "circuit_breakers.busy.default.retry_budget.min_retry_concurrency=",
                      "circuit_breakers.busy.default.retry_budget.budget_percent=",
                      "circuit_breakers.busy.default.max_retries=")) {
                side.set(
                    change.substring(0, change.indexOf('=')),
                    change.substring(change.indexOf('=') + 1));
                seen.add(change + ": " + side.get("/busy") + " " + side.stats(counted));
                seen.addAll(side.limits("busy"));
              }
              return seen;
            }));
  }

  @Test
  void hostsAreChosenByTheRuntime() {
    same(
        List.of("panic: 200 c", "zones: 200 a"),
        SIDES.ask(
            side -> {
              List<String> seen = new ArrayList<>();
              seen.add("panic: " + side.several("/panic"));
              side.set("upstream.healthy_panic_threshold", "90");
              seen.add("not before hosts change: " + side.several("/panic"));
              side.set("upstream.healthy_panic_threshold", "");
              seen.add("zones: " + side.several("/zones"));
              side.set("upstream.zone_routing.enabled", "0");
              seen.add("not by zone: " + side.several("/zones"));
              side.set("upstream.zone_routing.enabled", "");
              seen.add("zones: " + side.several("/zones"));
              return seen;
            }));
  }

  @Test
  void theManagerTakesWhatHeldWhenItWasConfigured() {
    Map<String, String> nine = new TreeMap<>();
    IntStream.range(0, 9).forEach(i -> nine.put("x-" + i, "1"));
    same(
        List.of(),
        SIDES.ask(
            side -> {
              List<String> seen = new ArrayList<>();
              seen.add(side.get("/a/../panic"));
              seen.add(side.get("/a%2fb"));
              seen.add(side.get("/", nine));
              seen.add(side.get("/", Map.of("x", "y".repeat(1100))));
              seen.add(side.get("/wordy"));
              side.set("http_connection_manager.normalize_path", "0");
              side.set("http_connection_manager.path_with_escaped_slashes_action", "0");
              seen.add(side.get("/a/../panic"));
              seen.add(side.get("/a%2fb"));
              side.set("http_connection_manager.path_with_escaped_slashes_action_enabled", "0");
              seen.add(side.get("/a%2fb"));
              return seen;
            }));
  }
}
