package io.bifocal.conformance.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.Any;
import io.bifocal.api.BootstrapReader;
import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.testing.HeardRequest;
import io.bifocal.xds.testing.Named;
import io.bifocal.xds.testing.ScriptedControlPlane;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.netty.pkitesting.X509Bundle;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.interfaces.ECPrivateKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Keys and passwords from every source, good and bad: nothing of them is in the log at its most
 * talkative, in anything that the admin interface shows, or in what the control plane hears.
 */
class NothingSecretIsToldTest {
  private static final List<String> PAGES =
      List.of(
          "/config_dump",
          "/config_dump?include_eds",
          "/config_dump?resource=dynamic_active_secrets",
          "/config_dump?resource=static_secrets",
          "/config_dump?resource=dynamic_listeners",
          "/certs",
          "/clusters?format=json",
          "/init_dump",
          "/listeners?format=json",
          "/server_info",
          "/stats",
          "/stats/prometheus",
          "/runtime");

  private static final String STORE_PASSWORD = "the-store-opens-by-this";
  private static final byte[] TICKET_KEY = new byte[80];
  private static final X509Bundle CA = SecretsScript.CA;

  private final Started started = new Started();

  /** By what they are: texts that must be nowhere. */
  private final Map<String, String> secrets = new LinkedHashMap<>();

  @AfterEach
  void close() throws Exception {
    started.close();
  }

  private X509Bundle own(String name) {
    X509Bundle own = Certificates.issue(CA, Certificates.leaf(name + ".test"));
    String[] lines = own.getPrivateKeyPEM().split("\n", -1);
    for (int i = 1; i < lines.length; i++) {
      if (!lines[i].isBlank() && !lines[i].startsWith("-----")) {
        secrets.put(name + ", line " + i, lines[i].strip());
      }
    }
    ECPrivateKey key = (ECPrivateKey) own.getKeyPair().getPrivate();
    secrets.put(name + ", hexadecimal", key.getS().toString(16));
    secrets.put(name + ", decimal", key.getS().toString());
    return own;
  }

  @Test
  void ofNoSourceAndByNoWay() throws Exception {
    Arrays.fill(TICKET_KEY, (byte) 0x5A);
    secrets.put("ticket key", base64(TICKET_KEY).substring(0, 40));
    secrets.put("ticket key as text", "ZZZZZZZZZZZZZZZZZZZZ");
    secrets.put("password", STORE_PASSWORD);
    secrets.put("encoded password", base64(STORE_PASSWORD.getBytes(StandardCharsets.UTF_8)));
    X509Bundle inEnvironment = own("environment");
    ScriptedControlPlane server = started.keep(new ScriptedControlPlane());
    Proxy proxy =
        started.start(
            Subject.BIFOCAL,
            List.of("env", "A_KEY=" + inEnvironment.getPrivateKeyPEM()),
            bootstrap(server.port(), inEnvironment),
            List.of("-l", "trace"));
    X509Bundle good = own("sds");
    TlsBackend backend = started.keep(TlsBackend.start("127.0.0.1", TlsBackend.serving(good)));
    server.awaitSubscription(ResourceType.CLUSTER);
    server.push(ResourceType.CLUSTER, "1", List.of(SecretsScript.cluster(backend, 1)));
    server.awaitSubscription(ResourceType.SECRET);
    pushSecrets(server, "1", good, good);
    server.awaitSubscription(ResourceType.LISTENER);
    server.push(ResourceType.LISTENER, "1", List.of(SecretsScript.listener()));
    server.awaitRequest(
        "its secret",
        r ->
            r instanceof HeardRequest.StateOfTheWorld request
                && request.message().getResourceNamesList().contains("own"));
    pushSecrets(server, "2", good, good);
    proxy.awaitLive();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> proxy.stats().getOrDefault("sds.own.update_success", "0").equals("1"));
    pushSecrets(server, "3", own("mismatched"), own("other"));
    awaitRefusal(server, ResourceType.SECRET);
    server.push(ResourceType.CLUSTER, "2", List.of(badCluster(backend)));
    awaitRefusal(server, ResourceType.CLUSTER);

    Map<String, String> told = new LinkedHashMap<>();
    PAGES.forEach(page -> told.put(page, proxy.admin(page).body()));
    told.put("what the control plane heard", heard(server));
    proxy.program().terminate();
    proxy.program().awaitExit(Duration.ofSeconds(20));
    told.put("the log", proxy.program().log());
    told.put("a bootstrap that is refused", refused());

    assertThat(told.get("/config_dump")).contains("[redacted]", "own", "file.pem");
    assertThat(told.get("/certs")).contains("environment.test", "store.test", "sds.test");
    assertThat(told.get("what the control plane heard")).contains("KEY_VALUES_MISMATCH");
    assertThat(told.get("the log")).contains("listener 'store' listens", "DEBUG");
    assertThat(told.get("a bootstrap that is refused")).contains("private_key");
    List<String> leaks = new ArrayList<>();
    told.forEach(
        (where, text) ->
            secrets.forEach(
                (what, secret) -> {
                  if (text.contains(secret)) {
                    leaks.add(what + " in " + where);
                  }
                }));
    assertThat(leaks).isEmpty();
  }

  private static void pushSecrets(
      ScriptedControlPlane server, String version, X509Bundle chain, X509Bundle key)
      throws Exception {
    server.push(
        ResourceType.SECRET,
        version,
        List.of(
            SecretsScript.certificate("own", chain, key),
            SecretsScript.certificate("client", chain, key),
            SecretsScript.trust("ca")));
  }

  private static void awaitRefusal(ScriptedControlPlane server, ResourceType<?> type) {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                server.requests().stream()
                    .anyMatch(r -> r.typeUrl().equals(type.typeUrl()) && r.error().isPresent()));
  }

  private static String heard(ScriptedControlPlane server) {
    List<String> all = new ArrayList<>();
    for (HeardRequest request : server.requests()) {
      all.add(request.toString());
      request.error().ifPresent(error -> all.add(error.getMessage()));
    }
    return String.join("\n", all);
  }

  private Named badCluster(TlsBackend backend) throws Exception {
    Cluster.Builder cluster =
        SecretsScript.cluster(backend, 1).message().unpack(Cluster.class).toBuilder();
    X509Bundle chain = own("of-cluster");
    cluster
        .getTransportSocketBuilder()
        .setTypedConfig(
            Any.pack(
                new BootstrapReader(false)
                    .readYaml(
                        "{common_tls_context: {tls_certificates: [%s]}}"
                            .formatted(written(chain, own("not-of-cluster"))),
                        "tls",
                        UpstreamTlsContext.getDefaultInstance())));
    return Named.of(ResourceType.CLUSTER, cluster.build());
  }

  /** One that cannot even be read: a key where a list of keys stands. */
  private String refused() {
    X509Bundle own = own("unreadable");
    List<String> logs = new ArrayList<>();
    for (String key :
        List.of(
            "{inline_string: [\"%s\"]}".formatted(line(own.getPrivateKeyPEM())),
            "{inline_string: \"%s\", no_such_field: 1}".formatted(line(own.getPrivateKeyPEM())),
            "{inline_bytes: \"%s\"}".formatted(line(own.getPrivateKeyPEM())),
            "{inline_string: \"x%s\"}"
                .formatted(line(own.getPrivateKeyPEM().replace("BEGIN", "BEGUN"))))) {
      String bootstrap =
          "static_resources: {listeners: ["
              + listener(
                      "bad",
                      "{certificate_chain: {inline_string: \"%s\"}, private_key: %s}"
                          .formatted(line(own.getCertificatePathPEM()), key),
                      "")
                  .strip()
                  .substring(2)
              + "]}";
      var proxy =
          started.run(
              "refused",
              Subject.BIFOCAL.command(
                  List.of("--mode", "validate", "-l", "trace", "--config-yaml", bootstrap)),
              Started.QUICK_JVM);
      assertThat(proxy.awaitExit(Duration.ofSeconds(60))).isNotZero();
      logs.add(proxy.log());
    }
    return String.join("\n", logs);
  }

  private String bootstrap(int controlPlane, X509Bundle inEnvironment) throws Exception {
    X509Bundle inFiles = own("file");
    X509Bundle inStore = own("store");
    X509Bundle inSecret = own("static");
    X509Bundle inline = own("inline");
    Path store = started.directory().resolve("own.p12");
    try (OutputStream out = Files.newOutputStream(store)) {
      inStore
          .toKeyStore("PKCS12", STORE_PASSWORD.toCharArray())
          .store(out, STORE_PASSWORD.toCharArray());
    }
    return Bootstraps.ads(controlPlane, Dialect.SOTW)
        + "  secrets:\n  - {name: static, tls_certificate: "
        + written(inSecret, inSecret)
        + "}\n  listeners:\n"
        + listener(
            "inline",
            written(inline, inline),
            ", session_ticket_keys: {keys: [{inline_bytes: %s}]}".formatted(base64(TICKET_KEY)))
        + listener(
            "files",
            "{certificate_chain: {filename: %s}, private_key: {filename: %s}}"
                .formatted(
                    started.write("file.pem", inFiles.getCertificatePathPEM()),
                    started.write("file.key", inFiles.getPrivateKeyPEM())),
            "")
        + listener(
            "environment",
            "{certificate_chain: {inline_string: \"%s\"}, private_key: {environment_variable: A_KEY}}"
                .formatted(line(inEnvironment.getCertificatePathPEM())),
            "")
        + listener(
            "store",
            "{pkcs12: {filename: %s}, password: {inline_string: %s}}"
                .formatted(store, STORE_PASSWORD),
            "")
        + listener("static", "", "");
  }

  private static String written(X509Bundle chain, X509Bundle key) {
    return "{certificate_chain: {inline_string: \"%s\"}, private_key: {inline_string: \"%s\"}}"
        .formatted(line(chain.getCertificatePathPEM()), line(key.getPrivateKeyPEM()));
  }

  /** With no certificate of its own it has that of the bootstrap's secret. */
  private static String listener(String name, String certificate, String more) {
    return """
    - {name: %1$s, address: {socket_address: {address: 127.0.0.1, port_value: 0}}, filter_chains: [{filters: [{name: tcp, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: %1$s, cluster: xds_cluster}}], transport_socket: {name: tls, typed_config: {"@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext, common_tls_context: {%2$s}%3$s}}}]}
    """
        .formatted(
            name,
            certificate.isEmpty()
                ? "tls_certificate_sds_secret_configs: [{name: static}]"
                : "tls_certificates: [" + certificate + "]",
            more)
        .indent(2);
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static String line(String pem) {
    return pem.replace("\n", "\\n");
  }
}
