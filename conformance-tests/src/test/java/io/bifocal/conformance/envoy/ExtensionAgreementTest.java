package io.bifocal.conformance.envoy;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
import io.bifocal.conformance.envoy.ValidatingEnvoy.Verdict;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Rules that stand in extensions alone: the extension's configuration is shown to {@code envoy
 * --mode validate} where it belongs in a bootstrap, and alone to our reader. Kinds of rule that are
 * only in types that no bootstrap can hold (reports of load, access-log entries, collections), or
 * that Envoy checks with a request or never (retry priorities, resource monitors, a policy's
 * penalty), have no counterpart here.
 */
class ExtensionAgreementTest {
  private static final String CONSTRAINT = "Proto constraint validation failed (";
  private static final String FILTERS = "envoy.extensions.filters.";
  private static final String HCM =
      FILTERS + "network.http_connection_manager.v3.HttpConnectionManager";

  /** Where in a bootstrap an extension stands. */
  private enum Place {
    HTTP_FILTER(manager("route_config: {}, http_filters: [{name: x, typed_config: %s}]")),
    MANAGER(listener("filter_chains: [{filters: [{name: m, typed_config: %s}]}]")),
    LISTENER_FILTER(listener("listener_filters: [{name: l, typed_config: %s}]")),
    UDP_FILTER(
        "static_resources: {listeners: [{name: l, address: {socket_address: {protocol: UDP,"
            + " address: 127.0.0.1, port_value: 0}}, udp_listener_config: {}, listener_filters:"
            + " [{name: u, typed_config: %s}]}]}"),
    UPSTREAM_SOCKET(cluster("transport_socket: {name: s, typed_config: %s}")),
    PATH_MATCH(
        manager(
            "route_config: {virtual_hosts: [{name: v, domains: [\"*\"], routes: [{match:"
                + " {path_match_policy: {name: p, typed_config: %s}}, route: {cluster_header:"
                + " a}}]}]}")),
    IP_DETECTION(
        manager(
            "route_config: {}, original_ip_detection_extensions: [{name: d, typed_config: %s}]"));

    private final String bootstrap;

    Place(String bootstrap) {
      this.bootstrap = bootstrap;
    }

    private static String cluster(String fields) {
      return "static_resources: {clusters: [{name: a, " + fields + "}]}";
    }

    private static String listener(String fields) {
      return "static_resources: {listeners: [{name: l, address: {socket_address: {address:"
          + " 127.0.0.1, port_value: 0}}, "
          + fields
          + "}]}";
    }

    private static String manager(String fields) {
      return listener(
          "filter_chains: [{filters: [{name: m, typed_config: {\"@type\": type.googleapis.com/"
              + HCM
              + ", stat_prefix: a, "
              + fields
              + "}}]}]");
    }
  }

  /** A type in its place, with fields that both take and fields that both refuse. */
  private record Case(String kind, Place place, String type, String accepted, String rejected) {
    @Override
    public String toString() {
      return kind;
    }
  }

  private static Case route(String kind, String accepted, String rejected) {
    String manager =
        "stat_prefix: a, route_config: {virtual_hosts: [{name: v, domains: [\"*\"], routes:"
            + " [{match: {prefix: /}, %s}]}]}";
    return new Case(
        kind, Place.MANAGER, HCM, manager.formatted(accepted), manager.formatted(rejected));
  }

  static Stream<Case> cases() {
    String bandwidth = FILTERS + "http.bandwidth_limit.v3.BandwidthLimit";
    String udp = FILTERS + "udp.udp_proxy.v3.UdpProxyConfig";
    String udpRoute =
        "stat_prefix: a, matcher: {on_no_match: {action: {name: r, typed_config: {\"@type\":"
            + " type.googleapis.com/envoy.extensions.filters.udp.udp_proxy.v3.Route, cluster:"
            + " a}}}}, hash_policies: ";
    String tls = "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
    String thrift =
        "request_rules: [{field_selector: {name: a, id: %d}, on_present: {metadata_namespace: m,"
            + " key: k}}]";
    String matcher =
        "stat_prefix: a, route_config: {virtual_hosts: [{name: v, domains: [\"*\"], matcher:"
            + " {matcher_tree: {input: {name: i, typed_config: {\"@type\":"
            + " type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput, header_name:"
            + " a}}, exact_match_map: {%s}}}}]}";
    return Stream.of(
        new Case(
            "bool.const",
            Place.UDP_FILTER,
            udp,
            udpRoute + "[{source_ip: true}]",
            udpRoute + "[{source_ip: false}]"),
        new Case(
            "repeated.max_items",
            Place.UDP_FILTER,
            udp,
            udpRoute + "[{source_ip: true}]",
            udpRoute + "[{source_ip: true}, {key: a}]"),
        new Case(
            "duration.gte",
            Place.HTTP_FILTER,
            bandwidth,
            "stat_prefix: a, fill_interval: 0.02s",
            "stat_prefix: a, fill_interval: 0.019s"),
        new Case(
            "duration.lte",
            Place.HTTP_FILTER,
            bandwidth,
            "stat_prefix: a, fill_interval: 1s",
            "stat_prefix: a, fill_interval: 1.1s"),
        new Case(
            "uint64.gte",
            Place.HTTP_FILTER,
            bandwidth,
            "stat_prefix: a, limit_kbps: 1",
            "stat_prefix: a, limit_kbps: 0"),
        new Case(
            "repeated.items.string.in",
            Place.HTTP_FILTER,
            FILTERS + "http.router.v3.Router",
            "strict_check_headers: [x-envoy-max-retries]",
            "strict_check_headers: [a]"),
        new Case(
            "uint32.lt",
            Place.LISTENER_FILTER,
            FILTERS + "listener.proxy_protocol.v3.ProxyProtocol",
            "rules: [{tlv_type: 255}]",
            "rules: [{tlv_type: 256}]"),
        new Case(
            "repeated.items.uint32.lt",
            Place.LISTENER_FILTER,
            FILTERS + "listener.proxy_protocol.v3.ProxyProtocol",
            "pass_through_tlvs: {tlv_type: [255]}",
            "pass_through_tlvs: {tlv_type: [256]}"),
        new Case(
            "string.max_bytes",
            Place.UPSTREAM_SOCKET,
            tls,
            "sni: " + "a".repeat(255),
            "sni: " + "a".repeat(256)),
        new Case(
            "enum.not_in",
            Place.UPSTREAM_SOCKET,
            tls,
            "common_tls_context: {validation_context: {match_typed_subject_alt_names: [{san_type: DNS, matcher: {exact: a}}]}}",
            "common_tls_context: {validation_context: {match_typed_subject_alt_names: [{matcher: {exact: a}}]}}"),
        new Case(
            "repeated.items.string.max_bytes",
            Place.UPSTREAM_SOCKET,
            tls,
            "common_tls_context: {validation_context: {verify_certificate_spki: ["
                + "a".repeat(44)
                + "]}}",
            "common_tls_context: {validation_context: {verify_certificate_spki: ["
                + "a".repeat(45)
                + "]}}"),
        new Case(
            "string.in",
            Place.MANAGER,
            HCM,
            "stat_prefix: a, route_config: {}, scheme_header_transformation: {scheme_to_overwrite: http}",
            "stat_prefix: a, route_config: {}, scheme_header_transformation: {scheme_to_overwrite: ftp}"),
        new Case(
            "string.strict",
            Place.MANAGER,
            HCM,
            "stat_prefix: a, route_config: {}, server_name: b",
            "stat_prefix: a, route_config: {}, server_name: \"a\\nb\""),
        new Case(
            "string.min_len",
            Place.MANAGER,
            HCM,
            "stat_prefix: a, route_config: {}",
            "route_config: {}"),
        new Case(
            "oneof.required",
            Place.MANAGER,
            HCM,
            "stat_prefix: a, route_config: {}",
            "stat_prefix: a"),
        route(
            "repeated.items.string.strict",
            "route: {cluster_header: a, internal_redirect_policy: {response_headers_to_copy: [a]}}",
            "route: {cluster_header: a, internal_redirect_policy: {response_headers_to_copy: [\"a\\n\"]}}"),
        route(
            "repeated.min_items",
            "route: {weighted_clusters: {clusters: [{name: a, weight: 1}]}}",
            "route: {weighted_clusters: {clusters: []}}"),
        new Case(
            "string.well_known_regex",
            Place.IP_DETECTION,
            "envoy.extensions.http.original_ip_detection.custom_header.v3.CustomHeaderConfig",
            "header_name: a",
            "header_name: a b"),
        route(
            "string.prefix",
            "route: {cluster_header: a, rate_limits: [{actions: [{remote_address: {}}], hits_addend: {format: \"%A%\"}}]}",
            "route: {cluster_header: a, rate_limits: [{actions: [{remote_address: {}}], hits_addend: {format: \"A%\"}}]}"),
        route(
            "string.suffix",
            "route: {cluster_header: a, rate_limits: [{actions: [{remote_address: {}}], hits_addend: {format: ''}}]}",
            "route: {cluster_header: a, rate_limits: [{actions: [{remote_address: {}}], hits_addend: {format: \"%A\"}}]}"),
        new Case(
            "int32.gte",
            Place.HTTP_FILTER,
            FILTERS + "http.thrift_to_metadata.v3.ThriftToMetadata",
            thrift.formatted(-32768),
            thrift.formatted(-32769)),
        new Case(
            "int32.lte",
            Place.HTTP_FILTER,
            FILTERS + "http.thrift_to_metadata.v3.ThriftToMetadata",
            thrift.formatted(32767),
            thrift.formatted(32768)),
        new Case(
            "string.max_len",
            Place.PATH_MATCH,
            "envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig",
            "path_template: /" + "a".repeat(255),
            "path_template: /" + "a".repeat(256)),
        new Case(
            "map.min_pairs",
            Place.MANAGER,
            HCM,
            matcher.formatted(
                "map: {a: {action: {name: r, typed_config: {\"@type\":"
                    + " type.googleapis.com/envoy.config.route.v3.Route, match: {prefix: /}, route:"
                    + " {cluster_header: a}}}}}"),
            matcher.formatted("")),
        route(
            "bytes.max_len",
            "route: {cluster_header: a}, request_headers_to_add: [{header: {key: a, raw_value: "
                + "AAAA".repeat(5461)
                + "}}]",
            "route: {cluster_header: a}, request_headers_to_add: [{header: {key: a, raw_value: "
                + "AAAA".repeat(5462)
                + "}}]"),
        route(
            "message.required",
            "route: {cluster_header: a, hash_policy: [{header: {header_name: a}}]}",
            "route: {cluster_header: a, hash_policy: [{}]}"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void whatIsRefusedIsRefusedInTheSameWords(Case rule) throws Exception {
    Verdict envoy = ValidatingEnvoy.show(bootstrap(rule, rule.rejected()));
    assertThat(envoy.text()).as("Envoy").contains(CONSTRAINT);
    assertThat(ours(rule, rule.rejected())).isEqualTo(lastRule(envoy.text()));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void whatIsTakenIsTakenByBoth(Case rule) throws Exception {
    // Envoy may have other reasons not to run such a bootstrap; a rule is not among them.
    assertThat(ValidatingEnvoy.show(bootstrap(rule, rule.accepted())).text())
        .doesNotContain(CONSTRAINT)
        .doesNotContain("INVALID_ARGUMENT");
    assertThat(ours(rule, rule.accepted())).isEmpty();
  }

  private static String bootstrap(Case rule, String fields) {
    return rule.place.bootstrap.formatted(
        "{\"@type\": type.googleapis.com/%s, %s}".formatted(rule.type, fields));
  }

  private static String ours(Case rule, String fields) {
    try {
      var unused =
          new BootstrapReader(false)
              .readYaml(
                  "{" + fields + "}", "test", MessageTypes.prototype(rule.type).orElseThrow());
      return "";
    } catch (ConfigException e) {
      return lastRule(e.reason());
    }
  }

  private static String lastRule(String text) {
    int constraint = text.lastIndexOf(CONSTRAINT);
    return constraint < 0 ? text : text.substring(constraint);
  }
}
