package io.bifocal.conformance.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Http;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.SideBySide.Both;
import io.bifocal.conformance.Sides;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Who may pass by which condition, of clients with a certificate that is trusted, with one that is
 * accepted without being trusted, with none, and without TLS; also which route they take.
 */
class RbacBesideEnvoyTest {
  private static final String TYPE = "type.googleapis.com/envoy.";
  private static final X509Bundle CA = Certificates.root("ca");
  private static final X509Bundle SERVER = Certificates.issue(CA, Certificates.leaf("server.test"));
  private static final X509Bundle CLIENT = client();

  /** By another authority of the same name, so that its client shows it. */
  private static final X509Bundle STRANGER =
      Certificates.issue(
          Certificates.root("ca"),
          Certificates.leaf("client.test").addExtendedKeyUsageClientAuth());

  @RegisterExtension static final Sides<Proxy> SIDES = new Sides<>(RbacBesideEnvoyTest::start);

  private static final String RESUMED = "listener.tls.ssl.session_reused";

  /**
   * A condition.
   *
   * @param match further fields of its route's match
   * @param rbac what is said of the filter there
   */
  record Case(String name, String match, String rbac) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static X509Bundle client() {
    try {
      return Certificates.issue(
          CA,
          Certificates.leaf("client.test")
              .addSanDnsName("b.test")
              .addSanUriName("spiffe://a/b")
              .addExtendedKeyUsageClientAuth());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private static Case permission(String name, String permission) {
    return new Case(name, "", rules(permission, "any: true"));
  }

  private static Case principal(String name, String principal) {
    return new Case(name, "", rules("any: true", principal));
  }

  private static String rules(String permission, String principal) {
    return "rules: {policies: {p: {permissions: [{%s}], principals: [{%s}]}}}"
        .formatted(permission, principal);
  }

  private static Case route(String name, String match) {
    return new Case(name, ", " + match, "");
  }

  private static Case mtls(String name, String fields) {
    return principal(
        name,
        "custom: " + extension("extensions.rbac.principals.mtls_authenticated.v3.Config", fields));
  }

  private static Case tree(String name, String input, String fields, String value) {
    String action = extension("config.rbac.v3.Action", "name: a, action: ALLOW");
    return new Case(
        name,
        "",
        "matcher: {matcher_list: {matchers: [{predicate: {single_predicate: {input: %s, value_match: {%s}}}, on_match: {action: %s}}]}}"
            .formatted(extension(input, fields), value, action));
  }

  private static String extension(String type, String fields) {
    return "{name: e, typed_config: {\"@type\": %s%s, %s}}".formatted(TYPE, type, fields);
  }

  static Stream<Case> cases() {
    String inputs = "extensions.matching.common_inputs.";
    String san = "san_matcher: {san_type: %s, matcher: {%s}}";
    String sourced =
        "sourced_metadata: {metadata_source: ROUTE, metadata_matcher: {filter: f, path: [{key: k}],"
            + " value: {string_match: {exact: %s}}%s}}";
    return Stream.of(
        permission(
            "template",
            "uri_template: "
                + extension(
                    "extensions.path.match.uri_template.v3.UriTemplateMatchConfig",
                    "path_template: \"/a/{b}\"")),
        permission(
            "upstream",
            "matcher: "
                + extension(
                    "extensions.rbac.matchers.upstream_ip_port.v3.UpstreamIpPortMatcher",
                    "upstream_port_range: {start: 1, end: 65536}")),
        permission("of-route", sourced.formatted("v", "")),
        permission("of-another-route", sourced.formatted("w", "")),
        permission("not-of-route", sourced.formatted("w", ", invert: true")),
        principal("state", "filter_state: {key: k, string_match: {prefix: a}}"),
        principal(
            "state-address",
            "filter_state: {key: k, address_match: {ranges: [{address_prefix: 0.0.0.0, prefix_len:"
                + " 0}]}}"),
        principal("authenticated", "authenticated: {}"),
        mtls("mtls", "any_validated_client_certificate: true"),
        mtls("mtls-dns", san.formatted("DNS", "exact: client.test")),
        mtls("mtls-second", san.formatted("DNS", "exact: B.test")),
        mtls("mtls-uri", san.formatted("URI", "prefix: \"spiffe://a/\"")),
        mtls("mtls-other", san.formatted("EMAIL", "prefix: a")),
        mtls(
            "mtls-both",
            "any_validated_client_certificate: true, " + san.formatted("DNS", "exact: other.test")),
        route("presented", "tls_context: {presented: true}"),
        route("validated", "tls_context: {validated: true}"),
        route("not-validated", "tls_context: {validated: false}"),
        route("route-state", "filter_state: [{key: k, string_match: {prefix: a}}]"),
        route(
            "route-state-address",
            "filter_state: [{key: k, address_match: {ranges: [{address_prefix: 0.0.0.0, prefix_len:"
                + " 0}]}}]"),
        tree("tree-uri", inputs + "ssl.v3.UriSanInput", "", "exact: \"spiffe://a/b\""),
        tree("tree-dns", inputs + "ssl.v3.DnsSanInput", "", "exact: \"client.test,b.test\""),
        tree("tree-subject", inputs + "ssl.v3.SubjectInput", "", "exact: CN=leaf"),
        tree("tree-any-subject", inputs + "ssl.v3.SubjectInput", "", "prefix: C"),
        tree("tree-state", inputs + "network.v3.FilterStateInput", "key: k", "prefix: a"),
        tree(
            "tree-header",
            "type.matcher.v3.HttpRequestHeaderMatchInput",
            "header_name: x-case",
            "prefix: tree"),
        tree("tree-source", inputs + "network.v3.SourceIPInput", "", "exact: \"127.0.0.1\""),
        tree(
            "tree-direct-source",
            inputs + "network.v3.DirectSourceIPInput",
            "",
            "exact: \"127.0.0.1\""),
        tree(
            "tree-destination",
            inputs + "network.v3.DestinationIPInput",
            "",
            "exact: \"127.0.0.2\""),
        tree(
            "tree-port",
            inputs + "network.v3.DestinationPortInput",
            "",
            "safe_regex: {google_re2: {}, regex: \"[0-9]+\"}"));
  }

  private static Proxy start(Subject subject, Started started) {
    Path chain = started.write("chain.pem", SERVER.getCertificatePathPEM());
    Path key = started.write("key.pem", SERVER.getPrivateKeyPEM());
    Path trusted = started.write("ca.pem", CA.getCertificatePEM());
    String tls =
        "transport_socket: "
            + extension(
                "extensions.transport_sockets.tls.v3.DownstreamTlsContext",
                "common_tls_context: {tls_certificates: [{certificate_chain: {filename: %s}, private_key: {filename: %s}}], validation_context: {trusted_ca: {filename: %s}, trust_chain_verification: ACCEPT_UNTRUSTED}}"
                    .formatted(chain, key, trusted))
            + ",";
    return started
        .start(
            subject,
            List.of(),
            """
            admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
            static_resources:
              listeners:
            """
                + listener("plain", "")
                + listener("tls", tls),
            List.of("-l", "warning"))
        .awaitLive();
  }

  private static String listener(String name, String transport) {
    StringBuilder routes = new StringBuilder();
    cases()
        .forEach(
            c ->
                routes.append(
                    "{match: {prefix: /, headers: [{name: x-case, string_match: {exact: %s}}]%s}, metadata: {filter_metadata: {f: {k: v}}}, %s, typed_per_filter_config: {rbac: {\"@type\": %sextensions.filters.http.rbac.v3.RBACPerRoute, rbac: {%s}}}},\n"
                        .formatted(c.name, c.match, answer(200), TYPE, c.rbac)));
    return """
      - name: %s
        stat_prefix: tls
        address: {socket_address: {address: 127.0.0.2, port_value: 0}}
        filter_chains: [{%s filters: [{name: http, typed_config: {
          "@type": %sextensions.filters.network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: s, delayed_close_timeout: 0s,
          route_config: {virtual_hosts: [{name: v, domains: ["*"], routes: [%s {match: {prefix: /}, %s}]}]},
          http_filters: [{name: rbac, typed_config: {"@type": %sextensions.filters.http.rbac.v3.RBAC}}, {name: router, typed_config: {"@type": %sextensions.filters.http.router.v3.Router}}]}}]}]
    """
        .formatted(name, transport, TYPE, routes, answer(418), TYPE, TYPE);
  }

  private static String answer(int status) {
    return "direct_response: {status: %d, body: {inline_string: here}}".formatted(status);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theSamePass(Case c) {
    SIDES.same(proxy -> visitors(proxy, c));
  }

  /** Who resumes a session is judged again by us, and by Envoy is not validated any more. */
  @Test
  void whoComesBackIsForUsWhoItWas() {
    Both<List<String>> seen =
        SIDES.ask(
            proxy -> {
              long before = proxy.stat(RESUMED);
              List<String> all = new ArrayList<>();
              for (X509Bundle own : List.of(CLIENT, STRANGER)) {
                SSLContext client = TlsVisit.client(own);
                for (int i = 0; i < 3; i++) {
                  all.add(i + " " + validated(proxy, client));
                }
              }
              assertThat(proxy.stat(RESUMED) - before).as("resumed by both").isEqualTo(4);
              return all;
            });
    assertThat(seen.envoy())
        .containsExactly(
            "0 200 418 200 403",
            "1 418 200 403 403",
            "2 418 200 403 403",
            "0 418 200 403 403",
            "1 418 200 403 403",
            "2 418 200 403 403");
    assertThat(seen.bifocal())
        .containsExactly(
            "0 200 418 200 403",
            "1 200 418 200 403",
            "2 200 418 200 403",
            "0 418 200 403 403",
            "1 418 200 403 403",
            "2 418 200 403 403");
  }

  private static String validated(Proxy proxy, SSLContext client) {
    List<String> all = new ArrayList<>();
    try (TlsVisit visit = TlsVisit.to(proxy.listener("tls"), client)) {
      for (String name : List.of("validated", "not-validated", "mtls", "mtls-other")) {
        all.add(visit.head("x-case: " + name + "\r\n").split(" ")[1]);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return String.join(" ", all);
  }

  private static List<String> visitors(Proxy proxy, Case c) {
    List<String> all = new ArrayList<>();
    for (String path : List.of("/", "/a/b?c=d", "/a/b/c")) {
      Http.Response response =
          Http.request(proxy.listener("plain"), "GET", path, Map.of("x-case", c.name), "");
      all.add(path + " " + response.head().lines().findFirst().orElse(""));
    }
    all.add("nobody " + visit(proxy, null, c));
    all.add("client " + visit(proxy, CLIENT, c));
    all.add("stranger " + visit(proxy, STRANGER, c));
    return all;
  }

  private static String visit(Proxy proxy, @Nullable X509Bundle own, Case c) {
    try (TlsVisit visit = TlsVisit.to(proxy.listener("tls"), own)) {
      return visit.head("x-case: " + c.name + "\r\n").lines().findFirst().orElse("");
    } catch (IOException e) {
      throw new AssertionError(c + " of " + (own == null ? "nobody" : own), e);
    }
  }
}
