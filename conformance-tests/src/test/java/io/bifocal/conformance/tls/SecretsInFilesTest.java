package io.bifocal.conformance.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Certificates, keys, authorities and lists of revoked certificates in files that are swapped while
 * clients come and go: no handshake fails, and what is swapped in is in force.
 */
class SecretsInFilesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final X509Bundle CA = Certificates.root("ca");
  private static final X509Bundle CLIENT = Certificates.issue(CA, Certificates.leaf("client.test"));
  private static final X509Bundle BACKEND =
      Certificates.issue(CA, Certificates.leaf("backend.test"));

  @RegisterExtension final Stage stage = new Stage();
  private final SecretFolder own = folder("own");
  private final SecretFolder client = folder("client");
  private final SecretFolder trust = folder("trust");

  private SecretFolder folder(String name) {
    return new SecretFolder(stage.directory().resolve(name));
  }

  @BeforeEach
  void begin() throws IOException {
    trust.put(Map.of("ca.pem", CA.getCertificatePEM()));
    swap(1);
  }

  private void swap(int version) throws IOException {
    own.put(pem(Certificates.issue(CA, Certificates.leaf(name(version)))));
    client.put(pem(Certificates.issue(CA, Certificates.leaf("client-" + name(version)))));
  }

  private static Map<String, String> pem(X509Bundle bundle) {
    return Map.of(
        "chain.pem", bundle.getCertificatePathPEM(), "key.pem", bundle.getPrivateKeyPEM());
  }

  private static String name(int version) {
    return "v" + version + ".test";
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void swapsUnderLoadFailNobody(Subject subject) throws Exception {
    Proxy proxy = start(subject, "");
    try (TlsTraffic one = TlsTraffic.start(proxy.listener("ingress"), CLIENT);
        TlsTraffic two = TlsTraffic.start(proxy.listener("ingress"), CLIENT)) {
      for (int version = 2; version < 10; version++) {
        swap(version);
        awaitServed(proxy, "ingress", name(version));
        one.awaitMore(2);
        two.awaitMore(2);
      }
      assertThat(one.failures()).isEmpty();
      assertThat(two.failures()).isEmpty();
    }
    Map<String, String> stats = proxy.stats();
    assertThat(stats)
        .containsEntry("sds.own.key_rotation_failed", "0")
        .containsEntry("sds.client.key_rotation_failed", "0")
        .containsEntry("listener.ingress.ssl.connection_error", "0")
        .containsEntry("cluster.up.ssl.connection_error", "0")
        .containsEntry("http.ingress.downstream_rq_5xx", "0")
        .containsEntry("sds.own.update_success", "1");
    assertThat(proxy.stat("listener.ingress.server_ssl_socket_factory.ssl_context_update_by_sds"))
        .isGreaterThanOrEqualTo(9);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void whatIsBadInAFileChangesNothing(Subject subject) throws Exception {
    Proxy proxy = start(subject, "");
    awaitServed(proxy, "ingress", name(1));
    X509Bundle one = Certificates.issue(CA, Certificates.leaf("x.test"));
    own.put(Map.of("chain.pem", one.getCertificatePathPEM(), "key.pem", CLIENT.getPrivateKeyPEM()));
    proxy.awaitStat("sds.own.key_rotation_failed", 1);
    awaitServed(proxy, "ingress", name(1));
    swap(2);
    awaitServed(proxy, "ingress", name(2));
    assertThat(proxy.stat("sds.own.update_rejected")).isZero();
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void revokedClientsAreRefusedFromTheSwapOn(Subject subject) throws Exception {
    String none = Certificates.revocations(CA);
    trust.put(Map.of("ca.pem", CA.getCertificatePEM(), "crl.pem", none));
    Proxy proxy = start(subject, ", crl: {filename: %s}".formatted(trust.file("crl.pem")));
    assertThat(visit(proxy, "ingress")).contains(name(1));
    trust.put(
        Map.of("ca.pem", CA.getCertificatePEM(), "crl.pem", Certificates.revocations(CA, CLIENT)));
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThatThrownBy(() -> visit(proxy, "ingress")).isInstanceOf(IOException.class));
    assertThat(proxy.stat("listener.ingress.ssl.fail_verify_error")).isPositive();
    X509Bundle other = Certificates.root("other");
    trust.put(
        Map.of("ca.pem", other.getCertificatePEM() + CA.getCertificatePEM(), "crl.pem", none));
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(() -> visit(proxy, "ingress").contains(name(1)));
  }

  @Test
  void filesThatAreNamedWhereTheyAreUsedAreFollowedToo() throws Exception {
    // Envoy takes the field there as well, and reads them once.
    Proxy envoy = start(Subject.ENVOY, "");
    Proxy proxy = start(Subject.BIFOCAL, "");
    awaitServed(proxy, "written-out", name(1));
    awaitServed(envoy, "written-out", name(1));
    swap(2);
    awaitServed(proxy, "written-out", name(2));
    awaitServed(envoy, "ingress", name(2));
    assertThat(visit(envoy, "written-out")).contains(name(1));
  }

  private static String visit(Proxy proxy, String listener) throws Exception {
    try (TlsVisit visit = TlsVisit.to(proxy.listener(listener), CLIENT)) {
      assertThat(visit.again()).contains("200");
      return visit.serverNames();
    }
  }

  private static void awaitServed(Proxy proxy, String listener, String name) {
    await(name)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(10))
        .until(() -> visit(proxy, listener), names -> names.contains(name));
  }

  private Proxy start(Subject subject, String validation) throws Exception {
    TlsBackend backend =
        stage.keep(TlsBackend.start("127.0.0.1", TlsBackend.serving(BACKEND, CA, tls -> {})));
    String ownSource = certificate("own", own);
    String clientSource = certificate("client", client);
    String trustSource =
        source(
            "ca",
            "validation_context: {trusted_ca: {filename: %s}%s}"
                .formatted(trust.file("ca.pem"), validation));
    Proxy proxy =
        stage.start(
            subject,
            """
            node: {id: test-id, cluster: test-cluster}
            admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
            static_resources:
              listeners:
            %s%s
              clusters:
              - name: up
                type: STATIC
                connect_timeout: 5s
                load_assignment: {cluster_name: up, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}]}]}
                transport_socket: {name: tls, typed_config: {"@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext, common_tls_context: {tls_certificate_sds_secret_configs: [%s], validation_context_sds_secret_config: %s}}}
            """
                .formatted(
                    listener(
                        "ingress",
                        "require_client_certificate: true, common_tls_context:"
                            + " {tls_certificate_sds_secret_configs: [%s],".formatted(ownSource)
                            + " validation_context_sds_secret_config: %s}".formatted(trustSource)),
                    listener(
                        "written-out",
                        "common_tls_context: {tls_certificates: [{certificate_chain: {filename: %s},"
                                .formatted(own.file("chain.pem"))
                            + " private_key: {filename: %s}, watched_directory: {path: %s}}]}"
                                .formatted(own.file("key.pem"), own.path())),
                    backend.address().getPort(),
                    clientSource,
                    trustSource));
    return proxy.awaitLive();
  }

  private String certificate(String name, SecretFolder folder) {
    return source(
        name,
        "tls_certificate: {certificate_chain: {filename: %s}, private_key: {filename: %s},"
                .formatted(folder.file("chain.pem"), folder.file("key.pem"))
            + " watched_directory: {path: %s}}".formatted(folder.path()));
  }

  /** A secret of SDS, in a file of its own. */
  private String source(String name, String value) {
    Path file =
        stage.write(
            name + ".yaml",
            "resources: [{\"@type\":"
                + " type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret, name: "
                + name
                + ", "
                + value
                + "}]\n");
    return "{name: %s, sds_config: {path_config_source: {path: %s}, resource_api_version: V3}}"
        .formatted(name, file);
  }

  private static String listener(String name, String tls) {
    return """
      - name: %1$s
        stat_prefix: %1$s
        address: {socket_address: {address: 127.0.0.1, port_value: 0}}
        filter_chains:
        - filters:
          - name: http
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
              stat_prefix: %1$s
              route_config: {virtual_hosts: [{name: all, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: up}}]}]}
              http_filters: [{name: envoy.filters.http.router, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}]
          transport_socket: {name: tls, typed_config: {"@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext, %2$s}}
    """
        .formatted(name, tls)
        .indent(0);
  }
}
