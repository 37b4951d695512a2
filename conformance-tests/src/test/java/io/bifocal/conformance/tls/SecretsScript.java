package io.bifocal.conformance.tls;

import static org.awaitility.Awaitility.await;

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
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Quiet;
import io.bifocal.conformance.Resources;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.testing.HeardRequest;
import io.bifocal.xds.testing.Named;
import io.bifocal.xds.testing.ScriptedControlPlane;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** Plays secrets to one subject, and notes by step what it did. */
final class SecretsScript {
  static final String BAD = "a certificate with another's key";

  static final String TAKEN_AWAY = "the certificate taken away";

  static final X509Bundle CA = Certificates.root("ca");
  private static final X509Bundle A = Certificates.issue(CA, Certificates.leaf("a.test"));
  private static final X509Bundle B = Certificates.issue(CA, Certificates.leaf("b.test"));
  private static final X509Bundle CLIENT = Certificates.issue(CA, Certificates.leaf("client.test"));
  private static final Duration QUIET = Duration.ofMillis(500);
  private static final Duration ANSWER = Duration.ofSeconds(10);
  private static final List<String> STATS =
      List.of(
          "sds\\.[a-z]+\\.(update_success|update_rejected|update_failure|init_fetch_timeout"
              + "|version_text|key_rotation_failed)",
          "(cluster|listener)\\.[a-z]+\\.(client|server)_ssl_socket_factory\\..*",
          "cluster_manager\\.(active|warming)_clusters",
          "listener_manager\\.total_listeners_(active|warming)",
          "listener\\.[a-z]+\\.ssl\\.(connection_error|fail_verify.*)",
          "cluster\\.[a-z]+\\.ssl\\.(connection_error|fail_verify.*)");

  private final ScriptedControlPlane server;
  private final Proxy proxy;
  private final Dialect dialect;
  private final Map<String, List<String>> notes = new LinkedHashMap<>();
  private int read;

  private SecretsScript(ScriptedControlPlane server, Proxy proxy, Dialect dialect) {
    this.server = server;
    this.proxy = proxy;
    this.dialect = dialect;
  }

  /** On any thread; what it starts ends with it. */
  static Map<String, List<String>> play(Subject subject, Dialect dialect) throws Exception {
    try (Started started = new Started()) {
      return play(started, subject, dialect);
    }
  }

  private static Map<String, List<String>> play(Started stage, Subject subject, Dialect dialect)
      throws Exception {
    ScriptedControlPlane server = stage.keep(new ScriptedControlPlane());
    TlsBackend backend =
        stage.keep(TlsBackend.start("127.0.0.1", TlsBackend.serving(A, CA, tls -> {})));
    Proxy proxy =
        stage.start(subject, List.of(), Bootstraps.ads(server.port(), dialect), List.of());
    SecretsScript script = new SecretsScript(server, proxy, dialect);
    script.play(backend);
    StringBuilder text = new StringBuilder();
    script.notes.forEach(
        (step, lines) ->
            text.append(step).append("\n  ").append(String.join("\n  ", lines)).append('\n'));
    Path file = Path.of("target", "recordings", "secrets-" + subject + "-" + dialect + ".txt");
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(file, text);
    return script.notes;
  }

  private void play(TlsBackend backend) throws Exception {
    server.awaitSubscription(ResourceType.CLUSTER);
    push(ResourceType.CLUSTER, "1", cluster(backend));
    note("a cluster that needs secrets");
    push(ResourceType.SECRET, "1", certificate("client", CLIENT, CLIENT), trust("ca"));
    note("its secrets");
    push(ResourceType.LISTENER, "1", listener());
    note("a listener that needs secrets");
    push(
        ResourceType.SECRET,
        "2",
        certificate("client", CLIENT, CLIENT),
        trust("ca"),
        certificate("own", A, A));
    proxy.awaitLive();
    served("its secret");
    try (TlsTraffic traffic = TlsTraffic.start(proxy.listener("ingress"), CLIENT);
        TlsVisit before = TlsVisit.to(proxy.listener("ingress"), CLIENT)) {
      traffic.awaitMore();
      push(
          ResourceType.SECRET,
          "3",
          certificate("client", CLIENT, CLIENT),
          trust("ca"),
          certificate("own", B, B));
      served("another certificate");
      push(
          ResourceType.SECRET,
          "4",
          certificate("client", CLIENT, CLIENT),
          trust("ca"),
          certificate("own", A, B));
      served(BAD);
      if (dialect == Dialect.DELTA) {
        server.send(
            DeltaDiscoveryResponse.newBuilder()
                .setTypeUrl(ResourceType.SECRET.typeUrl())
                .setNonce(server.nextNonce())
                .setSystemVersionInfo("5")
                .addRemovedResources("own")
                .build());
      } else {
        push(ResourceType.SECRET, "5", certificate("client", CLIENT, CLIENT), trust("ca"));
      }
      served(TAKEN_AWAY);
      push(
          ResourceType.SECRET,
          "6",
          certificate("client", CLIENT, CLIENT),
          trust("ca"),
          certificate("own", A, A));
      served("a good one again");
      traffic.awaitMore();
      note("meanwhile", "clients failed: " + traffic.failures(), "before: " + before.again());
    }
    push(ResourceType.LISTENER, "2");
    await().pollDelay(Duration.ofSeconds(3)).until(() -> true); // it drains
    note("no listener");
  }

  private void push(ResourceType<?> type, String version, Named... resources) {
    String nonce = server.push(type, version, List.of(resources));
    try {
      await()
          .atMost(type.equals(ResourceType.CLUSTER) ? QUIET : ANSWER)
          .until(() -> server.requests().stream().anyMatch(r -> r.nonce().equals(nonce)));
    } catch (org.awaitility.core.ConditionTimeoutException e) {
      // Noted by its absence.
    }
  }

  private void served(String step) throws Exception {
    note(step);
    try (TlsVisit visit = TlsVisit.to(proxy.listener("ingress"), CLIENT)) {
      notes.put(step + ", served", List.of("serves " + visit.serverNames(), visit.again()));
    }
    dumped(step);
  }

  private void note(String step, String... more) {
    Quiet.await(server, proxy, QUIET);
    List<String> lines = new ArrayList<>(List.of(more));
    List<HeardRequest> all = server.requests();
    all.subList(read, all.size()).forEach(heard -> lines.add(line(heard)));
    read = all.size();
    new TreeMap<>(proxy.stats())
        .forEach(
            (name, value) -> {
              if (STATS.stream().anyMatch(name::matches)
                  // Normalised: what is not there yet reads as what is still zero.
                  && !value.equals("0")
                  && !value.equals("\"\"")) {
                lines.add(name + ": " + value);
              }
            });
    notes.put(step, lines);
  }

  /** Normalised: names are sorted, and of a refusal's words the end is compared. */
  private static String line(HeardRequest heard) {
    String type = heard.typeUrl().substring(heard.typeUrl().lastIndexOf('.') + 1);
    String error =
        heard.error().map(e -> " error " + e.getCode() + " " + e.getMessage()).orElse("");
    if (heard instanceof HeardRequest.StateOfTheWorld request) {
      return "%s %s version '%s' nonce '%s'%s"
          .formatted(
              type,
              new TreeSet<>(request.message().getResourceNamesList()),
              request.message().getVersionInfo(),
              heard.nonce(),
              error);
    }
    HeardRequest.Delta request = (HeardRequest.Delta) heard;
    return "%s +%s -%s nonce '%s'%s"
        .formatted(
            type,
            new TreeSet<>(request.message().getResourceNamesSubscribeList()),
            new TreeSet<>(request.message().getResourceNamesUnsubscribeList()),
            heard.nonce(),
            error);
  }

  private void dumped(String step) {
    String json = proxy.admin("/config_dump").body();
    List<String> lines = new ArrayList<>();
    for (JsonElement dump :
        JsonParser.parseString(json).getAsJsonObject().getAsJsonArray("configs")) {
      if (dump.getAsJsonObject().get("@type").getAsString().endsWith("SecretsConfigDump")) {
        for (Map.Entry<String, JsonElement> section : dump.getAsJsonObject().entrySet()) {
          if (section.getValue().isJsonArray()) {
            section
                .getValue()
                .getAsJsonArray()
                .forEach(e -> lines.addAll(secret(section.getKey(), e.getAsJsonObject())));
          }
        }
      }
    }
    lines.sort(null);
    if (json.contains("PRIVATE KEY")) {
      lines.add("a private key is shown");
    }
    notes.put(step + ", dumped", lines);
  }

  private static List<String> secret(String section, JsonObject entry) {
    String name = section + " " + entry.get("name").getAsString();
    List<String> lines = new ArrayList<>();
    lines.add(name + "@" + entry.get("version_info").getAsString());
    JsonObject certificate = entry.getAsJsonObject("secret").getAsJsonObject("tls_certificate");
    if (certificate != null) {
      lines.add(name + " key " + certificate.getAsJsonObject("private_key"));
    }
    return lines;
  }

  // ---- resources

  private static Named cluster(TlsBackend backend) throws ConfigException {
    return cluster(backend, 0);
  }

  /**
   * The same.
   *
   * @param requests how many a connection may serve; 0 for any number
   */
  static Named cluster(TlsBackend backend, int requests) throws ConfigException {
    HttpProtocolOptions.Builder http = HttpProtocolOptions.newBuilder();
    http.getExplicitHttpConfigBuilder().getHttpProtocolOptionsBuilder();
    if (requests > 0) {
      http.getCommonHttpProtocolOptionsBuilder()
          .setMaxRequestsPerConnection(UInt32Value.of(requests));
    }
    Cluster cluster =
        Resources.staticCluster("up", backend.address()).toBuilder()
            .putTypedExtensionProtocolOptions(
                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions", Any.pack(http.build()))
            .setTransportSocket(
                tls(
                    UpstreamTlsContext.getDefaultInstance(),
                    "common_tls_context: {tls_certificate_sds_secret_configs: [%s],"
                            .formatted(sds("client"))
                        + " combined_validation_context: {default_validation_context:"
                        + " {match_typed_subject_alt_names: [{san_type: DNS, matcher: {exact:"
                        + " a.test}}]}, validation_context_sds_secret_config: %s}}"
                            .formatted(sds("ca"))))
            .build();
    return Named.of(ResourceType.CLUSTER, cluster);
  }

  static Named listener() throws ConfigException {
    String yaml =
        """
        name: ingress
        stat_prefix: ingress
        address: {socket_address: {address: 127.0.0.1, port_value: 0}}
        filter_chains:
        - filters:
          - name: envoy.filters.network.http_connection_manager
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
              stat_prefix: ingress
              route_config: {virtual_hosts: [{name: all, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: up}}]}]}
              http_filters:
              - name: envoy.filters.http.router
                typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
        """;
    Listener.Builder listener =
        new BootstrapReader(false)
            .readYaml(yaml, "listener", Listener.getDefaultInstance()).toBuilder();
    listener
        .getFilterChainsBuilder(0)
        .setTransportSocket(
            tls(
                DownstreamTlsContext.getDefaultInstance(),
                "require_client_certificate: true, common_tls_context:"
                    + " {tls_certificate_sds_secret_configs: [%s],".formatted(sds("own"))
                    + " validation_context_sds_secret_config: %s}".formatted(sds("ca"))));
    return Named.of(ResourceType.LISTENER, listener.build());
  }

  private static String sds(String name) {
    return "{name: " + name + ", sds_config: {ads: {}, resource_api_version: V3}}";
  }

  private static TransportSocket tls(Message type, String yaml) throws ConfigException {
    return TransportSocket.newBuilder()
        .setName("envoy.transport_sockets.tls")
        .setTypedConfig(
            Any.pack(new BootstrapReader(false).readYaml("{" + yaml + "}", "tls", type)))
        .build();
  }

  static Named certificate(String name, X509Bundle bundle, X509Bundle key) throws ConfigException {
    return secret(
        "{name: %s, tls_certificate: {certificate_chain: {inline_string: \"%s\"}, private_key:"
                .formatted(name, line(bundle.getCertificatePathPEM()))
            + " {inline_string: \"%s\"}}}".formatted(line(key.getPrivateKeyPEM())));
  }

  static Named trust(String name) throws ConfigException {
    return secret(
        "{name: %s, validation_context: {trusted_ca: {inline_string: \"%s\"}}}"
            .formatted(name, line(CA.getCertificatePEM())));
  }

  private static Named secret(String yaml) throws ConfigException {
    return Named.of(
        ResourceType.SECRET,
        new BootstrapReader(false).readYaml(yaml, "secret", Secret.getDefaultInstance()));
  }

  private static String line(String pem) {
    return pem.replace("\n", "\\n");
  }
}
