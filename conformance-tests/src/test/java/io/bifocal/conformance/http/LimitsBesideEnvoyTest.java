package io.bifocal.conformance.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Http;
import io.bifocal.conformance.SideBySide;
import io.bifocal.conformance.Sides;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Local rate limits by descriptors, each case on a path of its own: made by the rules of routes, of
 * virtual hosts and of the filter, they are the same requests that Envoy refuses, and the same
 * tokens that it has left.
 */
class LimitsBesideEnvoyTest {
  private static final String LIMIT =
      "{\"@type\": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit,"
          + " stat_prefix: %s, filter_enabled: {default_value: {numerator: 100}}, filter_enforced: {default_value: {numerator: 100}},"
          + " enable_x_ratelimit_headers: DRAFT_VERSION_03, token_bucket: %s, %s}";

  /** The virtual host whose own rule makes {@code host=v}. */
  private static final String WITH_RULE = "with-rule";

  /**
   * A route with limits.
   *
   * @param route what the route's action says besides its cluster, or empty
   * @param extra further fields of the route, or empty
   */
  private record Case(
      String name, String host, String route, String filter, String extra, List<Ask> asks) {
    static Case of(String name, String route, String filter, Ask... asks) {
      return new Case(name, "plain", route, filter, "", List.of(asks));
    }

    Case onHost(String domain) {
      return new Case(name, domain, route, filter, extra, asks);
    }

    Case with(String fields) {
      return new Case(name, host, route, filter, fields, asks);
    }

    String config() {
      return "{match: {prefix: /%s/}, route: {cluster: upstream%s}, typed_per_filter_config: {limit: %s}%s}"
          .formatted(
              name,
              route.isEmpty() ? "" : ", " + route,
              LIMIT.formatted(name, bucket(100), filter),
              extra.isEmpty() ? "" : ", " + extra);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** A request. */
  private record Ask(String query, Map<String, String> headers) {
    static Ask of(String query, String... headers) {
      Map<String, String> all = new LinkedHashMap<>();
      for (int i = 0; i < headers.length; i += 2) {
        all.put(headers[i], headers[i + 1]);
      }
      return new Ask(query, all);
    }
  }

  private static final Ask PLAIN = Ask.of("");

  private static final Case COUNTS_NOTHING =
      Case.of(
          "hits-none",
          "",
          rules(ruleWith("hits_addend: {number: 0}", key("v"))) + ", " + limits(5, "generic_key=v"),
          PLAIN);

  private static String bucket(int tokens) {
    return "{max_tokens: %d, tokens_per_fill: 1, fill_interval: 1000s}".formatted(tokens);
  }

  private static String rules(String... rules) {
    return "rate_limits: [" + String.join(", ", rules) + "]";
  }

  private static String rule(String... actions) {
    return "{actions: [" + String.join(", ", actions) + "]}";
  }

  private static String ruleWith(String fields, String action) {
    return "{" + fields + ", actions: [" + action + "]}";
  }

  private static String key(String value) {
    return "{generic_key: {descriptor_value: " + value + "}}";
  }

  private static String keyed(String key, String value) {
    return "{generic_key: {descriptor_key: %s, descriptor_value: %s}}".formatted(key, value);
  }

  /** Descriptors, each of which has some tokens: entries as {@code key=value,key=value}. */
  private static String limits(int tokens, String... descriptors) {
    return Stream.of(descriptors)
        .map(
            descriptor ->
                Stream.of(descriptor.split(","))
                    .map(entry -> entry.split("=", 2))
                    .map(entry -> "{key: %s, value: \"%s\"}".formatted(entry[0], entry[1]))
                    .collect(
                        Collectors.joining(
                            ", ", "{entries: [", "], token_bucket: " + bucket(tokens) + "}")))
        .collect(Collectors.joining(", ", "descriptors: [", "]"));
  }

  static Stream<Case> cases() {
    List<Case> all = new ArrayList<>();
    actions(all);
    inputs(all);
    levels(all);
    hits(all);
    String g = rules(rule(key("v")));
    all.add(
        Case.of(
            "stage-same",
            rules(ruleWith("stage: 1", key("v"))),
            "stage: 1, " + limits(1, "generic_key=v"),
            PLAIN,
            PLAIN));
    all.add(
        Case.of(
            "stage-other",
            rules(ruleWith("stage: 1", key("v"))),
            limits(1, "generic_key=v"),
            PLAIN,
            PLAIN));
    all.add(
        Case.of(
            "disabled",
            rules(ruleWith("disable_key: some.key", key("v"))),
            limits(1, "generic_key=v"),
            PLAIN,
            PLAIN));
    all.add(
        Case.of(
            "done-route",
            rules(ruleWith("apply_on_stream_done: true", key("v"))),
            limits(1, "generic_key=v"),
            PLAIN,
            PLAIN));
    all.add(
        Case.of(
            "done-own",
            "",
            rules(ruleWith("apply_on_stream_done: true", key("v")))
                + ", "
                + limits(1, "generic_key=v"),
            PLAIN,
            PLAIN));
    all.add(
        Case.of(
            "own-first",
            g,
            rules(rule(key("w"))) + ", " + limits(1, "generic_key=v", "generic_key=w"),
            PLAIN,
            PLAIN));
    all.add(
        Case.of(
            "not-the-usual",
            g,
            "always_consume_default_token_bucket: false, " + limits(1, "generic_key=v"),
            PLAIN,
            PLAIN));
    all.add(
        Case.of(
            "two",
            rules(rule(key("v")), rule(key("w"))),
            limits(3, "generic_key=v", "generic_key=w"),
            PLAIN,
            PLAIN,
            PLAIN,
            PLAIN));
    all.add(
        Case.of(
            "composed",
            rules(rule(key("v"), key("w"))),
            limits(1, "generic_key=v,generic_key=w", "generic_key=v"),
            PLAIN,
            PLAIN));
    all.add(
        Case.of(
            "exhausted",
            g,
            "rate_limited_as_resource_exhausted: true, " + limits(1, "generic_key=v"),
            Ask.of("", "content-type", "application/grpc"),
            Ask.of("", "content-type", "application/grpc")));
    all.add(
        Case.of(
            "unavailable",
            g,
            limits(1, "generic_key=v"),
            Ask.of("", "content-type", "application/grpc"),
            Ask.of("", "content-type", "application/grpc")));
    all.add(
        Case.of(
            "shared",
            g,
            "local_cluster_rate_limit: {}, " + limits(7, "generic_key=v"),
            PLAIN,
            PLAIN,
            PLAIN));
    all.add(
        Case.of(
            "override",
            rules(
                ruleWith(
                    "limit: {dynamic_metadata: {metadata_key: {key: k, path: [{key: p}]}}}",
                    key("v"))),
            limits(1, "generic_key=v"),
            PLAIN,
            PLAIN));
    return all.stream();
  }

  private static void actions(List<Case> all) {
    String some = "x-a, descriptor_key: a";
    add(all, "source", "{source_cluster: {}}", "source_cluster=own", PLAIN);
    add(all, "destination", "{destination_cluster: {}}", "destination_cluster=upstream", PLAIN);
    add(all, "remote", "{remote_address: {}}", "remote_address=127.0.0.1", PLAIN);
    add(
        all,
        "masked",
        "{masked_remote_address: {v4_prefix_mask_len: 9}}",
        "masked_remote_address=127.0.0.0/9",
        PLAIN);
    add(
        all,
        "masked-whole",
        "{masked_remote_address: {}}",
        "masked_remote_address=127.0.0.1/32",
        PLAIN);
    add(all, "keyed", keyed("k", "v"), "k=v", PLAIN);
    add(
        all,
        "header",
        "{request_headers: {header_name: " + some + "}}",
        "a=b",
        Ask.of("", "x-a", "b"),
        Ask.of("", "x-a", ""),
        PLAIN);
    add(
        all,
        "any-header",
        "{request_headers: {header_name: " + some + "}}",
        "a=",
        Ask.of("", "x-a", "b"),
        Ask.of("", "x-a", "c"),
        Ask.of("", "x-a", "b"),
        PLAIN);
    add(
        all,
        "header-path",
        "{request_headers: {header_name: \":method\", descriptor_key: a}}",
        "a=GET",
        PLAIN);
    add(
        all,
        "header-or-not",
        "{request_headers: {header_name: " + some + ", skip_if_absent: true}}, " + key("v"),
        "a=b,generic_key=v",
        Ask.of("", "x-a", "b"),
        PLAIN);
    add(
        all,
        "header-skipped",
        "{request_headers: {header_name: " + some + ", skip_if_absent: true}}, " + key("v"),
        "generic_key=v",
        Ask.of("", "x-a", "b"),
        Ask.of("", "x-a", ""),
        PLAIN);
    add(
        all,
        "nothing-left",
        "{request_headers: {header_name: " + some + ", skip_if_absent: true}}",
        "a=b",
        PLAIN);
    add(
        all,
        "match",
        "{header_value_match: {descriptor_value: v, headers: [{name: x-a, string_match: {exact: b}}]}}",
        "header_match=v",
        Ask.of("", "x-a", "b"),
        PLAIN);
    add(
        all,
        "no-match",
        "{header_value_match: {descriptor_key: k, descriptor_value: v, expect_match: false, headers: [{name: x-a, string_match: {exact: b}}]}}",
        "k=v",
        Ask.of("", "x-a", "b"),
        PLAIN);
    add(
        all,
        "query",
        "{query_parameters: {query_parameter_name: q, descriptor_key: k}}",
        "k=v",
        Ask.of("?q=v"),
        Ask.of("?q=w"),
        Ask.of("?q="),
        PLAIN);
    add(
        all,
        "query-or-not",
        "{query_parameters: {query_parameter_name: q, descriptor_key: k, skip_if_absent: true}}, "
            + key("v"),
        "generic_key=v",
        Ask.of("?q=v"),
        Ask.of("?q="),
        PLAIN);
    add(
        all,
        "query-match",
        "{query_parameter_value_match: {descriptor_value: w, query_parameters: [{name: q, string_match: {exact: v}}]}}",
        "query_match=w",
        Ask.of("?q=v"),
        PLAIN);
    add(
        all,
        "query-no-match",
        "{query_parameter_value_match: {descriptor_key: k, descriptor_value: w, expect_match: false, query_parameters: [{name: q, present_match: true}]}}",
        "k=w",
        Ask.of("?q=v"),
        PLAIN);
  }

  private static void inputs(List<Case> all) {
    String path = "metadata_key: {key: %s, path: [{key: a}, {key: b}]}";
    String route = "metadata: {filter_metadata: {space: {a: {b: c}}}}";
    add(
        all,
        "metadata",
        "{metadata: {descriptor_key: k, source: ROUTE_ENTRY, " + path.formatted("space") + "}}",
        "k=c",
        PLAIN);
    all.add(all.remove(all.size() - 1).with(route));
    add(
        all,
        "metadata-else",
        "{metadata: {descriptor_key: k, default_value: d, " + path.formatted("space") + "}}",
        "k=d",
        PLAIN);
    add(
        all,
        "metadata-none",
        "{metadata: {descriptor_key: k, " + path.formatted("space") + "}}, " + key("v"),
        "generic_key=v",
        PLAIN);
    add(
        all,
        "metadata-skipped",
        "{metadata: {descriptor_key: k, skip_if_absent: true, "
            + path.formatted("space")
            + "}}, "
            + key("v"),
        "generic_key=v",
        PLAIN);
    String input =
        "{extension: {name: k, typed_config: {\"@type\": type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput, header_name: x-a}}}";
    add(all, "input", input, "k=b", Ask.of("", "x-a", "b"), PLAIN);
    add(all, "input-else", input + ", " + key("v"), "generic_key=v", Ask.of("", "x-a", "b"), PLAIN);
  }

  // Two of each, and then others.
  private static void add(
      List<Case> all, String name, String actions, String limited, Ask ask, Ask... others) {
    List<Ask> asks = new ArrayList<>(List.of(ask, ask));
    asks.addAll(List.of(others));
    asks.addAll(List.of(others));
    all.add(
        new Case(
            name, "plain", rules("{actions: [" + actions + "]}"), limits(1, limited), "", asks));
  }

  private static void levels(List<Case> all) {
    String limits = limits(2, "host=v", "generic_key=v");
    for (String option : List.of("OVERRIDE", "INCLUDE", "IGNORE")) {
      String filter = "vh_rate_limits: " + option + ", " + limits;
      String name = "host-" + option.toLowerCase(java.util.Locale.ROOT);
      all.add(Case.of(name + "-alone", "", filter, PLAIN, PLAIN, PLAIN).onHost(WITH_RULE));
      all.add(
          Case.of(
                  name + "-beside",
                  rules(ruleWith("stage: 0", key("v"))),
                  filter,
                  PLAIN,
                  PLAIN,
                  PLAIN)
              .onHost(WITH_RULE));
      all.add(
          Case.of(
                  name + "-stage",
                  rules(ruleWith("stage: 1", key("v"))),
                  filter,
                  PLAIN,
                  PLAIN,
                  PLAIN)
              .onHost(WITH_RULE));
      all.add(
          Case.of(
                  name + "-included",
                  "include_vh_rate_limits: true, " + rules(rule(key("v"))),
                  filter,
                  PLAIN,
                  PLAIN,
                  PLAIN)
              .onHost(WITH_RULE));
      all.add(
          Case.of(name + "-excluded", "include_vh_rate_limits: false", filter, PLAIN, PLAIN, PLAIN)
              .onHost(WITH_RULE));
    }
  }

  private static void hits(List<Case> all) {
    String limit = ", " + limits(5, "generic_key=v");
    all.add(
        Case.of(
            "hits",
            "",
            rules(ruleWith("hits_addend: {number: 3}", key("v"))) + limit,
            PLAIN,
            PLAIN));
    all.add(
        Case.of(
            "hits-many",
            "",
            rules(ruleWith("hits_addend: {number: 6}", key("v"))) + limit,
            PLAIN,
            PLAIN));
    all.add(
        Case.of(
            "hits-asked",
            "",
            rules(ruleWith("hits_addend: {format: \"%REQ(x-hits)%\"}", key("v"))) + limit,
            Ask.of("", "x-hits", "2"),
            Ask.of("", "x-hits", "1.9"),
            Ask.of("", "x-hits", "x"),
            Ask.of("", "x-hits", "-1"),
            PLAIN,
            Ask.of("", "x-hits", "1e1"),
            Ask.of("", "x-hits", "2")));
    all.add(
        Case.of(
            "hits-route",
            rules(ruleWith("hits_addend: {number: 3}", key("v"))),
            limit.substring(2),
            PLAIN,
            PLAIN,
            PLAIN));
  }

  @RegisterExtension
  static final Sides<HttpSide> SIDES = new Sides<>(HttpSide.of(config(), HearingUpstream::ok));

  private static HttpSide.Config config() {
    String hosts =
        Stream.of("plain", WITH_RULE)
            .map(
                domain ->
                    "{name: %1$s, domains: [%1$s], %2$s, routes: [%3$s]}"
                        .formatted(
                            domain,
                            domain.equals(WITH_RULE)
                                ? rules(rule(keyed("host", "v")))
                                : "include_request_attempt_count: false",
                            Stream.concat(cases(), Stream.of(COUNTS_NOTHING))
                                .filter(each -> each.host.equals(domain))
                                .map(Case::config)
                                .collect(Collectors.joining(",\n"))))
            .collect(Collectors.joining(",\n"));
    String proxy = "{endpoint: {address: {socket_address: {address: 127.0.0.%d, port_value: 1}}}}";
    return HttpSide.Config.PLAIN
        .withVirtualHosts(hosts)
        .withFilters(
            "{name: limit, typed_config: %s},"
                .formatted(LIMIT.formatted("unused", bucket(1), "").replace(", }", "}")))
        // Beside the cluster: others, and who this proxy is.
        .withCluster(
            """
                        alt_stat_name: upstream}
                          - {name: proxies, type: STATIC, load_assignment: {cluster_name: proxies, endpoints: [{lb_endpoints: [%s, %s]}]}}
                        node: {id: this, cluster: own}
                        cluster_manager: {local_cluster_name: proxies"""
                .formatted(proxy.formatted(1), proxy.formatted(2)));
  }

  /** A request's status, what it is told of tokens, and for gRPC why. */
  private static Map<String, String> outcome(HttpSide side, Case of, Ask ask) {
    Http.Response response =
        Http.request(
            side.listener(), of.host, "GET", "/" + of.name + "/" + ask.query, ask.headers, "");
    Map<String, String> seen = new TreeMap<>();
    seen.put("status", Integer.toString(response.status()));
    response
        .head()
        .lines()
        .filter(line -> line.startsWith("x-ratelimit-") || line.startsWith("grpc-"))
        .forEach(line -> seen.put(line.substring(0, line.indexOf(':')), line));
    return seen;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theSameAreRefused(Case of) {
    SIDES.same(side -> of.asks.stream().map(ask -> outcome(side, of, ask)).toList());
  }

  /** What counts nothing takes nothing; Envoy refuses it for ever. */
  @Test
  void whatCountsNothingPasses() {
    SideBySide.Both<Map<String, String>> seen =
        SIDES.ask(side -> outcome(side, COUNTS_NOTHING, PLAIN));
    assertThat(seen.envoy()).containsEntry("status", "429");
    assertThat(seen.bifocal()).containsEntry("status", "200");
    assertThat(seen.bifocal().get("x-ratelimit-remaining"))
        .isEqualTo(seen.envoy().get("x-ratelimit-remaining"));
  }

  @Test
  void aDifferenceIsSeen() {
    Case one = cases().filter(each -> each.name.equals("any-header")).findFirst().orElseThrow();
    SideBySide.Both<Map<String, String>> seen =
        SIDES.ask(side -> outcome(side, one, Ask.of("", "x-a", "seed")));
    assertThat(SIDES.ask(side -> outcome(side, one, Ask.of("", "x-a", "seed"))).bifocal())
        .isNotEqualTo(seen.envoy());
  }
}
