package io.bifocal.conformance.envoy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.UInt32Value;
import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.Loopback;
import io.bifocal.conformance.Plays;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Resources;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.testing.Named;
import io.bifocal.xds.testing.ScriptedControlPlane;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.ScopedRouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.http.buffer.v3.Buffer;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutation;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.netty.pkitesting.CertificateBuilder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What the dump says of secrets, extensions and scopes, whole and cut by resource, name and mask,
 * before and after each of them was refused. Envoy says nothing of the refusal; the API has the
 * fields, and here they are set.
 */
class DiscoveredDumpTest {
  private static final String ADS = "{ads: {}, resource_api_version: V3}";

  /** Not there in Envoy; and what says when, which is never the same. */
  private static final List<String> OURS =
      List.of("error_state", "client_status", "last_updated", "inline_bytes", "inline_string");

  private static final List<String> QUERIES =
      List.of(
          "resource=dynamic_active_secrets",
          "resource=dynamic_warming_secrets",
          "resource=dynamic_active_secrets&name_regex=c.",
          "resource=dynamic_active_secrets&name_regex=x",
          "resource=dynamic_active_secrets&mask=name,version_info",
          "resource=dynamic_active_secrets&mask=secret.name",
          "resource=ecds_filters",
          "resource=ecds_filters&name_regex=ex.",
          "resource=ecds_filters&name_regex=x",
          "resource=ecds_filters&mask=version_info",
          "resource=ecds_filters&mask=ecds_filter.name",
          "resource=dynamic_scoped_route_configs",
          "resource=dynamic_scoped_route_configs&name_regex=scopes",
          "resource=dynamic_scoped_route_configs&name_regex=s1",
          "resource=dynamic_scoped_route_configs&name_regex=x",
          "resource=dynamic_scoped_route_configs&mask=name,version_info",
          "resource=dynamic_scoped_route_configs&mask=scoped_route_configs",
          "resource=dynamic_scoped_route_configs&mask=scoped_route_configs.name",
          "mask=dynamic_active_secrets",
          "mask=ecds_filters",
          "mask=dynamic_scoped_route_configs");

  @RegisterExtension final Stage stage = new Stage();

  /** What was shown by query, before and after. */
  private record Shown(Map<String, List<String>> before, Map<String, List<String>> after) {}

  @Execution(CONCURRENT)
  @ParameterizedTest
  @EnumSource(Dialect.class)
  void theDumpIsEnvoysAndSaysMoreOfARefusal(Dialect dialect) throws Exception {
    try (Plays<Subject, Shown> both = Plays.sideBySide(subject -> play(subject, dialect))) {
      Shown envoy = both.of(Subject.ENVOY);
      Shown bifocal = both.of(Subject.BIFOCAL);
      assertThat(envoy.before.toString()).contains("scopes", "ext", "ca");
      Recital.assertSame(new Recording(envoy.before), new Recording(bifocal.before));
      Recital.assertSame(comparable(envoy.after), comparable(bifocal.after));
    }
  }

  /**
   * Normalised: Envoy's dump shows a secret that it refused, under the version that it refused, and
   * {@code SecretsBesideEnvoyTest} that it does.
   */
  private static Recording comparable(Map<String, List<String>> pages) {
    Map<String, List<String>> comparable = new LinkedHashMap<>(pages);
    comparable.replaceAll(
        (query, lines) ->
            query.contains("secrets")
                ? lines.stream().filter(line -> !line.contains("version_info")).toList()
                : lines);
    return new Recording(comparable);
  }

  private Shown play(Subject subject, Dialect dialect) throws ConfigException {
    ScriptedControlPlane server = stage.keep(new ScriptedControlPlane());
    Proxy proxy = stage.start(subject, Bootstraps.ads(server.port(), dialect));
    server.awaitSubscription(ResourceType.CLUSTER);
    server.push(ResourceType.CLUSTER, "1", List.of(Named.of(ResourceType.CLUSTER, cluster())));
    server.awaitSubscription(ResourceType.SECRET);
    server.push(ResourceType.SECRET, "1", List.of(secret(authority())));
    server.awaitSubscription(ResourceType.LISTENER);
    server.push(ResourceType.LISTENER, "1", List.of(Named.of(ResourceType.LISTENER, listener())));
    server.awaitSubscription(ResourceType.EXTENSION_CONFIG);
    server.push(
        ResourceType.EXTENSION_CONFIG,
        "1",
        List.of(extension(HeaderMutation.getDefaultInstance())));
    server.awaitSubscription(ResourceType.SCOPED_ROUTES);
    server.push(ResourceType.SCOPED_ROUTES, "1", List.of(scope("s1", "a")));
    server.awaitSubscription(ResourceType.ROUTES);
    server.push(
        ResourceType.ROUTES,
        "1",
        List.of(Named.of(ResourceType.ROUTES, Resources.route("r1", "up"))));
    proxy.awaitLive();
    Map<String, List<String>> before = pages(proxy);

    refuse(server, ResourceType.SECRET, secret("no certificate"));
    Buffer notAskedFor = Buffer.newBuilder().setMaxRequestBytes(UInt32Value.of(1)).build();
    refuse(server, ResourceType.EXTENSION_CONFIG, extension(notAskedFor));
    refuse(server, ResourceType.SCOPED_ROUTES, scope("s1", "a"), scope("s2", "a"));
    Shown shown = new Shown(before, pages(proxy));
    if (subject == Subject.BIFOCAL) {
      assertTold(proxy, "dynamic_active_secrets", "Failed to load trusted CA certificates");
      assertTold(proxy, "ecds_filters", "filters.http.buffer.v3.Buffer but expect");
      assertTold(proxy, "dynamic_scoped_route_configs", "scope key conflict");
    }
    return shown;
  }

  private static void refuse(
      ScriptedControlPlane server, ResourceType<?> type, Named... resources) {
    server.push(type, "2", List.of(resources));
    server.awaitRequest(
        "a refusal of " + type,
        request -> request.typeUrl().equals(type.typeUrl()) && request.error().isPresent());
  }

  private static void assertTold(Proxy proxy, String resource, String reason) {
    JsonObject element =
        JsonParser.parseString(proxy.admin("/config_dump?resource=" + resource).body())
            .getAsJsonObject()
            .getAsJsonArray("configs")
            .get(0)
            .getAsJsonObject();
    assertThat(element.get("client_status").getAsString()).as(resource).isEqualTo("NACKED");
    assertThat(element.get("version_info").getAsString()).as(resource).isEqualTo("1");
    JsonObject error = element.getAsJsonObject("error_state");
    assertThat(error.get("version_info").getAsString()).as(resource).isEqualTo("2");
    assertThat(error.get("details").getAsString()).contains(reason);
    assertThat(error.has("failed_configuration")).as(resource).isTrue();
    assertThat(error.has("last_update_attempt")).as(resource).isTrue();
  }

  private static Map<String, List<String>> pages(Proxy proxy) {
    Map<String, List<String>> pages = new LinkedHashMap<>();
    for (String query : QUERIES) {
      Http.Response answer = proxy.admin("/config_dump?" + query);
      List<String> lines = new ArrayList<>(List.of(String.valueOf(answer.status())));
      if (answer.status() == 200) {
        collect("", JsonParser.parseString(answer.body()), lines);
      } else {
        // Normalised: a marker, of changing shape, before each message that Envoy prints.
        lines.add(answer.body().replaceAll("goo\\.gle/debug\\S*\\s+", ""));
      }
      pages.put(query, lines);
    }
    return pages;
  }

  private static void collect(String path, JsonElement element, List<String> lines) {
    if (element.isJsonObject()) {
      element
          .getAsJsonObject()
          .asMap()
          .forEach(
              (key, value) -> {
                if (!OURS.contains(key)) {
                  collect(path + "." + key, value, lines);
                }
              });
    } else if (element.isJsonArray()) {
      element.getAsJsonArray().forEach(item -> collect(path + "[]", item, lines));
    } else {
      lines.add(path + " = " + element);
    }
  }

  // ---- resources

  private static <T extends Message> T read(T prototype, String yaml) throws ConfigException {
    return new BootstrapReader(false).readYaml(yaml, "resource", prototype);
  }

  private static Cluster cluster() throws ConfigException {
    return Resources.staticCluster("up", Loopback.v4(9)).toBuilder()
        .setTransportSocket(
            read(
                TransportSocket.getDefaultInstance(),
                """
                name: envoy.transport_sockets.tls
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
                  common_tls_context: {validation_context_sds_secret_config: {name: ca, sds_config: %s}}
                """
                    .formatted(ADS)))
        .build();
  }

  private static Listener listener() throws ConfigException {
    return read(
        Listener.getDefaultInstance(),
        """
        name: ingress
        address: {socket_address: {address: 127.0.0.1, port_value: 0}}
        filter_chains:
        - filters:
          - name: envoy.filters.network.http_connection_manager
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
              stat_prefix: ingress
              scoped_routes:
                name: scopes
                scope_key_builder: {fragments: [{header_value_extractor: {name: x-scope, index: 0}}]}
                rds_config_source: %1$s
                scoped_rds: {scoped_rds_config_source: %1$s}
              http_filters:
              - name: ext
                config_discovery:
                  config_source: %1$s
                  type_urls: [type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation]
              - name: envoy.filters.http.router
                typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
        """
            .formatted(ADS));
  }

  private static String authority() {
    try {
      return new CertificateBuilder()
          .ecp256()
          .subject("CN=ca")
          .setIsCertificateAuthority(true)
          .buildSelfSigned()
          .getCertificatePEM();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static Named secret(String authority) {
    Secret.Builder secret = Secret.newBuilder().setName("ca");
    secret.getValidationContextBuilder().getTrustedCaBuilder().setInlineString(authority);
    return Named.of(ResourceType.SECRET, secret.build());
  }

  private static Named extension(Message config) {
    return new Named(
        "ext",
        Any.pack(
            TypedExtensionConfig.newBuilder()
                .setName("ext")
                .setTypedConfig(Any.pack(config))
                .build()));
  }

  private static Named scope(String name, String key) throws ConfigException {
    return Named.of(
        ResourceType.SCOPED_ROUTES,
        read(
            ScopedRouteConfiguration.getDefaultInstance(),
            "{name: %s, route_configuration_name: r1, key: {fragments: [{string_key: %s}]}}"
                .formatted(name, key)));
  }
}
