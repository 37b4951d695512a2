package io.bifocal.dataplane.listener;

import static io.bifocal.dataplane.listener.ListenerFixture.chain;
import static io.bifocal.dataplane.listener.ListenerFixture.connect;
import static io.bifocal.dataplane.listener.ListenerFixture.ip;
import static io.bifocal.xds.ResourceType.SECRET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.StringValue;
import io.bifocal.dataplane.listener.ListenerFixture.Client;
import io.bifocal.dataplane.transport.tls.Authority;
import io.bifocal.dataplane.transport.tls.TestSecrets;
import io.bifocal.dataplane.transport.tls.TlsClient;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLog;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import io.netty.pkitesting.X509Bundle;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Listeners whose clients must speak TLS. */
class TlsListenerTest {
  private static final Authority CA = Authority.named("ca");
  private static final X509Bundle OWN = CA.issue(Authority.leaf("good.test"));

  private final ListenerFixture fixture = new ListenerFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void theFilterHearsOfAClientWhoseHandshakeIsDone() throws Exception {
    start(tls(TestSecrets.certificate(OWN)), Duration.getDefaultInstance());
    try (TlsClient client = TlsClient.connect(address())) {
      assertThat(client.echo("a\na\n")).isEqualTo("a\na\n"); // it greets with "a", then echoes
      assertThat(fixture.connections).hasSize(1);
      assertThat(fixture.connections.get(0).secure()).isTrue();
      assertThat(fixture.connections.get(0).scheme()).isEqualTo("https");
      fixture.until(() -> fixture.gauge("listener.l.downstream_cx_active") == 1);
    }
    fixture.until(() -> fixture.gauge("listener.l.downstream_cx_active") == 0);
    assertThat(fixture.counter("listener.l.ssl.handshake")).isEqualTo(1);
  }

  @Test
  void aClientThatFailsCostsNobodyElseAnything() throws Exception {
    start(tls(TestSecrets.certificate(OWN)), Duration.getDefaultInstance());
    try (TlsClient other = TlsClient.connect(address());
        Client bad = connect(fixture.port("l"))) {
      bad.socket.getOutputStream().write("not TLS\r\n\r\n".getBytes(StandardCharsets.UTF_8));
      bad.socket.getInputStream().readAllBytes();
      assertThat(other.echo("a\na\n")).isEqualTo("a\na\n");
      assertThat(fixture.connections).hasSize(1);
    }
    fixture.until(() -> fixture.counter("listener.l.ssl.connection_error") == 1);
    fixture.until(() -> fixture.logged.size() == 2);
    assertThat(fixture.failures).anyMatch(text -> text.startsWith("TLS_error:|"));
  }

  @Test
  void aClientThatDoesNotBeginIsGivenUp() throws Exception {
    start(tls(TestSecrets.certificate(OWN)), Duration.newBuilder().setSeconds(5).build());
    try (Client silent = connect(fixture.port("l"));
        TlsClient other = TlsClient.connect(address())) {
      assertThat(silent.ended()).isTrue();
      assertThat(other.echo("a\na\n")).isEqualTo("a\na\n");
    }
    assertThat(fixture.counter("listener.l.downstream_cx_transport_socket_connect_timeout"))
        .isEqualTo(1);
  }

  @Test
  void aChangedCertificateIsForNewConnections() throws Exception {
    start(tls(TestSecrets.certificate(OWN)), Duration.getDefaultInstance());
    try (TlsClient before = TlsClient.connect(address())) {
      X509Bundle next = Authority.named("ca").issue(Authority.leaf("next.test"));
      fixture.xds.respond(
          io.bifocal.xds.ResourceType.LISTENER,
          "2",
          listener(tls(TestSecrets.certificate(next)), Duration.getDefaultInstance()));
      try (TlsClient after = TlsClient.connect(address())) {
        assertThat(after.serverNames()).isEqualTo("next.test");
      }
      assertThat(before.serverNames()).isEqualTo("good.test");
      assertThat(before.echo("a\na\n")).isEqualTo("a\na\n");
    }
  }

  @Test
  void aBadCertificateRefusesTheListenerAndLeavesNothing() throws Exception {
    assertThatThrownBy(
            () ->
                fixture.manager.addStatic(
                    listener(
                        tls(
                            TestSecrets.certificate(OWN).toBuilder()
                                .setCertificateChain(TestSecrets.inline("junk"))
                                .build()),
                        Duration.getDefaultInstance())))
        .hasMessage("Failed to load certificate chain from <inline>");
    assertThat(fixture.closed).containsExactly("a");
  }

  // ---- secrets

  @Test
  void aListenerWarmsForItsSecrets() throws Exception {
    fixture.started();
    put("1", secrets());
    assertThat(fixture.xds.newRequests()).containsSubsequence("SDS[ca, own]", "LDS[] v1");
    assertThat(fixture.manager.listeners()).isEmpty();
    fixture.xds.respond(SECRET, "1", TestSecrets.certificate("own", OWN));
    assertThat(fixture.manager.listeners()).isEmpty();
    fixture.xds.respond(SECRET, "2", TestSecrets.trust("ca", CA.pem()));
    assertThat(fixture.manager.listeners()).hasSize(1);
    try (TlsClient client = TlsClient.connect(address())) {
      assertThat(client.echo("a\na\n")).isEqualTo("a\na\n");
    }
    assertThat(fixture.counter("listener.l.server_ssl_socket_factory.ssl_context_update_by_sds"))
        .isEqualTo(2);
  }

  @Test
  void withoutASecretConnectionsAreClosedUntilItComes() throws Exception {
    fixture.started();
    put("1", secrets());
    fixture.xds.respond(SECRET, "1", TestSecrets.trust("ca", CA.pem()));
    fixture.xds.timeOut(SECRET, "own");
    assertThat(fixture.manager.listeners()).hasSize(1);
    try (Client client = connect(fixture.port("l"))) {
      assertThat(client.ended()).isTrue();
    }
    fixture.until(() -> fixture.failures.size() == 1);
    assertThat(fixture.failures).containsExactly("TLS_error: Secret is not supplied by SDS");
    assertThat(
            fixture.counter(
                "listener.l.server_ssl_socket_factory.downstream_context_secrets_not_ready"))
        .isEqualTo(1);
    fixture.xds.respond(SECRET, "2", TestSecrets.certificate("own", OWN));
    try (TlsClient client = TlsClient.connect(address())) {
      assertThat(client.serverNames()).isEqualTo("good.test");
    }
  }

  @Test
  void aNewSecretIsForNewConnectionsAndABadOneForNone() throws Exception {
    fixture.started();
    put("1", secrets());
    fixture.xds.respond(
        SECRET, "1", TestSecrets.trust("ca", CA.pem()), TestSecrets.certificate("own", OWN));
    X509Bundle next = CA.issue(Authority.leaf("next.test"));
    try (TlsClient before = TlsClient.connect(address())) {
      fixture.xds.respond(SECRET, "2", TestSecrets.mismatch("own", next, OWN));
      assertThat(fixture.xds.newRequests())
          .last()
          .asString()
          .endsWith(
              "error: Failed to load private key from <inline>, Cause: error:0b000074:X.509"
                  + " certificate routines:OPENSSL_internal:KEY_VALUES_MISMATCH");
      assertThat(served()).isEqualTo("good.test");
      fixture.xds.respond(SECRET, "3", TestSecrets.certificate("own", next));
      assertThat(served()).isEqualTo("next.test");
      assertThat(before.echo("a\na\n")).isEqualTo("a\na\n");
    }
  }

  @Test
  void secretsAreLetGoWithTheListener() {
    fixture.started();
    put("1", secrets());
    assertThat(fixture.xds.names(SECRET)).containsExactly("ca", "own");
    fixture.xds.respond(io.bifocal.xds.ResourceType.LISTENER, "2");
    fixture.until(() -> fixture.xds.open(SECRET) == 0);
  }

  @Test
  void aSecretOfTheBootstrapIsThereAtOnce() throws Exception {
    fixture.secrets.addStatic(TestSecrets.certificate("fixed", OWN));
    fixture.started();
    put(
        "1",
        CommonTlsContext.newBuilder()
            .addTlsCertificateSdsSecretConfigs(SdsSecretConfig.newBuilder().setName("fixed")));
    assertThat(served()).isEqualTo("good.test");
    assertThat(fixture.xds.open(SECRET)).isZero();
  }

  private String served() throws Exception {
    try (TlsClient client = TlsClient.connect(address())) {
      return client.serverNames();
    }
  }

  private static CommonTlsContext.Builder secrets() {
    return CommonTlsContext.newBuilder()
        .addTlsCertificateSdsSecretConfigs(TestSecrets.sds("own"))
        .setValidationContextSdsSecretConfig(TestSecrets.sds("ca"));
  }

  private void put(String version, CommonTlsContext.Builder common) {
    DownstreamTlsContext tls =
        DownstreamTlsContext.newBuilder().setCommonTlsContext(common).build();
    fixture.xds.respond(
        io.bifocal.xds.ResourceType.LISTENER,
        version,
        listener(tls, Duration.getDefaultInstance()));
  }

  private void start(DownstreamTlsContext tls, Duration timeout) {
    fixture.started();
    fixture.xds.respond(io.bifocal.xds.ResourceType.LISTENER, "1", listener(tls, timeout));
    assertThat(fixture.xds.newRequests()).noneMatch(request -> request.contains("error"));
  }

  private Listener listener(DownstreamTlsContext tls, Duration timeout) {
    FilterChain.Builder chain =
        chain("a").toBuilder()
            .setTransportSocket(
                TransportSocket.newBuilder().setName("tls").setTypedConfig(Any.pack(tls)));
    if (timeout.getSerializedSize() > 0) {
      chain.setTransportSocketConnectTimeout(timeout);
    }
    return Listener.newBuilder()
        .setName("l")
        .setStatPrefix("l")
        .setAddress(ip("127.0.0.1", 0))
        .addAccessLog(
            AccessLog.newBuilder().setName("log").setTypedConfig(Any.pack(StringValue.of(""))))
        .addFilterChains(chain)
        .build();
  }

  private static DownstreamTlsContext tls(TlsCertificate certificate) {
    return DownstreamTlsContext.newBuilder()
        .setCommonTlsContext(CommonTlsContext.newBuilder().addTlsCertificates(certificate))
        .build();
  }

  private InetSocketAddress address() {
    return (InetSocketAddress) fixture.manager.addresses("l").get(0);
  }
}
