package io.bifocal.dataplane.http.filter.rbac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.net.InetAddresses;
import com.google.protobuf.Struct;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.cluster.OneHost;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.http.filter.FilterBench;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.bifocal.dataplane.http.filter.ScriptedStream;
import io.bifocal.dataplane.stats.StatsStore;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBACPerRoute;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RbacFilterTest {
  private static final String ANY = "[{any: true}]";

  private final FilterBench bench = new FilterBench();
  private final RbacFactory factory = new RbacFactory();

  private HttpFilter.Maker rbac(String yaml) throws ConfigException {
    return bench.make(factory, FilterBench.any(RBAC.getDefaultInstance(), yaml));
  }

  private static String rules(String action, String permissions, String principals) {
    return "{action: %s, policies: {the policy: {permissions: %s, principals: %s}}}"
        .formatted(action, permissions, principals);
  }

  // Client 10.0.0.1:1000, destination 10.0.0.2:80, x-a: b.
  private ScriptedStream ask(String yaml) throws ConfigException {
    return bench.request("GET", "/p/q?r=s", "x-a", "b").through(rbac(yaml)).begin(true);
  }

  private static String text(ScriptedStream stream, String key) {
    return stream
        .info()
        .dynamicMetadata
        .getOrDefault("envoy.filters.http.rbac", Struct.getDefaultInstance())
        .getFieldsOrDefault(key, com.google.protobuf.Value.getDefaultInstance())
        .getStringValue();
  }

  @Test
  void whomNoPolicyAllowsIsDenied() throws ConfigException {
    ScriptedStream stream =
        ask("rules: " + rules("ALLOW", "[{url_path: {path: {exact: /}}}]", ANY));
    assertThat(stream.status()).isEqualTo(403);
    assertThat(stream.body()).isEqualTo("RBAC: access denied");
    assertThat(stream.info().responseCodeDetails)
        .isEqualTo("rbac_access_denied_matched_policy[none]");
    assertThat(bench.count("http.p.rbac.denied")).isEqualTo(1);
    assertThat(text(stream, "enforced_engine_result")).isEqualTo("denied");
  }

  @Test
  void whomAPolicyDeniesIsToldWhich() throws ConfigException {
    ScriptedStream stream =
        ask(
            "{rules: "
                + rules("DENY", ANY, ANY)
                + ", rules_stat_prefix: r., track_per_rule_stats: true}");
    assertThat(stream.info().responseCodeDetails)
        .isEqualTo("rbac_access_denied_matched_policy[the_policy]");
    assertThat(text(stream, "r.enforced_effective_policy_id")).isEqualTo("the policy");
    assertThat(bench.count("http.p.rbac.r.denied")).isEqualTo(1);
    assertThat(bench.count("http.p.rbac.r.policy.the policy.denied")).isEqualTo(1);
  }

  @Test
  void theShadowOnlyCounts() throws ConfigException {
    ScriptedStream stream =
        ask("{shadow_rules: " + rules("DENY", ANY, ANY) + ", shadow_rules_stat_prefix: s}");
    assertThat(stream.reachedUpstream()).isTrue();
    assertThat(bench.count("http.p.rbac.s.shadow_denied")).isEqualTo(1);
    assertThat(bench.count("http.p.rbac.allowed")).isZero();
    assertThat(text(stream, "sshadow_effective_policy_id")).isEqualTo("the policy");
  }

  @Test
  void emptyRulesDenyAndNoneAllow() throws ConfigException {
    assertThat(ask("rules: {}").status()).isEqualTo(403);
    assertThat(ask("{}").reachedUpstream()).isTrue();
  }

  @Test
  void logsAreHintedAt() throws ConfigException {
    ScriptedStream stream = ask("rules: " + rules("LOG", ANY, ANY));
    assertThat(stream.reachedUpstream()).isTrue();
    assertThat(
            stream
                .info()
                .dynamicMetadata
                .getOrDefault("envoy.common", Struct.getDefaultInstance())
                .getFieldsOrThrow("access_log_hint")
                .getBoolValue())
        .isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "any: true | true",
        "header: {name: x-a, string_match: {exact: b}} | true",
        "header: {name: ':path', string_match: {exact: /p/q}} | false",
        "url_path: {path: {exact: /p/q}} | true",
        "destination_ip: {address_prefix: 10.0.0.0, prefix_len: 30} | true",
        "destination_ip: {address_prefix: 11.0.0.0, prefix_len: 30} | false",
        "destination_port: 80 | true",
        "destination_port: 81 | false",
        "destination_port_range: {start: 80, end: 81} | true",
        "destination_port_range: {start: 79, end: 80} | false",
        "requested_server_name: {exact: sni.example} | false",
        "uri_template: {name: t, typed_config: {'@type':"
            + " type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig,"
            + " path_template: '/p/{a}'}} | true",
        "uri_template: {name: t, typed_config: {'@type':"
            + " type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig,"
            + " path_template: '/q/*'}} | false",
        "matcher: {name: u, typed_config: {'@type':"
            + " type.googleapis.com/envoy.extensions.rbac.matchers.upstream_ip_port.v3.UpstreamIpPortMatcher,"
            + " upstream_port_range: {start: 1, end: 65536}}} | false",
        "sourced_metadata: {metadata_source: ROUTE, metadata_matcher: {filter: f, path: [{key: k}],"
            + " value: {present_match: true}, invert: true}} | false",
        "not_rule: {destination_port: 80} | false",
        "and_rules: {rules: [{any: true}, {destination_port: 81}]} | false",
        "or_rules: {rules: [{destination_port: 81}, {any: true}]} | true"
      })
  void permissions(String permission, boolean allowed) throws ConfigException {
    assertThat(ask("rules: " + rules("ALLOW", "[{" + permission + "}]", ANY)).reachedUpstream())
        .isEqualTo(allowed);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "any: true | true",
        "source_ip: {address_prefix: 10.0.0.1, prefix_len: 32} | true",
        "remote_ip: {address_prefix: 10.0.0.2, prefix_len: 32} | false",
        "direct_remote_ip: {address_prefix: 10.0.0.0, prefix_len: 8} | true",
        "header: {name: x-a, present_match: true} | true",
        "url_path: {path: {prefix: /q}} | false",
        "filter_state: {key: who, string_match: {exact: me}} | true",
        "filter_state: {key: other, string_match: {exact: me}} | false",
        "filter_state: {key: ip, address_match: {ranges: [{address_prefix: 1.2.3.0, prefix_len:"
            + " 24}]}} | true",
        "custom: {name: c, typed_config: {'@type':"
            + " type.googleapis.com/envoy.extensions.rbac.principals.mtls_authenticated.v3.Config,"
            + " any_validated_client_certificate: true}} | false",
        "not_id: {any: true} | false",
        "and_ids: {ids: [{any: true}, {not_id: {any: true}}]} | false",
        "or_ids: {ids: [{not_id: {any: true}}, {any: true}]} | true"
      })
  void principals(String principal, boolean allowed) throws ConfigException {
    ScriptedStream stream =
        bench
            .request("GET", "/p/q?r=s", "x-a", "b")
            .through(rbac("rules: " + rules("ALLOW", ANY, "[{" + principal + "}]")));
    stream.info().filterState = Map.of("who", "me", "ip", "1.2.3.4");
    assertThat(stream.begin(true).reachedUpstream()).isEqualTo(allowed);
  }

  @ParameterizedTest
  @CsvSource({"80, 80, true", "79, 80, true", "80, 81, true", "81, 81, false", "1, 79, false"})
  void aRangeOfUpstreamPortsHasItsEnd(int start, int end, boolean allowed) throws ConfigException {
    String upstream =
        "[{matcher: {name: u, typed_config: {'@type':"
            + " type.googleapis.com/envoy.extensions.rbac.matchers.upstream_ip_port.v3.UpstreamIpPortMatcher,"
            + " upstream_port_range: {start: %d, end: %d}}}}]".formatted(start, end);
    ScriptedStream stream =
        bench.request("GET", "/").through(rbac("rules: " + rules("ALLOW", upstream, ANY)));
    Address at = new Address.Ip(InetAddresses.forString("192.0.2.1"), 80);
    stream.info().upstreamHost = OneHost.at(at, new StatsStore(1).root());
    assertThat(stream.begin(true).reachedUpstream()).isEqualTo(allowed);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "permissions: [{uri_template: {name: x, typed_config: {'@type':"
            + " type.googleapis.com/google.protobuf.Empty}}}], principals: [{any: true}] | Didn't"
            + " find a registered implementation for 'x' with type URL: 'google.protobuf.Empty'",
        "permissions: [{matcher: {name: x, typed_config: {'@type':"
            + " type.googleapis.com/google.protobuf.Empty}}}], principals: [{any: true}] | Didn't"
            + " find a registered implementation for 'x' with type URL: 'google.protobuf.Empty'",
        "permissions: [{matcher: {name: x, typed_config: {'@type':"
            + " type.googleapis.com/envoy.extensions.rbac.matchers.upstream_ip_port.v3.UpstreamIpPortMatcher}}}],"
            + " principals: [{any: true}] | Invalid UpstreamIpPortMatcher configuration - missing"
            + " `upstream_ip` and/or `upstream_port_range`",
        "permissions: [{any: true}], principals: [{custom: {name: x, typed_config: {'@type':"
            + " type.googleapis.com/google.protobuf.Empty}}}] | Didn't find a registered"
            + " implementation for 'x' with type URL: 'google.protobuf.Empty'",
        "permissions: [{any: true}], principals: [{custom: {name: x, typed_config: {'@type':"
            + " type.googleapis.com/envoy.extensions.rbac.principals.mtls_authenticated.v3.Config}}}]"
            + " | envoy.rbac.principals.mtls_authenticated did not have any configured validation."
            + " At least one configuration field must be set."
      })
  void extensionsOfOtherKindsAreRefusedInEnvoysWords(String policy, String reason) {
    assertThatThrownBy(() -> rbac("rules: {policies: {p: {" + policy + "}}}")).hasMessage(reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "extensions.matching.common_inputs.network.v3.SourceTypeInput | ''",
        "extensions.matching.common_inputs.network.v3.TransportProtocolInput | ''",
        "extensions.matching.common_inputs.network.v3.DynamicMetadataInput | filter: f, path:"
            + " [{key: k}]",
        "type.matcher.v3.HttpRequestQueryParamMatchInput | query_param: q"
      })
  void aTreeLooksAtNothingThatEnvoysDoesNot(String input, String fields) {
    String yaml =
        "matcher: {matcher_tree: {input: {name: i, typed_config: {'@type': type.googleapis.com/envoy.%s, %s}}, exact_match_map: {map: {a: {action: {name: a, typed_config: {'@type': type.googleapis.com/envoy.config.rbac.v3.Action, name: a}}}}}}}"
            .formatted(input, fields);
    assertThatThrownBy(() -> rbac(yaml))
        .hasMessage(
            "Didn't find a registered implementation for 'i' with type URL: 'envoy." + input + "'");
  }

  @ParameterizedTest
  @CsvSource({"b, allow, 0", "c, deny, 403", "d, none, 403"})
  void aTreeDecides(String value, String policy, int status) throws ConfigException {
    String input =
        "{name: h, typed_config: {'@type':"
            + " type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput, header_name:"
            + " x-a}}";
    String leaf =
        "{action: {name: a, typed_config: {'@type':"
            + " type.googleapis.com/envoy.config.rbac.v3.Action, name: %s, action: %s}}}";
    String yaml =
        "matcher: {matcher_tree: {input: %s, exact_match_map: {map: {b: %s, c: %s}}}}"
            .formatted(input, leaf.formatted("allow", "ALLOW"), leaf.formatted("deny", "DENY"));
    ScriptedStream stream = bench.request("GET", "/", "x-a", value).through(rbac(yaml)).begin(true);
    assertThat(stream.status()).isEqualTo(status);
    if (status != 0) {
      assertThat(stream.info().responseCodeDetails)
          .isEqualTo("rbac_access_denied_matched_policy[" + policy + "]");
    }
  }

  @Test
  void aRouteReplacesTheRulesOrTurnsThemOff() throws ConfigException {
    HttpFilter.Maker deny = rbac("rules: " + rules("DENY", ANY, ANY));
    Object off = factory.routeConfig(FilterBench.any(RBACPerRoute.getDefaultInstance(), "{}"));
    Object empty =
        factory.routeConfig(
            FilterBench.any(RBACPerRoute.getDefaultInstance(), "rbac: {rules: {}}"));
    assertThat(
            bench.request("GET", "/").through(deny).routeConfig(off).begin(true).reachedUpstream())
        .isTrue();
    assertThat(
            bench
                .request("GET", "/")
                .through(deny)
                .routeConfig(off)
                .routeConfig(empty)
                .begin(true)
                .status())
        .isEqualTo(403);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aPolicyMayHaveAConditionInCel(boolean value) throws ConfigException {
    String constant = "{const_expr: {bool_value: " + value + "}}";
    String policy =
        "rules: {policies: {p: {permissions: [{any: true}], principals: [{any: true}], %s}}}";
    assertThat(ask(policy.formatted("condition: " + constant)).reachedUpstream()).isEqualTo(value);
    assertThat(
            ask(policy.formatted("checked_condition: {expr: " + constant + "}")).reachedUpstream())
        .isEqualTo(value);
  }

  @Test
  void aConditionThatCouldNeverHoldIsRefused() {
    assertThatThrownBy(
            () ->
                ask(
                    "rules: {policies: {p: {permissions: [{any: true}], principals: [{any: true}],"
                        + " condition: {call_expr: {function: nope}}}}}"))
        .hasMessage(
            "failed to create an expression: No overload found in reference resolve step for nope");
  }
}
