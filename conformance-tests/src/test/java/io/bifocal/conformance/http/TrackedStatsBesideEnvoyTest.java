package io.bifocal.conformance.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Http;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.SideBySide;
import io.bifocal.conformance.Sides;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The histograms that a cluster has when it is asked for them, and those of zones. */
class TrackedStatsBesideEnvoyTest {
  private static final Pattern SIZES =
      Pattern.compile("envoy_cluster_upstream_r[qs]_(headers_size|headers_count|body_size)_.*");
  private static final Pattern TIMES =
      Pattern.compile("envoy_cluster_(zone_\\w+_)?upstream_rq_(time|timeout_budget_\\w+)_count.*");

  // How many wait at a host is not told here.
  private static final Pattern ENDPOINTS =
      Pattern.compile("envoy_cluster_endpoint_(?!rq_pending_active|cx_active).*");

  private static final CountDownLatch NEVER = new CountDownLatch(1);

  @RegisterExtension static final Sides<Side> SIDES = new Sides<>(Side::new);

  @AfterAll
  static void letGo() {
    NEVER.countDown();
  }

  private static String answer(HearingUpstream.Heard heard) {
    if (heard.path().contains("slow")) {
      try {
        NEVER.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    return heard.path().contains("busy")
        ? "HTTP/1.1 503 Busy\r\ncontent-length: 4\r\n\r\nbusy"
        : HearingUpstream.ok(heard);
  }

  /** One proxy in the zone {@code here}, before a host in the zone {@code there}. */
  private static final class Side {
    private final Proxy proxy;

    Side(Subject subject, Started started) {
      HearingUpstream upstream =
          started.keep(new HearingUpstream(TrackedStatsBesideEnvoyTest::answer));
      proxy =
          started
              .start(
                  subject,
                  List.of(),
                  bootstrap(upstream.address().getPort()),
                  List.of("-l", "error"))
              .awaitLive();
    }

    private static String bootstrap(int port) {
      return """
          node: {id: node, cluster: cluster, locality: {zone: here}}
          stats_flush_interval: 0.1s
          admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
          static_resources:
            listeners:
            - name: ingress
              address: {socket_address: {address: 127.0.0.1, port_value: 0}}
              filter_chains: [{filters: [{name: http, typed_config: {
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: ingress,
                route_config: {virtual_hosts: [{name: all, domains: ["*"], routes: [
                  {match: {prefix: /plain}, route: {cluster: plain}},
                  {match: {prefix: /older}, route: {cluster: older}},
                  {match: {prefix: /retried/slow}, route: {cluster: tracked, timeout: 15s, retry_policy: {retry_on: 5xx, num_retries: 1, per_try_timeout: 0.1s}}},
                  {match: {prefix: /retried}, route: {cluster: tracked, timeout: 15s, retry_policy: {retry_on: 5xx, num_retries: 1, per_try_timeout: 14s}}},
                  {match: {prefix: /slow}, route: {cluster: tracked, timeout: 0.3s}},
                  {match: {prefix: /}, route: {cluster: tracked, timeout: 15s}}]}]},
                http_filters: [{name: router, typed_config: {
                  "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}]}}]}]
            clusters:
            - %s
            - %s
            - %s
          """
          .formatted(
              cluster(
                  "tracked",
                  "track_cluster_stats: {timeout_budgets: true, request_response_sizes: true, per_endpoint_stats: true},",
                  port),
              cluster("older", "track_timeout_budgets: true,", port),
              cluster("plain", "", port));
    }

    private static String cluster(String name, String more, int port) {
      return "{name: %1$s, type: STATIC, %2$s load_assignment: {cluster_name: %1$s, endpoints: [{locality: {zone: there}, lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %3$d}}}}]}]}}"
          .formatted(name, more, port);
    }

    Map<String, String> prometheus(Pattern wanted) {
      Map<String, String> values = new TreeMap<>();
      proxy
          .admin("/stats/prometheus")
          .body()
          .lines()
          .filter(line -> wanted.matcher(line).matches() && !line.contains("_sum{"))
          .forEach(
              line ->
                  values.put(
                      line.substring(0, line.lastIndexOf(' ')),
                      line.substring(line.lastIndexOf(' ') + 1)));
      return values;
    }

    void ask(String path, String body) {
      Http.request(proxy.listener("ingress"), "POST", path, Map.of(), body);
    }
  }

  private static Map<String, String> seen(Side side) {
    side.ask("/", "hello".repeat(100));
    side.ask("/", "");
    side.ask("/busy", "a");
    side.ask("/slow", "abc");
    side.ask("/retried/slow", "abc");
    side.ask("/retried/busy", "abcd");
    side.ask("/retried", "abcd");
    side.ask("/plain", "");
    side.ask("/older", "");
    // Envoy shows what was recorded when it has flushed it.
    await("seven requests")
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                side.prometheus(
                        Pattern.compile(
                            "envoy_cluster_upstream_rq_timeout_budget_percent_used_count.*"))
                    .values()
                    .toString()
                    .equals("[1, 7]"));
    Map<String, String> all = new TreeMap<>(side.prometheus(SIZES));
    all.putAll(side.prometheus(TIMES));
    side.prometheus(ENDPOINTS)
        .forEach((name, value) -> all.put(ordered(name.replaceAll(":\\d+", ":port")), value));
    return all;
  }

  // Labels have no order.
  private static String ordered(String name) {
    int labels = name.indexOf('{');
    return name.substring(0, labels)
        + Stream.of(name.substring(labels + 1, name.length() - 1).split(","))
            .sorted()
            .collect(Collectors.toList());
  }

  @Test
  void sizesBudgetsAndZonesAreRecordedAsByEnvoy() {
    SideBySide.Both<Map<String, String>> all = SIDES.ask(TrackedStatsBesideEnvoyTest::seen);
    assertThat(all.bifocal()).isEqualTo(all.envoy());
    assertThat(all.envoy().keySet())
        .anyMatch(name -> name.contains("rs_body_size"))
        .anyMatch(name -> name.contains("zone"))
        .anyMatch(name -> name.contains("endpoint_healthy"));
  }
}
