package io.bifocal.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.bifocal.api.BootstrapReader;
import io.bifocal.dataplane.transport.tls.Authority;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.http3.DefaultHttp3Headers;
import io.netty.handler.codec.http3.DefaultHttp3HeadersFrame;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.http3.Http3ClientConnectionHandler;
import io.netty.handler.codec.http3.Http3DataFrame;
import io.netty.handler.codec.http3.Http3HeadersFrame;
import io.netty.handler.codec.http3.Http3RequestStreamInboundHandler;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.pkitesting.X509Bundle;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients over HTTP/3, on sockets. */
class DownstreamHttp3Test {
  private static final int LARGE = 3 << 20;
  private static final Authority AUTHORITY = Authority.named("authority");
  private static final X509Bundle OWN = AUTHORITY.issue(Authority.leaf("good.test"));

  private final Deque<AutoCloseable> resources = new ArrayDeque<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable resource : resources) {
      resource.close();
    }
  }

  @Test
  void anAnswerIsWholeThoughItsConnectionEndsWithIt() throws Exception {
    QuicChannel connection = connect(start(", max_requests_per_connection: 1"));
    assertThat(get(connection)).isEqualTo("200 " + LARGE);
    assertThat(connection.closeFuture().await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aClientIsServedByHttp3WhereTheUpstreamIsToSpeakAsItDoes() throws Exception {
    Http3Peer upstream = new Http3Peer(InetAddress.getLoopbackAddress(), OWN);
    resources.push(upstream);
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
    resources.push(() -> upstream.stop(0));
    return start(
        common,
        "{name: up, load_assignment: {cluster_name: up, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}]}]}}"
            .formatted(upstream.getAddress().getPort()));
  }

  private Proxy start(String common, String cluster) throws Exception {
    String yaml =
        """
        static_resources:
          listeners:
          - name: quic
            address: {socket_address: {protocol: UDP, address: 127.0.0.1, port_value: 0}}
            udp_listener_config: {quic_options: {}}
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
                line(OWN.getCertificatePathPEM()),
                line(OWN.getPrivateKeyPEM()),
                common,
                cluster.replace("\n", " "));
    Proxy proxy =
        Proxy.start(
            new BootstrapReader(false).readYaml(yaml, "test"),
            ProxyOptions.defaults().withConcurrency(1));
    resources.push(proxy);
    proxy.awaitLive(Duration.ofSeconds(20));
    return proxy;
  }

  private static String line(String pem) {
    return pem.replace("\n", "\\n");
  }

  private QuicChannel connect(Proxy proxy) throws Exception {
    EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    resources.push(() -> group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync());
    Channel socket =
        new Bootstrap()
            .group(group)
            .channel(NioDatagramChannel.class)
            .handler(
                Http3.newQuicClientCodecBuilder()
                    .sslContext(
                        QuicSslContextBuilder.forClient()
                            .trustManager(InsecureTrustManagerFactory.INSTANCE)
                            .applicationProtocols(Http3.supportedApplicationProtocols())
                            .build())
                    .maxIdleTimeout(30, TimeUnit.SECONDS)
                    .initialMaxData(10_000_000)
                    .initialMaxStreamDataBidirectionalLocal(16_384)
                    .build())
            .bind(0)
            .sync()
            .channel();
    return QuicChannel.newBootstrap(socket)
        .handler(new Http3ClientConnectionHandler())
        .remoteAddress(proxy.listenerAddresses("quic").get(0))
        .connect()
        .get(20, TimeUnit.SECONDS);
  }

  /** The answer's status and its body's length. */
  private static String get(QuicChannel connection) throws Exception {
    CompletableFuture<String> told = new CompletableFuture<>();
    QuicStreamChannel stream =
        Http3.newRequestStream(
                connection,
                new ChannelInitializer<QuicStreamChannel>() {
                  @Override
                  protected void initChannel(QuicStreamChannel opened) {
                    opened.pipeline().addLast(new Answer(told));
                  }
                })
            .get(20, TimeUnit.SECONDS);
    DefaultHttp3Headers head = new DefaultHttp3Headers();
    head.method("GET").scheme("https").authority("good.test").path("/");
    var unused =
        stream
            .writeAndFlush(new DefaultHttp3HeadersFrame(head))
            .addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
    return told.get(20, TimeUnit.SECONDS);
  }

  private static final class Answer extends Http3RequestStreamInboundHandler {
    private final CompletableFuture<String> told;
    private String status = "";
    private int length;

    Answer(CompletableFuture<String> told) {
      this.told = told;
    }

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3HeadersFrame frame) {
      status = String.valueOf(frame.headers().status());
    }

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3DataFrame frame) {
      length += frame.content().readableBytes();
      frame.release();
    }

    @Override
    protected void channelInputClosed(ChannelHandlerContext ctx) {
      told.complete(status + " " + length);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      told.complete("cut after " + length);
    }
  }
}
