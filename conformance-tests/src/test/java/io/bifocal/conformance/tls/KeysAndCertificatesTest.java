package io.bifocal.conformance.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonParser;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What operators are told of certificates, and what keys are written down; asked of both. */
class KeysAndCertificatesTest {
  private static final X509Bundle CA = root();
  private static final X509Bundle OWN =
      Certificates.issue(CA, Certificates.leaf("own.test").notAfter(end()));
  private static final X509Bundle CLIENT = Certificates.issue(CA, Certificates.leaf("client.test"));

  private static final String STATUS = status();

  @RegisterExtension final Stage stage = new Stage();

  private record Told(String certificates, List<String> gauges, List<List<String>> keys) {}

  @Test
  void bothTellAndWriteTheSame() throws Exception {
    Told envoy = tell(Subject.ENVOY);
    assertThat(envoy.certificates).contains("own.test", "ocsp_details", "\"path\"");
    assertThat(envoy.keys.get(0)).contains("CLIENT_TRAFFIC_SECRET_0");
    assertThat(envoy.keys.get(1)).isEmpty();
    assertThat(tell(Subject.BIFOCAL)).isEqualTo(envoy);
  }

  /** In three days and a half, so that both count the same whole ones. */
  private static Instant end() {
    return Instant.now().plusSeconds(302_400);
  }

  private static X509Bundle root() {
    try {
      return Certificates.authority("ca").notAfter(end()).buildSelfSigned();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static String status() {
    try {
      return Certificates.status(CA, OWN, null, Instant.now().plusSeconds(7_200));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** Both list them in an order of their own. */
  private String certificates(Proxy proxy) {
    TreeSet<String> each = new TreeSet<>();
    JsonParser.parseString(
            proxy.admin("/certs").body().replace(String.valueOf(stage.directory()), ""))
        .getAsJsonObject()
        .getAsJsonArray("certificates")
        .forEach(certificate -> each.add(certificate.toString()));
    return String.join("\n", each);
  }

  private Told tell(Subject subject) throws Exception {
    Path all = stage.directory().resolve(subject + "-all.keys");
    Path elsewhere = stage.directory().resolve(subject + "-elsewhere.keys");
    Path chain = stage.write("own.pem", OWN.getCertificatePathPEM());
    Path key = stage.write("own.key", OWN.getPrivateKeyPEM());
    Path trusted = stage.write("ca.pem", CA.getCertificatePEM());
    String own =
        "tls_certificates: [{certificate_chain: {filename: %s}, private_key: {filename: %s},"
                .formatted(chain, key)
            + " ocsp_staple: {inline_bytes: %s}}]".formatted(STATUS);
    String bootstrap =
        """
        admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
        static_resources:
          listeners:
        """
            + listener(
                "all",
                own
                    + ", validation_context: {trusted_ca: {filename: %s}}, key_log: {path: %s}"
                        .formatted(trusted, all))
            + listener(
                "elsewhere",
                own
                    + ", key_log: {path: %s, remote_address_range: [{address_prefix: 10.0.0.0,"
                        .formatted(elsewhere)
                    + " prefix_len: 8}]}");
    Proxy proxy = stage.start(subject, bootstrap, "--file-flush-interval-msec", "50");
    proxy.awaitLive();
    for (String name : List.of("all", "elsewhere")) {
      try (TlsVisit visit = TlsVisit.to(proxy.listener(name), CLIENT)) {
        assertThat(visit.serverNames()).contains("own.test");
      }
    }
    await().atMost(Duration.ofSeconds(20)).until(() -> labels(all).size() >= 5);
    return new Told(
        certificates(proxy),
        List.of(
            proxy.stats().getOrDefault("server.days_until_first_cert_expiring", "none"),
            proxy
                    .stats()
                    .getOrDefault("server.seconds_until_first_ocsp_response_expiring", "none")
                    .matches("7[01]\\d\\d")
                ? "two hours"
                : "something else"),
        List.of(labels(all), labels(elsewhere)));
  }

  /** What kinds of keys a file holds. */
  private static List<String> labels(Path file) throws Exception {
    return Files.exists(file)
        ? List.copyOf(
            new TreeSet<>(
                Files.readAllLines(file).stream()
                    .map(l -> l.substring(0, l.indexOf(' ')))
                    .toList()))
        : List.of();
  }

  private static String listener(String name, String common) {
    return """
      - name: %1$s
        address: {socket_address: {address: 127.0.0.1, port_value: 0}}
        filter_chains:
        - filters: [{name: http, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: %1$s, route_config: {virtual_hosts: [{name: all, domains: ["*"], routes: [{match: {prefix: /}, direct_response: {status: 200}}]}]}, http_filters: [{name: envoy.filters.http.router, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}]}}]
          transport_socket: {name: tls, typed_config: {"@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext, common_tls_context: {%2$s}}}
    """
        .formatted(name, common);
  }
}
