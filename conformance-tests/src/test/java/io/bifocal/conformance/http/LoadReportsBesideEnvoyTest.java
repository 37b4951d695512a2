package io.bifocal.conformance.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.github.xds.data.orca.v3.OrcaLoadReport;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.SideBySide;
import io.bifocal.conformance.Sides;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Two hosts that say how busy they are, in each way in which that can be said: the shares of the
 * requests that Bifocal and Envoy give them.
 */
class LoadReportsBesideEnvoyTest {
  private static final int REQUESTS = 40;
  private static final String POLICIES =
      "\"@type\": type.googleapis.com/envoy.extensions.load_balancing_policies.";

  /**
   * A cluster of hosts a and b.
   *
   * @param policy further fields of the policy
   * @param header that reports
   */
  private record Case(
      String name, String policy, boolean byLocality, String header, String a, String b) {
    static Case of(String name, String policy, String a, String b) {
      return new Case(name, policy, false, "endpoint-load-metrics", a, b);
    }

    String balancing() {
      String reports =
          "{typed_extension_config: {name: reports, typed_config: {%sclient_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin, blackout_period: 0s, weight_update_period: 0.1s%s}}}"
              .formatted(POLICIES, policy.isEmpty() ? "" : ", " + policy);
      return byLocality
          ? "{typed_extension_config: {name: locality, typed_config: {%swrr_locality.v3.WrrLocality, endpoint_picking_policy: {policies: [%s]}}}}"
              .formatted(POLICIES, reports)
          : reports;
    }

    String cluster(int portOfA, int portOfB) {
      String locality =
          "{locality: {region: %s}, load_balancing_weight: %d, lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}]}";
      return "- {name: %1$s, type: STATIC, load_balancing_policy: {policies: [%2$s]}, load_assignment: {cluster_name: %1$s, endpoints: [%3$s, %4$s]}}"
          .formatted(
              name,
              balancing(),
              locality.formatted("a", 1, portOfA),
              locality.formatted("b", 4, portOfB));
    }

    String route() {
      return "{match: {prefix: /%1$s}, route: {cluster: %1$s}}".formatted(name);
    }
  }

  private static String text(String utilization) {
    return "TEXT rps_fractional=100, " + utilization;
  }

  private static String binary(double utilization) {
    return Base64.getEncoder()
        .encodeToString(
            OrcaLoadReport.newBuilder()
                .setRpsFractional(100)
                .setCpuUtilization(utilization)
                .build()
                .toByteArray());
  }

  private static final String JSON =
      "JSON {\"rps_fractional\": 100, \"application_utilization\": %s}";

  private static final List<Case> CASES =
      List.of(
          Case.of("text", "", text("application_utilization=0.2"), text("cpu_utilization=0.6")),
          Case.of(
              "colons",
              "",
              "TEXT rps_fractional:100,cpu_utilization:0.2",
              "TEXT rps_fractional:100,cpu_utilization:0.6"),
          Case.of("json", "", JSON.formatted("0.2"), JSON.formatted("0.6")),
          Case.of(
              "more-json",
              "",
              JSON.formatted("0.2, \"newer\": 1"),
              JSON.formatted("0.6, \"newer\": 1")),
          Case.of("binary", "", "BIN " + binary(0.2), "BIN " + binary(0.6)),
          new Case("header", "", false, "endpoint-load-metrics-bin", binary(0.2), binary(0.6)),
          Case.of(
              "unknown",
              "",
              text("cpu_utilization=0.2,colour=1"),
              text("cpu_utilization=0.6,colour=1")),
          Case.of(
              "twice",
              "",
              text("cpu_utilization=0.2,cpu_utilization=0.2"),
              text("cpu_utilization=0.6,cpu_utilization=0.6")),
          Case.of(
              "no-format",
              "",
              "rps_fractional=100,cpu_utilization=0.2",
              "rps_fractional=100,cpu_utilization=0.6"),
          Case.of(
              "named",
              "metric_names_for_computing_utilization: [named_metrics.foo]",
              text("application_utilization=0.2,named_metrics.foo=0.6"),
              text("application_utilization=0.6,named_metrics.foo=0.2")),
          Case.of("errors", "", text("cpu_utilization=0.2,eps=60"), text("cpu_utilization=0.2")),
          Case.of(
              "errors-count",
              "error_utilization_penalty: 1",
              text("cpu_utilization=0.2,eps=40"),
              text("cpu_utilization=0.2")),
          Case.of("one-is-silent", "", text("cpu_utilization=0.2"), ""),
          new Case(
              "by-locality",
              "",
              true,
              "endpoint-load-metrics",
              text("cpu_utilization=0.2"),
              text("cpu_utilization=0.6")));

  /** One proxy. */
  private record Side(Proxy proxy, InetSocketAddress ingress) {
    /** How many of some requests the first host gets, by case. */
    Map<String, Integer> ofA() {
      Map<String, Integer> shares = new TreeMap<>();
      for (Case each : CASES) {
        int count = 0;
        for (int i = 0; i < REQUESTS; i++) {
          count += Http.get(ingress, "/" + each.name).body().equals("a") ? 1 : 0;
        }
        shares.put(each.name, count);
      }
      return shares;
    }
  }

  @RegisterExtension
  static final Sides<Side> SIDES =
      new Sides<>(
          (subject, started) -> {
            HearingUpstream a = started.keep(new HearingUpstream(request -> answer("a", request)));
            HearingUpstream b = started.keep(new HearingUpstream(request -> answer("b", request)));
            Proxy proxy =
                started
                    .start(subject, List.of(), bootstrap(a.address(), b.address()), List.of())
                    .awaitLive();
            return new Side(proxy, proxy.listener("ingress"));
          });

  private static String answer(String host, HearingUpstream.Heard request) {
    Case of =
        CASES.stream()
            .filter(each -> request.path().equals("/" + each.name))
            .findFirst()
            .orElseThrow();
    String report = host.equals("a") ? of.a : of.b;
    return "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n"
        + (report.isEmpty() ? "" : of.header + ": " + report + "\r\n")
        + "\r\n"
        + host;
  }

  private static String bootstrap(InetSocketAddress a, InetSocketAddress b) {
    return """
        admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
        static_resources:
          listeners:
          - name: ingress
            address: {socket_address: {address: 127.0.0.1, port_value: 0}}
            filter_chains:
            - filters:
              - name: hcm
                typed_config: {
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager,
                  stat_prefix: ingress,
                  route_config: {virtual_hosts: [{name: all, domains: ["*"], routes: [%s]}]},
                  http_filters: [{name: router, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}]}
          clusters:
          %s
        """
        .formatted(
            CASES.stream()
                .sorted((x, y) -> y.name.length() - x.name.length())
                .map(Case::route)
                .collect(Collectors.joining(", ")),
            CASES.stream()
                .map(each -> each.cluster(a.getPort(), b.getPort()))
                .collect(Collectors.joining("\n  ")));
  }

  @Test
  void hostsHaveTheSameShares() {
    // Each of a side's workers begins somewhere else.
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () -> {
              SideBySide.Both<Map<String, Integer>> seen = SIDES.ask(Side::ofA);
              assertThat(seen.envoy().get("text")).isCloseTo(30, within(3));
              seen.envoy()
                  .forEach(
                      (name, share) ->
                          assertThat(seen.bifocal().get(name))
                              .as(name)
                              .isCloseTo(share, within(4)));
            });
  }
}
