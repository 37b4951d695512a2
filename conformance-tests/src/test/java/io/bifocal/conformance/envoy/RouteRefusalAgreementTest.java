package io.bifocal.conformance.envoy;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.http.route.RouteContext;
import io.bifocal.dataplane.http.route.RouteTable;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Routes that cannot be taken, shown to {@code envoy --mode validate} and to our compiler. */
class RouteRefusalAgreementTest {
  private static String bootstrap(String route) {
    return """
        static_resources:
          clusters: [{name: a, type: STATIC, load_assignment: {cluster_name: a}}]
          listeners:
          - name: l
            address: {socket_address: {address: 127.0.0.1, port_value: 0}}
            filter_chains:
            - filters:
              - name: hcm
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: p
                  route_config:
                    name: routes
                    virtual_hosts: [{name: v, domains: ["*"], routes: [%s]}]
                  http_filters: [{name: r, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}]
        """
        .formatted(
            route.replace(
                "NO_EXTENSION",
                "{name: x, typed_config: {\"@type\": type.googleapis.com/envoy.config.route.v3.NonForwardingAction}}"));
  }

  private static String ours(String yaml) throws Exception {
    HttpConnectionManager manager =
        new BootstrapReader(false)
            .readYaml(yaml, "--config-yaml")
            .getStaticResources()
            .getListeners(0)
            .getFilterChains(0)
            .getFilters(0)
            .getTypedConfig()
            .unpack(HttpConnectionManager.class);
    try {
      var unused =
          RouteTable.compile(
              manager.getRouteConfig(),
              new RouteContext("a"::equals, RuntimeReader.NONE, (filter, any) -> null),
              true);
      return "taken";
    } catch (ConfigException e) {
      return e.reason();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{match: {prefix: /}, route: {cluster: nowhere}}",
        "{match: {prefix: /}, route: {cluster: a, prefix_rewrite: /a, regex_rewrite: {pattern: {regex: a}, substitution: b}}}",
        "{match: {prefix: /}, route: {cluster: a, path_rewrite_policy: {name: r, typed_config: {\"@type\": type.googleapis.com/envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig, path_template_rewrite: /b}}}}",
        "{match: {path_match_policy: NO_EXTENSION}, route: {cluster: a}}",
        "{match: {prefix: /}, route: {cluster: a, request_mirror_policies: [{}]}}",
        "{match: {prefix: /}, route: {cluster: a, request_mirror_policies: [{cluster: a, cluster_header: b}]}}",
        "{match: {prefix: /}, route: {cluster: a, request_mirror_policies: [{cluster: nowhere}]}}",
        "{match: {prefix: /}, route: {cluster: a, internal_redirect_policy: {response_headers_to_copy: [\":path\"]}}}",
        "{match: {prefix: /}, route: {cluster: a, internal_redirect_policy: {predicates: [NO_EXTENSION]}}}",
        "{match: {prefix: /}, route: {weighted_clusters: {clusters: [{name: a, weight: 0}]}}}",
        "{match: {prefix: /}, route: {weighted_clusters: {clusters: [{name: a, weight: 4294967295}, {name: a, weight: 1}]}}}",
        "{match: {prefix: /}, route: {weighted_clusters: {clusters: [{name: a, cluster_header: b, weight: 1}]}}}",
        "{match: {prefix: /}, route: {weighted_clusters: {clusters: [{weight: 1}]}}}",
        "{match: {prefix: /}, route: {weighted_clusters: {clusters: [{name: nowhere, weight: 1}]}}}",
        "{match: {prefix: /}, route: {cluster: a, retry_policy: {retry_back_off: {base_interval: 2s, max_interval: 1s}}}}",
        "{match: {prefix: /}, route: {cluster: a, retry_policy: {retry_host_predicate: [NO_EXTENSION]}}}",
        "{match: {prefix: /}, route: {cluster: a, early_data_policy: NO_EXTENSION}}",
        "{match: {prefix: /}, direct_response: {status: 200, body: {filename: /no/such/file}}}",
        "{match: {prefix: /}, redirect: {regex_rewrite: {pattern: {regex: \"(\"}, substitution: b}}}",
        "{match: {prefix: /, headers: [{name: x, string_match: {safe_regex: {regex: a}, ignore_case: true}}]}, route: {cluster: a}}",
        "{match: {prefix: /}, route: {cluster: a}, request_headers_to_add: [{header: {key: \":path\", value: a}}]}",
        "{match: {prefix: /}, route: {cluster: a}, request_headers_to_remove: [host]}",
      })
  void itIsRefusedInTheSameWords(String route) throws Exception {
    ValidatingEnvoy.Verdict envoy = ValidatingEnvoy.show(bootstrap(route));

    assertThat(envoy.accepted()).isFalse();
    assertThat(envoy.text()).endsWith(ours(bootstrap(route)));
  }

  /** A virtual host whose routes are chosen by one input. */
  private static String choosing(String input) {
    return bootstrap("")
        .replace(
            "routes: []",
            "matcher: {matcher_tree: {input: {name: i, typed_config: {\"@type\": type.googleapis.com/%s}}, exact_match_map: {map: {a: {action: {name: r, typed_config: {\"@type\": type.googleapis.com/envoy.config.route.v3.Route, match: {prefix: /}, route: {cluster: a}}}}}}}}"
                .formatted(input));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "envoy.type.matcher.v3.HttpRequestQueryParamMatchInput, query_param: a",
        "envoy.type.matcher.v3.HttpResponseStatusCodeMatchInput",
        "envoy.extensions.matching.common_inputs.network.v3.DestinationIPInput",
        "envoy.extensions.matching.common_inputs.network.v3.ServerNameInput",
        "envoy.extensions.matching.common_inputs.network.v3.SourceTypeInput",
        "envoy.extensions.matching.common_inputs.network.v3.TransportProtocolInput",
        "envoy.extensions.matching.common_inputs.ssl.v3.SubjectInput",
        "envoy.config.route.v3.NonForwardingAction",
      })
  void routesAreChosenByTheSameInputsOnly(String input) throws Exception {
    ValidatingEnvoy.Verdict envoy = ValidatingEnvoy.show(choosing(input));
    assertThat(envoy.accepted()).isFalse();
    // Normalised: which line of Envoy's source it was.
    assertThat(envoy.text().replaceFirst("(?s)\\s+=== Source Location Trace.*", ""))
        .endsWith(ours(choosing(input)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "envoy.type.matcher.v3.HttpRequestHeaderMatchInput, header_name: a",
        "envoy.extensions.matching.common_inputs.network.v3.FilterStateInput, key: a",
      })
  void routesAreChosenByHeadersAndState(String input) throws Exception {
    assertThat(ValidatingEnvoy.show(choosing(input)).accepted()).isTrue();
    assertThat(ours(choosing(input))).isEqualTo("taken");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{match: {prefix: /}, non_forwarding_action: {}}",
        "{match: {prefix: /}, route: {cluster: a, regex_rewrite: {pattern: {regex: a}, substitution: \"\\\\2\"}}}",
      })
  void itIsTakenByBoth(String route) throws Exception {
    assertThat(ValidatingEnvoy.show(bootstrap(route)).accepted()).isTrue();
    assertThat(ours(bootstrap(route))).isEqualTo("taken");
  }
}
