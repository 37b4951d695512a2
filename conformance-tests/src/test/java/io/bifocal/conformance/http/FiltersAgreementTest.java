package io.bifocal.conformance.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Http;
import io.bifocal.conformance.SideBySide;
import io.bifocal.conformance.Sides;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * CORS, faults, limits, health checks, access rules and mutations, each on paths of its own: the
 * same answers, the same requests upstream, the same lines in the log and the same counters as
 * Envoy's.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FiltersAgreementTest {
  private static final String FILTERS = "type.googleapis.com/envoy.extensions.filters.http.";

  /** What no two proxies can agree on: times, chance, and who answers. */
  private static final Set<String> OWN =
      Set.of("date", "server", "x-envoy-upstream-service-time", "connection", "keep-alive");

  private static final Set<String> OWN_UPSTREAM =
      Set.of("x-request-id", "x-envoy-expected-rq-timeout-ms", "x-forwarded-proto");

  private static final Pattern COUNTED =
      Pattern.compile(
          ".*http_local_rate_limit\\..*|http\\.ingress\\.(cors|fault|rbac|health_check)\\..*");

  private static String filter(String name, String type, String fields) {
    return "{name: %s, typed_config: {\"@type\": %s%s%s}},"
        .formatted(name, FILTERS, type, fields.isEmpty() ? "" : ", " + fields);
  }

  private static String route(String path, String filter, String type, String fields) {
    return "{match: {prefix: %s}, route: {cluster: upstream}, typed_per_filter_config: {%s: {\"@type\": %s%s, %s}}}"
        .formatted(path, filter, FILTERS, type, fields);
  }

  private static String fault(String path, String fields) {
    return route(path, "fault", "fault.v3.HTTPFault", fields);
  }

  private static String limit(String path, String fields) {
    return route(
        path,
        "limit",
        "local_ratelimit.v3.LocalRateLimit",
        "stat_prefix: %s, filter_enabled: {default_value: {numerator: 100}}, %s"
            .formatted(path.substring(1), fields));
  }

  private static String bucket(int tokens) {
    return "token_bucket: {max_tokens: %d, tokens_per_fill: 1, fill_interval: 1000s}"
        .formatted(tokens);
  }

  private static String leaf(String name, String action) {
    return "{action: {name: a, typed_config: {\"@type\": type.googleapis.com/envoy.config.rbac.v3.Action, name: %s, action: %s}}}"
        .formatted(name, action);
  }

  private static String header(String name, String value) {
    return "{single_predicate: {input: {name: h, typed_config: {\"@type\": type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput, header_name: %s}}, value_match: {exact: %s}}}"
        .formatted(name, value);
  }

  private static String all(String percent) {
    return "percentage: {numerator: " + percent + "}";
  }

  private static final String ENFORCED = "filter_enforced: {default_value: {numerator: 100}}, ";

  private static String routes() {
    String policy =
        "allow_origin_string_match: [{exact: \"http://good\"}], allow_methods: \"GET,PUT\","
            + " allow_headers: x-a, expose_headers: x-b, max_age: \"100\", allow_credentials: true";
    String cors = "cors.v3.CorsPolicy";
    String perRoute = "rbac.v3.RBACPerRoute";
    String tree =
        "matcher: {matcher_list: {matchers: [{predicate: %s, on_match: {matcher: {matcher_list: {matchers: [{predicate: %s, on_match: %s}]}}}}, {predicate: %s, on_match: %s}]}}"
            .formatted(
                header("x-a", "a"),
                header("x-b", "b"),
                leaf("nested", "ALLOW"),
                header("x-a", "a"),
                leaf("next", "DENY"));
    return String.join(
        ",",
        route("/cors/strict", "cors", cors, policy + ", forward_not_matching_preflights: false"),
        route("/cors/any", "cors", cors, "allow_origin_string_match: [{exact: \"*\"}]"),
        route(
            "/cors/star",
            "cors",
            cors,
            "allow_origin_string_match: [{exact: \"http://good\"}], allow_methods: \"*\", allow_headers: \"*\","
                + " allow_credentials: true"),
        route("/cors", "cors", cors, policy),
        "{match: {prefix: /old/both}, route: {cluster: upstream, cors: {expose_headers: x-o}}, typed_per_filter_config: {cors: {\"@type\": %s%s, allow_methods: PUT}}}"
            .formatted(FILTERS, cors),
        "{match: {prefix: /old/own}, route: {cluster: upstream, cors: {%s}}}".formatted(policy),
        "{match: {prefix: /old/not-here}, route: {cluster: upstream, cors: {filter_enabled: {default_value: {numerator: 0}}}}}",
        "{match: {prefix: /old/off}, route: {cluster: upstream, cors: {filter_enabled: {default_value: {numerator: 0}}}}, typed_per_filter_config: {cors: {\"@type\": type.googleapis.com/envoy.config.route.v3.FilterConfig, disabled: true}}}",
        "{match: {prefix: /old}, route: {cluster: upstream, cors: {expose_headers: x-o}}}",
        "{match: {prefix: /here}, direct_response: {status: 202}, typed_per_filter_config: {cors: {\"@type\": %s%s, %s}}}"
            .formatted(FILTERS, cors, policy),
        fault(
            "/fault/both",
            "delay: {fixed_delay: 0.02s, %1$s}, abort: {http_status: 503, %1$s}"
                .formatted(all("100"))),
        fault("/fault/none", "abort: {http_status: 503, " + all("0") + "}"),
        fault(
            "/fault/asked",
            "delay: {header_delay: {}, %1$s}, abort: {header_abort: {}, %1$s}"
                .formatted(all("100"))),
        fault(
            "/fault/other",
            "upstream_cluster: other, abort: {http_status: 503, " + all("100") + "}"),
        fault(
            "/fault/slow",
            "response_rate_limit: {fixed_limit: {limit_kbps: 1}, " + all("100") + "}"),
        limit(
            "/limit",
            ENFORCED
                + bucket(2)
                + ", enable_x_ratelimit_headers: DRAFT_VERSION_03, status: {code: 503},"
                + " response_headers_to_add: [{header: {key: x-limited, value: \"yes\"}}]"),
        limit(
            "/soft",
            bucket(1)
                + ", request_headers_to_add_when_not_enforced: [{header: {key: x-limited, value: \"yes\"}}]"),
        limit(
            "/users",
            ENFORCED
                + bucket(100)
                + ", enable_x_ratelimit_headers: DRAFT_VERSION_03, rate_limits: [{actions: [{request_headers: {header_name: x-user, descriptor_key: user}}]}],"
                + " descriptors: [{entries: [{key: user, value: bob}], %s}, {entries: [{key: user}], %s}]"
                    .formatted(bucket(1), bucket(2))),
        route("/rbac/off", "rbac", perRoute, "rbac: null").replace(", rbac: null", ""),
        route("/rbac/empty", "rbac", perRoute, "rbac: {rules: {}}"),
        route(
            "/rbac/tree",
            "rbac",
            perRoute,
            "rbac: {%s, shadow_matcher: {on_no_match: %s}}"
                .formatted(tree, leaf("shadow", "DENY"))),
        route(
            "/rbac/cel",
            "rbac",
            perRoute,
            "rbac: {rules: {action: DENY, policies: {cel: {permissions: [{any: true}], principals: [{any: true}],"
                + " condition: {call_expr: {function: _==_, args: [{const_expr: {string_value: \"yes\"}},"
                + " {call_expr: {function: \"_[_]\", args: [{select_expr: {operand: {ident_expr: {name: request}}, field: headers}}, {const_expr: {string_value: x-deny}}]}}]}}}}}}"),
        route(
            "/mutate",
            "mutate",
            "header_mutation.v3.HeaderMutationPerRoute",
            "mutations: {query_parameter_mutations: [{remove: gone}, {append: {record: {key: more, value: \"a b/%REQ(x-v)%\"}, action: APPEND_IF_EXISTS_OR_ADD}},"
                + " {append: {record: {key: set, value: new}, action: OVERWRITE_IF_EXISTS}}]}"),
        "{match: {prefix: /}, route: {cluster: upstream}}");
  }

  private static HttpSide.Config config() {
    String health = "health_check.v3.HealthCheck";
    String before =
        filter(
                "hc",
                health,
                "pass_through_mode: false, headers: [{name: \":path\", string_match: {exact: /hc}}]")
            + filter(
                "members",
                health,
                "pass_through_mode: false, cluster_min_healthy_percentages: {upstream: {value: 50}}, headers: [{name: \":path\", string_match: {exact: /members}}]")
            + filter(
                "nobody",
                health,
                "pass_through_mode: false, cluster_min_healthy_percentages: {nope: {value: 0}}, headers: [{name: \":path\", string_match: {exact: /nobody}}]")
            + filter(
                "passing",
                health,
                "pass_through_mode: true, cache_time: 1000s, headers: [{name: \":path\", string_match: {exact: /passing}}]")
            + filter("cors", "cors.v3.Cors", "")
            + filter("fault", "fault.v3.HTTPFault", "")
            + filter("limit", "local_ratelimit.v3.LocalRateLimit", "stat_prefix: unused")
            + filter(
                "rbac",
                "rbac.v3.RBAC",
                "rules_stat_prefix: rules., shadow_rules_stat_prefix: shadow., track_per_rule_stats: true,"
                    + " rules: {action: DENY, policies: {\"bad guys\": {permissions: [{header: {name: x-bad, string_match: {exact: \"1\"}}}], principals: [{any: true}]},"
                    + " local: {permissions: [{url_path: {path: {exact: /secret}}}], principals: [{direct_remote_ip: {address_prefix: 127.0.0.0, prefix_len: 8}}]}}},"
                    + " shadow_rules: {action: ALLOW, policies: {somebody: {permissions: [{header: {name: x-somebody, present_match: true}}], principals: [{any: true}]}}}")
            + filter("mutate", "header_mutation.v3.HeaderMutation", "");
    return HttpSide.Config.PLAIN
        .withFilters(before)
        .withVirtualHosts(
            "{name: all, domains: [\"*\"], cors: {allow_origin_string_match: [{exact: \"http://good\"}],"
                + " max_age: \"9\"}, routes: ["
                + routes()
                + "]}");
  }

  @RegisterExtension
  static final Sides<HttpSide> SIDES =
      new Sides<>(
          HttpSide.of(
              config(),
              request ->
                  "HTTP/1.1 200 OK\r\ncontent-length: 100\r\naccess-control-allow-origin: up\r\n\r\n"
                      + "x".repeat(100)));

  /** A request. */
  record Ask(String method, String path, Map<String, String> headers) {
    static Ask of(String method, String path, String... headers) {
      Map<String, String> all = new LinkedHashMap<>();
      for (int i = 0; i < headers.length; i += 2) {
        all.put(headers[i], headers[i + 1]);
      }
      return new Ask(method, path, all);
    }
  }

  static Stream<Ask> requests() {
    String method = "access-control-request-method";
    List<Ask> all = new ArrayList<>();
    for (String path :
        List.of(
            "/cors",
            "/cors/strict",
            "/cors/any",
            "/cors/star",
            "/cors-less",
            "/old",
            "/old/own",
            "/old/both",
            "/old/not-here",
            "/old/off",
            "/here",
            "/")) {
      for (String origin : List.of("http://good", "http://bad")) {
        all.add(Ask.of("GET", path, "origin", origin));
        all.add(Ask.of("OPTIONS", path, "origin", origin, method, "GET"));
        all.add(
            Ask.of(
                "OPTIONS",
                path,
                "origin",
                origin,
                method,
                "PUT",
                "access-control-request-headers",
                "x-a,x-b"));
        all.add(Ask.of("OPTIONS", path, "origin", origin));
      }
    }
    for (String path : List.of("/fault/both", "/fault/none", "/fault/other", "/fault/slow")) {
      all.add(Ask.of("GET", path));
    }
    String abort = "x-envoy-fault-abort-request";
    for (String status : List.of("451", "99", "600", "x")) {
      all.add(Ask.of("GET", "/fault/asked", abort, status));
    }
    all.add(Ask.of("GET", "/fault/asked"));
    all.add(Ask.of("GET", "/fault/asked", abort, "451", abort + "-percentage", "0"));
    all.add(Ask.of("GET", "/fault/asked", "x-envoy-fault-delay-request", "10"));
    all.add(Ask.of("GET", "/fault/asked", "x-envoy-fault-abort-grpc-request", "7"));
    all.add(Ask.of("GET", "/fault/both", "x-envoy-downstream-service-cluster", "front"));
    for (int i = 0; i < 3; i++) {
      all.add(Ask.of("GET", "/limit"));
      all.add(Ask.of("GET", "/soft"));
    }
    for (String user : List.of("bob", "bob", "a", "a", "a", "b")) {
      all.add(Ask.of("GET", "/users", "x-user", user));
    }
    all.add(Ask.of("GET", "/users"));
    for (String path : List.of("/hc", "/members", "/nobody", "/passing", "/passing")) {
      all.add(Ask.of("GET", path));
    }
    all.add(Ask.of("GET", "/", "x-bad", "1"));
    all.add(Ask.of("GET", "/", "x-somebody", "1"));
    all.add(Ask.of("GET", "/secret?a=b"));
    all.add(Ask.of("GET", "/rbac/off", "x-bad", "1"));
    all.add(Ask.of("GET", "/rbac/empty"));
    all.add(Ask.of("GET", "/rbac/tree"));
    all.add(Ask.of("GET", "/rbac/tree", "x-a", "a"));
    all.add(Ask.of("GET", "/rbac/tree", "x-a", "a", "x-b", "b"));
    all.add(Ask.of("GET", "/rbac/cel"));
    all.add(Ask.of("GET", "/rbac/cel", "x-deny", "no"));
    all.add(Ask.of("GET", "/rbac/cel", "x-deny", "yes"));
    for (String query : List.of("", "?b=1&a=2&gone=3", "?set=old&set=older", "?more=A+&set")) {
      all.add(Ask.of("GET", "/mutate" + query, "x-v", "of v"));
    }
    return all.stream();
  }

  /** What became of a request. */
  record Outcome(
      int status,
      Map<String, String> headers,
      String body,
      List<HearingUpstream.Heard> upstream,
      List<String> logged) {}

  private static Outcome outcome(HttpSide side, Ask ask) {
    side.upstream().takeHeard();
    Http.Response response =
        Http.request(side.listener(), ask.method(), ask.path(), ask.headers(), "");
    Map<String, String> headers = new TreeMap<>();
    response
        .head()
        .lines()
        .skip(1)
        .forEach(
            line -> {
              int colon = line.indexOf(':');
              headers.merge(
                  line.substring(0, colon).toLowerCase(Locale.ROOT),
                  line.substring(colon + 1).strip(),
                  (one, two) -> one + " AND " + two);
            });
    headers.keySet().removeAll(OWN);
    List<HearingUpstream.Heard> heard =
        side.upstream().takeHeard().stream()
            .map(
                request -> {
                  Map<String, String> seen = new TreeMap<>(request.headers());
                  seen.keySet().removeAll(OWN_UPSTREAM);
                  return new HearingUpstream.Heard(
                      request.method(), request.path(), seen, request.body());
                })
            .toList();
    return new Outcome(response.status(), headers, response.body(), heard, side.takeLogged(1));
  }

  @ParameterizedTest
  @MethodSource("requests")
  @Order(1)
  void answersAreTheSame(Ask ask) {
    SIDES.same(side -> outcome(side, ask));
  }

  @Test
  @Order(2)
  void countersAreTheSame() {
    SideBySide.Both<Map<String, String>> counted =
        SIDES.ask(
            side -> {
              Map<String, String> stats = new TreeMap<>(side.proxy().stats());
              stats.keySet().removeIf(name -> !COUNTED.matcher(name).matches());
              return stats;
            });
    assertThat(counted.bifocal()).isEqualTo(counted.envoy());
    assertThat(counted.envoy())
        .containsEntry("http.ingress.rbac.rules.policy.bad guys.denied", "1");
  }

  @Test
  @Order(3)
  void failingHealthChecksAreTheSame() {
    SIDES.ask(side -> Http.post(side.proxy().adminAddress(), "/healthcheck/fail").status());
    for (String path : List.of("/", "/hc", "/members", "/passing")) {
      SideBySide.Both<Outcome> outcomes = SIDES.ask(side -> outcome(side, Ask.of("GET", path)));
      assertThat(outcomes.bifocal()).as(path).isEqualTo(outcomes.envoy());
    }
  }

  @Test
  @Order(4)
  void aDifferenceIsSeen() {
    Ask good = Ask.of("GET", "/cors", "origin", "http://good");
    Ask bad = Ask.of("GET", "/cors", "origin", "http://other");
    SideBySide.Both<Outcome> outcomes = SIDES.ask(side -> outcome(side, good));
    Outcome seeded = SIDES.ask(side -> outcome(side, bad)).bifocal();
    assertThat(seeded).isNotEqualTo(outcomes.envoy());
  }
}
