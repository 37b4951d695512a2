package io.bifocal.dataplane.http.route;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.runtime.ScriptedRuntime;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which route a request finds; each route here answers with its own name. */
class RouteTableTest {
  private static RouteConfiguration read(String routeConfig) throws Exception {
    String yaml =
        """
        static_resources:
          listeners:
          - name: l
            filter_chains:
            - filters:
              - name: hcm
                typed_config:
                  "@type": type.googleapis.com/%s
                  stat_prefix: p
                  route_config:
        """
                .formatted(HttpConnectionManager.getDescriptor().getFullName())
            + routeConfig.indent(12);
    return new BootstrapReader(false)
        .readYaml(yaml, "test")
        .getStaticResources()
        .getListeners(0)
        .getFilterChains(0)
        .getFilters(0)
        .getTypedConfig()
        .unpack(HttpConnectionManager.class)
        .getRouteConfig();
  }

  @Test
  void aShareOfTheRequestsFollowsTheRuntime() throws Exception {
    ScriptedRuntime runtime = new ScriptedRuntime();
    RouteTable table =
        RouteTable.compile(
            read(
                """
                virtual_hosts:
                - name: h
                  domains: ["*"]
                  routes:
                  - match:
                      prefix: /
                      runtime_fraction:
                        runtime_key: share
                        default_value: {numerator: 50}
                    route: {cluster: canary}
                """),
            new RouteContext("known"::equals, runtime, (filter, any) -> null),
            false);
    RequestHead head = new RequestHead("GET", "/", "a", true, new DefaultHttpHeaders());

    assertThat(table.match(head, new StreamInfo(), 49)).isNotNull();
    assertThat(table.match(head, new StreamInfo(), 50)).isNull();
    runtime.set("share", "80");
    assertThat(table.match(head, new StreamInfo(), 50)).isNotNull();
    assertThat(table.match(head, new StreamInfo(), 80)).isNull();
  }

  private static RouteTable table(String routeConfig) throws Exception {
    return RouteTable.compile(
        read(routeConfig),
        new RouteContext("known"::equals, RuntimeReader.NONE, (filter, any) -> null),
        false);
  }

  private static RouteTable routes(String... matches) throws Exception {
    List<String> routes = new ArrayList<>();
    for (int i = 0; i < matches.length; i++) {
      routes.add(
          "  - {name: r%d, match: %s, direct_response: {status: 200}}".formatted(i, matches[i]));
    }
    return table(
        "name: r1\nvirtual_hosts:\n- name: v\n  domains: [\"*\"]\n  routes:\n"
            + String.join("\n", routes));
  }

  private static String find(RouteTable table, String authority, String path, String... headers) {
    HttpHeaders all = new DefaultHttpHeaders();
    for (int i = 0; i < headers.length; i += 2) {
      all.add(headers[i], headers[i + 1]);
    }
    Route route =
        table.match(new RequestHead("GET", path, authority, true, all), new StreamInfo(), 0);
    return route == null ? "none" : route.name();
  }

  private static RouteTable domains(String... domains) throws Exception {
    StringBuilder yaml = new StringBuilder("name: r1\nvirtual_hosts:\n");
    for (int i = 0; i < domains.length; i++) {
      yaml.append(
          """
          - name: v%d
            domains: [%s]
            routes: [{name: "%s", match: {prefix: /}, direct_response: {status: 200}}]
          """
              .formatted(i, domains[i], domains[i].replace("\"", "")));
    }
    return table(yaml.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "a.com, a.com",
    "A.COM, a.com",
    "b.com, *",
    "x.b.com, *.b.com",
    "x.y.b.com, *.b.com",
    "x.y.c.b.com, *.c.b.com",
    "x-b.com, *-b.com",
    "-b.com, *",
    "foo.org, foo.*",
    "foo.bar.org, foo.bar.*",
    "foo., *",
    "a.com:8080, *",
    "p.com:80, p.com:80",
  })
  void theMostExactDomainWins(String authority, String expected) throws Exception {
    RouteTable table =
        domains(
            "\"*\"",
            "a.com",
            "\"*.b.com\"",
            "\"*.c.b.com\"",
            "\"*-b.com\"",
            "\"foo.*\"",
            "\"foo.bar.*\"",
            "\"p.com:80\"");

    assertThat(find(table, authority, "/")).isEqualTo(expected);
  }

  @Test
  void portsCountUnlessTheyAreToBeIgnored() throws Exception {
    String hosts =
        """
        name: r1
        %s
        virtual_hosts:
        - name: v
          domains: [a.com, "[::1]"]
          routes: [{name: hit, match: {prefix: /}, direct_response: {status: 200}}]
        """;

    assertThat(find(table(hosts.formatted("")), "a.com:1", "/")).isEqualTo("none");
    RouteTable ignoring = table(hosts.formatted("ignore_port_in_host_matching: true"));
    assertThat(find(ignoring, "a.com:1", "/")).isEqualTo("hit");
    assertThat(find(ignoring, "[::1]:1", "/")).isEqualTo("hit");
    assertThat(find(ignoring, "[::1]", "/")).isEqualTo("hit");
  }

  @ParameterizedTest
  @CsvSource({
    "/exact, r0",
    "/exact?q, r0",
    "/exact/, none",
    "/EXACT, none",
    "/ANY, r1",
    "/sep, r2",
    "/sep/a, r2",
    "/sep?a, r2",
    "/separate, none",
    "/re/12, r3",
    "/re/12?x, r3",
    "/re/1x, none",
    "/pre, r4",
    "/prefix/and/more, r4",
    "/pr?/pre, none",
  })
  void pathsMatchWithoutTheirQuery(String path, String expected) throws Exception {
    RouteTable table =
        routes(
            "{path: /exact}",
            "{path: /any, case_sensitive: false}",
            "{path_separated_prefix: /sep}",
            "{safe_regex: {regex: \"/re/[0-9]+\"}}",
            "{prefix: /pre}");

    assertThat(find(table, "a", path)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "'{name: X, string_match: {exact: a}}', a, true",
    "'{name: X, string_match: {exact: a}}', b, false",
    "'{name: X, string_match: {exact: A, ignore_case: true}}', a, true",
    "'{name: X, string_match: {prefix: ab}}', abc, true",
    "'{name: X, string_match: {suffix: bc}}', abc, true",
    "'{name: X, string_match: {suffix: abcd}}', abc, false",
    "'{name: X, string_match: {contains: b}}', abc, true",
    "'{name: X, string_match: {safe_regex: {regex: \"a+\"}}}', aaa, true",
    "'{name: X, string_match: {safe_regex: {regex: \"a+\"}}}', aab, false",
    "'{name: X, string_match: {exact: a}, invert_match: true}', a, false",
    "'{name: X, string_match: {exact: a}, invert_match: true}', b, true",
    "'{name: X, string_match: {exact: a}, invert_match: true}', , false",
    "'{name: X, string_match: {exact: \"\"}, treat_missing_header_as_empty: true}', , true",
    "'{name: X, exact_match: a}', a, true",
    "'{name: X, prefix_match: a}', ab, true",
    "'{name: X, suffix_match: b}', ab, true",
    "'{name: X, contains_match: a}', bab, true",
    "'{name: X, safe_regex_match: {regex: \"a.\"}}', ab, true",
    "'{name: X, range_match: {start: -5, end: 10}}', -5, true",
    "'{name: X, range_match: {start: -5, end: 10}}', 10, false",
    "'{name: X, range_match: {start: -5, end: 10}}', x, false",
    "'{name: X, present_match: true}', a, true",
    "'{name: X, present_match: true}', , false",
    "'{name: X, present_match: false}', , true",
    "'{name: X, present_match: true, invert_match: true}', a, false",
    "'{name: X}', a, true",
    "'{name: X}', , false",
    "'{name: \":method\", string_match: {exact: GET}}', , true",
    "'{name: \":authority\", string_match: {exact: host}}', , true",
    "'{name: \":path\", string_match: {exact: \"/p?q\"}}', , true",
  })
  void headersMatch(String matcher, String value, boolean expected) throws Exception {
    RouteTable table = routes("{prefix: /, headers: [" + matcher + "]}");
    String[] headers = value == null ? new String[0] : new String[] {"x", value};

    assertThat(find(table, "host", "/p?q", headers)).isEqualTo(expected ? "r0" : "none");
  }

  @Test
  void ofAHeaderThatOccursTwiceOneValueMustMatch() throws Exception {
    RouteTable table =
        routes(
            "{prefix: /, headers: [{name: x, string_match: {exact: b}}]}",
            "{prefix: /, headers: [{name: x, string_match: {exact: a}, invert_match: true}]}");

    assertThat(find(table, "h", "/", "x", "a", "x", "b")).isEqualTo("r0");
    assertThat(find(table, "h", "/", "x", "c", "x", "d")).isEqualTo("r1");
    assertThat(find(table, "h", "/", "x", "a", "x", "d")).isEqualTo("none");
  }

  @ParameterizedTest
  @CsvSource({
    "/?a=1, r0",
    "/?b=2&a=1, r0",
    "/?a=2, none",
    "/?aa=1, none",
    "/, none",
    "/?flag, r1",
    "/?x&flag=, r1",
    "/?flagged, none",
  })
  void queryParametersMatch(String path, String expected) throws Exception {
    RouteTable table =
        routes(
            "{prefix: /, query_parameters: [{name: a, string_match: {exact: \"1\"}}]}",
            "{prefix: /, query_parameters: [{name: flag, present_match: true}]}");

    assertThat(find(table, "h", path)).isEqualTo(expected);
  }

  @Test
  void aShareOfRequestsMatches() throws Exception {
    RouteTable table =
        routes("{prefix: /, runtime_fraction: {default_value: {numerator: 30}}}", "{prefix: /}");
    RequestHead head = new RequestHead("GET", "/", "h", true, new DefaultHttpHeaders());
    int first = 0;
    for (int random = 0; random < 100; random++) {
      Route route = table.match(head, new StreamInfo(), random);
      first += route != null && route.name().equals("r0") ? 1 : 0;
    }

    assertThat(first).isEqualTo(30);
  }

  @Test
  void weightsDivideTheRequests() throws Exception {
    RouteTable table =
        table(
            """
            name: r1
            virtual_hosts:
            - name: v
              domains: ["*"]
              routes:
              - match: {prefix: /}
                route: {weighted_clusters: {clusters: [{name: a, weight: 3}, {name: b, weight: 1}]}}
            """);
    assertThat(clusterOf(table, 2)).isEqualTo("a");
    assertThat(clusterOf(table, 3)).isEqualTo("b");
    assertThat(clusterOf(table, 4)).isEqualTo("a");
  }

  private static String clusterOf(RouteTable table, long random, String... headers) {
    HttpHeaders all = new DefaultHttpHeaders();
    for (int i = 0; i < headers.length; i += 2) {
      all.add(headers[i], headers[i + 1]);
    }
    Route route =
        requireNonNull(
            table.match(new RequestHead("GET", "/", "h", true, all), new StreamInfo(), random));
    return ((RouteAction.Forward) route.action()).clusterName();
  }

  private static String oneHost(String domains, String cluster) {
    return """
    name: r1
    virtual_hosts:
    - name: v
      domains: %s
      routes: [{match: {prefix: /}, route: {cluster: %s}}]
    """
        .formatted(domains, cluster);
  }

  @ParameterizedTest
  @CsvSource({"/a;x=1, exact", "/a;x=1?q, exact", "/b;x/c, prefix", "/c;x, regex", "/d;x, none"})
  void parametersOfPathsCanBeIgnored(String path, String expected) throws Exception {
    RouteTable table =
        table(
            """
            name: r1
            ignore_path_parameters_in_path_matching: true
            virtual_hosts:
            - name: v
              domains: ["*"]
              routes:
              - {name: exact, match: {path: /a}, direct_response: {status: 200}}
              - {name: prefix, match: {path_separated_prefix: /b}, direct_response: {status: 200}}
              - {name: regex, match: {safe_regex: {regex: "/c"}}, direct_response: {status: 200}}
            """);

    assertThat(find(table, "a", path)).isEqualTo(expected);
  }

  @Test
  void aTunnelFindsItsRouteWithoutAPath() throws Exception {
    RouteTable table = routes("{prefix: \"\"}", "{connect_matcher: {}}");
    RequestHead connect = new RequestHead("CONNECT", "", "a:1", true, new DefaultHttpHeaders());

    Route found = requireNonNull(table.match(connect, new StreamInfo(), 0));

    assertThat(found.name()).isEqualTo("r1");
    assertThat(find(table, "a", "/")).isEqualTo("r0");
  }

  @Test
  void aHeaderCanTakeThePlaceOfChance() throws Exception {
    RouteTable table =
        table(
            """
            name: r1
            virtual_hosts:
            - name: v
              domains: ["*"]
              routes:
              - match: {prefix: /}
                route: {weighted_clusters: {header_name: x-n, clusters: [{name: a, weight: 3}, {name: b, weight: 1}]}}
            """);

    assertThat(clusterOf(table, 0, "x-n", "3")).isEqualTo("b");
    assertThat(clusterOf(table, 0, "x-n", "no number")).isEqualTo("a");
    assertThat(clusterOf(table, 0, "x-n", "3", "x-n", "3")).as("two are none").isEqualTo("a");
  }

  @Test
  void aVirtualHostThatDidNotChangeIsTakenOver() throws Exception {
    RouteConfiguration config = read(oneHost("[\"*\"]", "a"));
    RouteContext context =
        new RouteContext("known"::equals, RuntimeReader.NONE, (filter, any) -> null);
    var more = config.getVirtualHosts(0).toBuilder().setName("more").clearDomains();
    RouteTable before = RouteTable.compile(config, context, false);

    RouteTable after =
        RouteTable.compile(
            config, List.of(more.addDomains("more.test").build()), context, false, before);
    RouteTable changed =
        RouteTable.compile(
            config.toBuilder().setMostSpecificHeaderMutationsWins(true).build(),
            List.of(),
            context,
            false,
            before);

    assertThat(route(after, "a")).isSameAs(route(before, "a"));
    assertThat(route(after, "more.test")).isNotNull().isNotSameAs(route(before, "a"));
    assertThat(route(changed, "a"))
        .as("the level above has changed")
        .isNotSameAs(route(before, "a"));
  }

  private static @Nullable Route route(RouteTable table, String authority) {
    return table.match(
        new RequestHead("GET", "/", authority, true, new DefaultHttpHeaders()),
        new StreamInfo(),
        0);
  }

  @Test
  void policiesForOtherOriginsInTheirOldFieldsAreReadAsTheFiltersOwn() throws Exception {
    RouteTable table =
        RouteTable.compile(
            read(
                """
                virtual_hosts:
                - name: h
                  domains: ["*"]
                  cors:
                    max_age: "9"
                    allow_origin_string_match: [{exact: a}]
                    shadow_enabled: {default_value: {numerator: 1}}
                  routes:
                  - match: {prefix: /}
                    route:
                      cluster: known
                      cors:
                        allow_methods: PUT
                        allow_headers: b
                        expose_headers: c
                        allow_credentials: true
                        allow_private_network_access: false
                        forward_not_matching_preflights: false
                        filter_enabled: {default_value: {numerator: 2}}
                """),
            new RouteContext(
                "known"::equals,
                RuntimeReader.NONE,
                (filter, any) -> Unpack.as(CorsPolicy.getDefaultInstance(), any).toString()),
            false);

    Route route = Objects.requireNonNull(route(table, "a"));

    assertThat(((RouteAction.Forward) route.action()).cors())
        .containsExactly(
            corsPolicy(
                """
                max_age: "9"
                allow_origin_string_match: [{exact: a}]
                shadow_enabled: {default_value: {numerator: 1}}
                """),
            corsPolicy(
                """
                allow_methods: PUT
                allow_headers: b
                expose_headers: c
                allow_credentials: true
                allow_private_network_access: false
                forward_not_matching_preflights: false
                filter_enabled: {default_value: {numerator: 2}}
                """));
  }

  private static String corsPolicy(String yaml) throws ConfigException {
    return new BootstrapReader(false)
        .readYaml(yaml, "test", CorsPolicy.getDefaultInstance())
        .toString();
  }

  @Test
  void whatEnvoyRefusesIsRefusedInItsWords() throws Exception {
    assertThatThrownBy(() -> table(oneHost("[\"*\", \"*\"]", "a")))
        .isInstanceOf(ConfigException.class)
        .hasMessage("Only a single wildcard domain is permitted in route r1");
    assertThatThrownBy(() -> table(oneHost("[b, B]", "a")))
        .hasMessage(
            "Only unique values for domains are permitted. Duplicate entry of domain b in route"
                + " r1");
    assertThatThrownBy(() -> table(oneHost("[\"*.b\", \"*.b\"]", "a")))
        .hasMessage(
            "Only unique values for domains are permitted. Duplicate entry of domain *.b in route"
                + " r1");
    assertThatThrownBy(
            () ->
                RouteTable.compile(
                    read(oneHost("[b]", "nosuch")),
                    new RouteContext("known"::equals, RuntimeReader.NONE, (filter, any) -> null),
                    true))
        .hasMessage("route: unknown cluster 'nosuch'");
    assertThatThrownBy(() -> routes("{safe_regex: {regex: \"(\"}}")).hasMessage("missing ): (");
  }

  @ParameterizedTest
  @CsvSource({
    "envoy.type.matcher.v3.HttpRequestQueryParamMatchInput, query_param: a",
    "envoy.extensions.matching.common_inputs.network.v3.SourceIPInput, ''",
    "envoy.extensions.matching.common_inputs.ssl.v3.DnsSanInput, ''"
  })
  void routesAreNotChosenByWhatEnvoysAreNot(String input, String fields) {
    String type = "type.googleapis.com/" + input;
    String yaml =
        "name: r1\nvirtual_hosts: [{name: v, domains: [a], matcher: {matcher_tree: {input: {name: i, typed_config: {'@type': %s, %s}}, exact_match_map: {map: {a: {action: {name: r, typed_config: {'@type': type.googleapis.com/envoy.config.route.v3.RouteList}}}}}}}}]"
            .formatted(type, fields);
    assertThatThrownBy(() -> table(yaml))
        .hasMessage(
            "requirement violation while creating route match tree: INVALID_ARGUMENT: Route table"
                + " can only match on request headers, saw "
                + type);
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {"-, r1", "10.1.2.3, r0", "11.0.0.1, r1", "no address, r1", "::1, r0"})
  void addressesThatFiltersKeepChooseRoutes(@Nullable String kept, String route) throws Exception {
    RouteTable table =
        routes(
            "{prefix: /, filter_state: [{key: k, address_match: {ranges:"
                + " [{address_prefix: 10.0.0.0, prefix_len: 8}, {address_prefix: '::1', prefix_len:"
                + " 128}]}}]}",
            "{prefix: /}");
    StreamInfo info = new StreamInfo();
    info.connection = new StreamInfo(); // what its filters keep, requests have too
    info.connection.filterState = kept == null ? null : Map.of("k", kept);
    Route found =
        table.match(new RequestHead("GET", "/", "a", true, EmptyHttpHeaders.INSTANCE), info, 0);
    assertThat(requireNonNull(found).name()).isEqualTo(route);
  }
}
