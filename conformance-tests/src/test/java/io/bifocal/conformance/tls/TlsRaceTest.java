package io.bifocal.conformance.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Backend;
import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.netty.pkitesting.X509Bundle;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A race is to the end of the handshake, verification included: for Envoy and for us. */
class TlsRaceTest {
  private static final long STAGGER_MILLIS = 300;
  private static final long EARLY_MILLIS = 15;
  private static final X509Bundle CA = Certificates.root("ca");
  private static final X509Bundle GOOD = Certificates.issue(CA, Certificates.leaf("good.test"));
  private static final X509Bundle STRANGER =
      Certificates.issue(Certificates.root("other"), Certificates.leaf("good.test"));

  @RegisterExtension final Stage stage = new Stage();

  private final Backend warm = Backend.start("127.0.0.1", "warm");

  @BeforeEach
  void keepWarm() {
    stage.keep(warm);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void anAddressThatAcceptsAndIsSilentCostsOneStagger(Subject subject) {
    TlsBackend silent = backend("::1", client -> client.getInputStream().readAllBytes());
    TlsBackend good = backend("127.0.0.1", TlsBackend.serving(GOOD));
    Proxy proxy = start(subject, silent, good);
    assertThat(get(proxy).body()).isEqualTo("ok");
    assertThat(millisBetween(silent, good))
        .isBetween(STAGGER_MILLIS - EARLY_MILLIS, STAGGER_MILLIS + 600);
    assertThat(proxy.stat("cluster.raced.upstream_cx_total")).isEqualTo(2);
    assertThat(proxy.stat("cluster.raced.upstream_cx_connect_fail")).isZero();
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void anAddressWithABadCertificateCostsNothing(Subject subject) {
    TlsBackend stranger = backend("127.0.0.1", TlsBackend.serving(STRANGER));
    TlsBackend good = backend("::1", TlsBackend.serving(GOOD));
    Proxy proxy = start(subject, stranger, good);
    assertThat(get(proxy).body()).isEqualTo("ok");
    assertThat(millisBetween(stranger, good)).isLessThan(STAGGER_MILLIS - EARLY_MILLIS);
    assertThat(proxy.stat("cluster.raced.ssl.fail_verify_error")).isEqualTo(1);
    assertThat(proxy.stat("cluster.raced.upstream_cx_connect_fail")).isZero();
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void theConnectTimeoutIsOverAllHandshakes(Subject subject) {
    TlsBackend one = backend("::1", client -> client.getInputStream().readAllBytes());
    TlsBackend two = backend("127.0.0.1", client -> client.getInputStream().readAllBytes());
    Proxy proxy = start(subject, one, two);
    long sent = System.nanoTime();
    Http.Response response = get(proxy);
    assertThat(response.status()).isEqualTo(503);
    assertThat(response.body()).endsWith("reset reason: connection timeout");
    assertThat(Duration.ofNanos(System.nanoTime() - sent).toMillis()).isBetween(985L, 3_000L);
    assertThat(proxy.stat("cluster.raced.upstream_cx_connect_timeout")).isEqualTo(1);
  }

  private TlsBackend backend(String address, TlsBackend.Manner manner) {
    try {
      return stage.keep(TlsBackend.start(address, manner));
    } catch (UncheckedIOException e) {
      return Assumptions.abort("this host has no " + address + ": " + e.getMessage());
    }
  }

  /** A proxy whose code for requests has run once; what TLS costs at first is not measured. */
  private Proxy start(Subject subject, TlsBackend first, TlsBackend second) {
    String tls =
        "transport_socket: {name: envoy.transport_sockets.tls, typed_config: {\"@type\":"
            + " type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext,"
            + " common_tls_context: {validation_context: {trusted_ca: {inline_string: \"%s\"}}}}}"
                .formatted(CA.getCertificatePEM().replace("\n", "\\n"));
    Proxy proxy =
        stage.start(
            subject,
            Bootstraps.race("1s", tls, warm.address(), List.of(first.address(), second.address())));
    proxy.awaitBody("ingress", "/warm", "warm");
    return proxy;
  }

  private static Http.Response get(Proxy proxy) {
    return Http.get(proxy.listener("ingress"), "/");
  }

  private static long millisBetween(TlsBackend first, TlsBackend second) {
    assertThat(first.accepts()).hasSize(1);
    assertThat(second.accepts()).hasSize(1);
    return Duration.ofNanos(second.accepts().get(0) - first.accepts().get(0)).toMillis();
  }
}
