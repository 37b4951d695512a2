package io.bifocal.conformance.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.LongRun;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.testing.Named;
import io.bifocal.xds.testing.ScriptedControlPlane;
import io.netty.pkitesting.X509Bundle;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Certificates of both sides, replaced again and again while clients come and go, each request over
 * new connections towards the client and the upstream: nobody notices.
 */
class RotationUnderLoadTest {
  private static final X509Bundle CA = SecretsScript.CA;
  private static final X509Bundle CLIENT = Certificates.issue(CA, Certificates.leaf("client.test"));
  private static final X509Bundle BACKEND = Certificates.issue(CA, Certificates.leaf("a.test"));
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @RegisterExtension final Stage stage = new Stage();

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aFewRotations(Subject subject) throws Exception {
    rotate(subject, Dialect.DELTA, 10);
  }

  @LongRun
  @Test
  void aHundredRotations() throws Exception {
    rotate(Subject.BIFOCAL, Dialect.SOTW, 100);
  }

  private void rotate(Subject subject, Dialect dialect, int times) throws Exception {
    ScriptedControlPlane server = stage.keep(new ScriptedControlPlane());
    TlsBackend backend =
        stage.keep(TlsBackend.start("127.0.0.1", TlsBackend.serving(BACKEND, CA, tls -> {})));
    Proxy proxy = stage.start(subject, Bootstraps.ads(server.port(), dialect));
    server.awaitSubscription(ResourceType.CLUSTER);
    push(server, ResourceType.CLUSTER, 1, SecretsScript.cluster(backend, 1));
    pushSecrets(server, 1);
    push(server, ResourceType.LISTENER, 1, SecretsScript.listener());
    pushSecrets(server, 2);
    proxy.awaitLive();
    try (TlsTraffic one = TlsTraffic.start(proxy.listener("ingress"), CLIENT);
        TlsTraffic two = TlsTraffic.start(proxy.listener("ingress"), CLIENT);
        TlsVisit before = TlsVisit.to(proxy.listener("ingress"), CLIENT)) {
      for (int i = 3; i < 3 + times; i++) {
        pushSecrets(server, i);
        awaitServed(proxy, i);
        one.awaitMore(2);
        two.awaitMore(2);
        assertThat(before.again()).as("a connection from before").contains("200");
      }
      assertThat(one.failures()).isEmpty();
      assertThat(two.failures()).isEmpty();
    }
    Map<String, String> stats = proxy.stats();
    for (String failed :
        List.of(
            "listener.ingress.ssl.connection_error",
            "listener.ingress.ssl.fail_verify_error",
            "cluster.up.ssl.connection_error",
            "cluster.up.ssl.fail_verify_error",
            "cluster.up.upstream_cx_connect_fail",
            "sds.own.update_rejected",
            "sds.client.update_rejected",
            "http.ingress.downstream_rq_5xx")) {
      assertThat(stats).containsEntry(failed, "0");
    }
    for (String updated :
        List.of(
            "sds.own.update_success",
            "sds.client.update_success",
            "listener.ingress.server_ssl_socket_factory.ssl_context_update_by_sds",
            "cluster.up.client_ssl_socket_factory.ssl_context_update_by_sds")) {
      assertThat(proxy.stat(updated)).as(updated).isGreaterThanOrEqualTo(times);
    }
    assertThat(proxy.stat("listener.ingress.ssl.handshake")).isGreaterThan(2L * times);
    assertThat(proxy.stat("cluster.up.ssl.handshake"))
        .as("every request has an upstream connection of its own")
        .isEqualTo(proxy.stat("cluster.up.upstream_rq_total"));
  }

  /** Certificates of our own for both sides, and who is trusted. */
  private static void pushSecrets(ScriptedControlPlane server, int version) throws Exception {
    X509Bundle own = Certificates.issue(CA, Certificates.leaf(name(version)));
    X509Bundle client = Certificates.issue(CA, Certificates.leaf("client-" + name(version)));
    push(
        server,
        ResourceType.SECRET,
        version,
        SecretsScript.certificate("own", own, own),
        SecretsScript.certificate("client", client, client),
        SecretsScript.trust("ca"));
  }

  private static String name(int version) {
    return "v" + version + ".test";
  }

  private static void push(
      ScriptedControlPlane server, ResourceType<?> type, int version, Named... resources) {
    server.push(type, String.valueOf(version), List.of(resources));
  }

  private static void awaitServed(Proxy proxy, int version) {
    await("certificate " + version)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(10))
        .until(
            () -> {
              try (TlsVisit visit = TlsVisit.to(proxy.listener("ingress"), CLIENT)) {
                return visit.serverNames();
              }
            },
            names -> names.contains(name(version)));
  }
}
