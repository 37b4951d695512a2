package io.bifocal.conformance.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.bifocal.conformance.javacontrolplane.ControlPlane;
import io.bifocal.xds.testing.Named;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.netty.pkitesting.X509Bundle;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The published java-control-plane delivers secrets for both sides, and replaces them. */
class SecretsOfJavaControlPlaneTest {
  private static final X509Bundle CLIENT =
      Certificates.issue(SecretsScript.CA, Certificates.leaf("client.test"));
  private static final X509Bundle BACKEND =
      Certificates.issue(SecretsScript.CA, Certificates.leaf("a.test"));

  @RegisterExtension final Stage stage = new Stage();

  static Stream<Arguments> everyone() {
    return Arrays.stream(Subject.values())
        .flatMap(
            subject ->
                Arrays.stream(Dialect.values()).map(dialect -> Arguments.of(subject, dialect)));
  }

  @ParameterizedTest
  @MethodSource("everyone")
  void itsSecretsServeAndAreReplaced(Subject subject, Dialect dialect) throws Exception {
    ControlPlane controlPlane = stage.keep(new ControlPlane(0));
    TlsBackend backend =
        stage.keep(
            TlsBackend.start(
                "127.0.0.1", TlsBackend.serving(BACKEND, SecretsScript.CA, tls -> {})));
    publish(controlPlane, "1", backend, "one.test");
    Proxy proxy = stage.start(subject, Bootstraps.ads(controlPlane.port(), dialect)).awaitLive();
    awaitServed(proxy, "one.test");
    for (String next : List.of("two.test", "three.test")) {
      publish(controlPlane, next, backend, next);
      awaitServed(proxy, next);
    }
    assertThat(controlPlane.nacks()).isEmpty();
    assertThat(proxy.stat("sds.own.update_success")).isGreaterThanOrEqualTo(3);
    assertThat(proxy.stat("listener.ingress.ssl.fail_verify_error")).isZero();
    assertThat(proxy.stat("cluster.up.ssl.connection_error")).isZero();
  }

  private static void publish(
      ControlPlane controlPlane, String version, TlsBackend backend, String name) throws Exception {
    X509Bundle own = Certificates.issue(SecretsScript.CA, Certificates.leaf(name));
    controlPlane.publish(
        version,
        List.of(unpack(SecretsScript.cluster(backend, 1), Cluster.class)),
        List.of(),
        List.of(unpack(SecretsScript.listener(), Listener.class)),
        List.of(),
        List.of(
            unpack(SecretsScript.certificate("own", own, own), Secret.class),
            unpack(SecretsScript.certificate("client", CLIENT, CLIENT), Secret.class),
            unpack(SecretsScript.trust("ca"), Secret.class)));
  }

  private static <T extends Message> T unpack(Named resource, Class<T> type)
      throws InvalidProtocolBufferException {
    return resource.message().unpack(type);
  }

  private static void awaitServed(Proxy proxy, String name) {
    await(name)
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              try (TlsVisit visit = TlsVisit.to(proxy.listener("ingress"), CLIENT)) {
                return visit.serverNames() + visit.again();
              }
            },
            answer -> answer.contains(name) && answer.contains("200"));
  }
}
