package io.bifocal.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.transport.tls.Authority;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.pkitesting.X509Bundle;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Clients over HTTP/3, on sockets. */
class DownstreamHttp3Test {
  private static final int LARGE = 3 << 20;
  private static final Authority AUTHORITY = Authority.named("authority");
  private static final X509Bundle OWN = AUTHORITY.issue(Authority.leaf("good.test"));

  @RegisterExtension final Kept kept = new Kept();
  private String quicOptions = "";

  @Test
  void anAnswerIsWholeThoughItsConnectionEndsWithIt() throws Exception {
    QuicChannel connection = connect(start(", max_requests_per_connection: 1"));
    assertThat(get(connection)).isEqualTo("200 " + LARGE);
    assertThat(connection.closeFuture().await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aClientIsServedByHttp3WhereTheUpstreamIsToSpeakAsItDoes() throws Exception {
    Http3Peer upstream = new Http3Peer(InetAddress.getLoopbackAddress(), OWN);
    kept.keep(upstream);
    Proxy proxy =
        start(
            "",
            """
            {name: up, connect_timeout: 10s,
             transport_socket: {name: envoy.transport_sockets.quic, typed_config: {"@type": type.googleapis.com/envoy.extensions.transport_sockets.quic.v3.QuicUpstreamTransport, upstream_tls_context: {sni: good.test, common_tls_context: {validation_context: {trusted_ca: {inline_string: "%s"}}}}}},
             typed_extension_protocol_options: {envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {"@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions, use_downstream_protocol_config: {http2_protocol_options: {}, http3_protocol_options: {}}}},
             load_assignment: {cluster_name: up, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}]}]}}
            """
                .formatted(line(AUTHORITY.pem()), upstream.address().port()));
    assertThat(get(connect(proxy))).isEqualTo("200 " + "GET / https 0".length());
  }

  @Test
  void whileItsRuntimeFlagIsFalseNoDatagramIsLookedAt() throws Exception {
    quicOptions = "enabled: {runtime_key: quic.on, default_value: false}";
    Proxy proxy = start("");
    Future<QuicChannel> connecting = connecting(proxy);
    await().during(Duration.ofMillis(400)).until(() -> !connecting.isDone());
    runtime(proxy, "quic.on=true");
    QuicChannel connection = connecting.get(20, TimeUnit.SECONDS); // what is lost is sent again
    assertThat(get(connection)).isEqualTo("200 " + LARGE);

    runtime(proxy, "quic.on=false");
    CompletableFuture<String> answer = ask(connection);
    await().during(Duration.ofMillis(400)).until(() -> !answer.isDone());
    assertThat(stat(proxy, "http.ingress.downstream_rq_total")).isEqualTo(1);
    runtime(proxy, "quic.on=true");
    assertThat(answer.get(20, TimeUnit.SECONDS)).isEqualTo("200 " + LARGE);
  }

  private static long stat(Proxy proxy, String name) throws Exception {
    return WholeProxy.stat(proxy, name);
  }

  private static void runtime(Proxy proxy, String change) throws Exception {
    String admin = Address.of(proxy.adminAddress().orElseThrow()).text();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + admin + "/runtime_modify?" + change))
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();
    assertThat(WholeProxy.send(request).statusCode()).isEqualTo(200);
  }

  private Proxy start(String common) throws Exception {
    HttpServer upstream =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    upstream.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, LARGE);
          try (OutputStream body = exchange.getResponseBody()) {
            body.write(new byte[LARGE]);
          }
        });
    upstream.start();
    kept.keep(() -> upstream.stop(0));
    return start(
        common,
        "{name: up, load_assignment: {cluster_name: up, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}]}]}}"
            .formatted(upstream.getAddress().getPort()));
  }

  private Proxy start(String common, String cluster) throws Exception {
    String yaml =
        """
        admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
        layered_runtime: {layers: [{name: admin, admin_layer: {}}]}
        static_resources:
          listeners:
          - name: quic
            address: {socket_address: {protocol: UDP, address: 127.0.0.1, port_value: 0}}
            udp_listener_config: {quic_options: {%s}}
            filter_chains:
            - transport_socket:
                name: quic
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport
                  downstream_tls_context: {common_tls_context: {tls_certificates: [{certificate_chain: {inline_string: "%s"}, private_key: {inline_string: "%s"}}]}}
              filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: ingress
                  codec_type: HTTP3
                  drain_timeout: 0.001s
                  common_http_protocol_options: {idle_timeout: 60s%s}
                  route_config: {virtual_hosts: [{name: all, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: up}}]}]}
                  http_filters:
                  - name: envoy.filters.http.router
                    typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
          clusters: [%s]
        """
            .formatted(
                quicOptions,
                line(OWN.getCertificatePathPEM()),
                line(OWN.getPrivateKeyPEM()),
                common,
                cluster.replace("\n", " "));
    return kept.keep(WholeProxy.run(yaml));
  }

  private static String line(String pem) {
    return pem.replace("\n", "\\n");
  }

  private QuicChannel connect(Proxy proxy) throws Exception {
    return connecting(proxy).get(20, TimeUnit.SECONDS);
  }

  private Future<QuicChannel> connecting(Proxy proxy) throws Exception {
    Http3Client client = new Http3Client();
    kept.keep(client);
    return Http3Client.connecting(client.socket(16_384), proxy.listenerAddresses("quic").get(0));
  }

  /** The answer's status and its body's length. */
  private static String get(QuicChannel connection) throws Exception {
    return ask(connection).get(20, TimeUnit.SECONDS);
  }

  private static CompletableFuture<String> ask(QuicChannel connection) throws Exception {
    CompletableFuture<String> told = new CompletableFuture<>();
    Http3Client.ask(
        connection,
        Http3Client.get("good.test", "/"),
        new Answer(told),
        () -> told.complete("no stream"));
    return told;
  }

  private static final class Answer extends Http3Client.Answer {
    private final CompletableFuture<String> told;

    Answer(CompletableFuture<String> told) {
      this.told = told;
    }

    @Override
    void onEnd() {
      told.complete(status + " " + length);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      told.complete("cut after " + length);
    }
  }
}
