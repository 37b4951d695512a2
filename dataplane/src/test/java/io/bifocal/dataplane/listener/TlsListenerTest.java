package io.bifocal.dataplane.listener;

import static io.bifocal.dataplane.listener.ListenerFixture.chain;
import static io.bifocal.dataplane.listener.ListenerFixture.connect;
import static io.bifocal.dataplane.listener.ListenerFixture.ip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.StringValue;
import io.bifocal.dataplane.listener.ListenerFixture.Client;
import io.bifocal.dataplane.transport.tls.Authority;
import io.bifocal.dataplane.transport.tls.TlsClient;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLog;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import io.netty.pkitesting.X509Bundle;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Listeners whose clients must speak TLS. */
class TlsListenerTest {
  private static final X509Bundle OWN = Authority.named("ca").issue(Authority.leaf("good.test"));

  private final ListenerFixture fixture = new ListenerFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void theFilterHearsOfAClientWhoseHandshakeIsDone() throws Exception {
    start(tls(certificate(OWN)), Duration.getDefaultInstance());
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
    start(tls(certificate(OWN)), Duration.getDefaultInstance());
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
    start(tls(certificate(OWN)), Duration.newBuilder().setSeconds(2).build());
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
    start(tls(certificate(OWN)), Duration.getDefaultInstance());
    try (TlsClient before = TlsClient.connect(address())) {
      X509Bundle next = Authority.named("ca").issue(Authority.leaf("next.test"));
      fixture.xds.respond(
          io.bifocal.xds.ResourceType.LISTENER,
          "2",
          listener(tls(certificate(next)), Duration.getDefaultInstance()));
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
                            certificate(OWN).toBuilder()
                                .setCertificateChain(inline("junk"))
                                .build()),
                        Duration.getDefaultInstance())))
        .hasMessage("Failed to load certificate chain from <inline>");
    assertThat(fixture.closed).containsExactly("a");
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

  private static TlsCertificate certificate(X509Bundle bundle) {
    return TlsCertificate.newBuilder()
        .setCertificateChain(inline(bundle.getCertificatePathPEM()))
        .setPrivateKey(inline(bundle.getPrivateKeyPEM()))
        .build();
  }

  private static DataSource inline(String text) {
    return DataSource.newBuilder().setInlineString(text).build();
  }

  private InetSocketAddress address() {
    return (InetSocketAddress) fixture.manager.addresses("l").get(0);
  }
}
