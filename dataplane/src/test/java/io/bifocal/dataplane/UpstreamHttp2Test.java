package io.bifocal.dataplane;

import static io.bifocal.dataplane.WholeProxy.client;
import static io.bifocal.dataplane.WholeProxy.stat;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.io.ByteStreams;
import com.google.common.net.InetAddresses;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamFrame;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole proxy before upstreams that speak HTTP/2: Netty's own server, and grpc-java's. */
@Timeout(120)
class UpstreamHttp2Test {
  private static final String GRPC = "application/grpc";
  private static final byte[] MESSAGE = {0, 0, 0, 0, 2, 'h', 'i'};
  private static final int BLOCK = 16 * 1024;
  // A stream's window, and what sockets and buffers hold on two connections.
  private static final long IN_BETWEEN = 40L << 20;

  @RegisterExtension final Kept kept = new Kept();
  private final AtomicLong sent = new AtomicLong();
  private final AtomicInteger requests = new AtomicInteger();

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void grpcJavasServerIsSpokenTo(String host) throws Exception {
    Proxy proxy = start(grpc(InetAddresses.forString(host)));
    for (int i = 0; i < 3; i++) {
      HttpResponse<byte[]> answer = call(proxy, "/test.Echo/Echo");
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.headers().firstValue("content-type")).hasValue(GRPC);
      assertThat(answer.body()).isEqualTo(MESSAGE);
    }
    assertThat(call(proxy, "/test.Echo/None").headers().firstValue("grpc-status"))
        .as("trailers only, which are a head that ends its stream")
        .hasValue("12");
    assertThat(stat(proxy, "cluster.up.upstream_cx_http2_total")).isEqualTo(1);
    await().until(() -> stat(proxy, "cluster.up.http2.streams_active") == 0);
    assertThat(stat(proxy, "cluster.up.upstream_cx_protocol_error")).isZero();
  }

  @Test
  void aSlowClientHoldsBackItsOwnStreamAndNoOther() throws Exception {
    Proxy proxy = start(netty());
    try (Socket slow = new Socket()) {
      slow.setReceiveBufferSize(64 * 1024);
      slow.connect(address(proxy));
      slow.getOutputStream().write("GET /endless HTTP/1.1\r\nhost: a\r\n\r\n".getBytes(ISO_8859_1));
      InputStream in = slow.getInputStream();
      assertThat(new String(in.readNBytes(15), ISO_8859_1)).isEqualTo("HTTP/1.1 200 OK");
      awaitStall();
      long stalled = sent.get();
      assertThat(stalled).isLessThan(IN_BETWEEN);

      assertThat(get(proxy, "/ok").statusCode()).as("on the same connection").isEqualTo(200);
      assertThat(stat(proxy, "cluster.up.upstream_cx_total")).isEqualTo(1);

      ByteStreams.skipFully(in, 2 * stalled);
      assertThat(sent.get()).as("it goes on when it is read").isGreaterThan(stalled);
    }
    await().until(() -> stat(proxy, "cluster.up.http2.streams_active") == 0);
    assertThat(get(proxy, "/ok").statusCode()).isEqualTo(200);
    assertThat(stat(proxy, "cluster.up.upstream_cx_total")).isEqualTo(1);
  }

  @Test
  void whatIsRefusedIsTriedAgainOnTheSameConnection() throws Exception {
    Proxy proxy = start(netty());
    assertThat(get(proxy, "/refused-twice").statusCode()).isEqualTo(200);
    assertThat(requests).hasValue(3);
    assertThat(stat(proxy, "cluster.up.upstream_rq_retry")).isEqualTo(2);
    assertThat(stat(proxy, "cluster.up.upstream_rq_retry_success")).isEqualTo(1);
    assertThat(stat(proxy, "cluster.up.upstream_cx_total")).isEqualTo(1);
  }

  @Test
  void aBodyIsSentOnceMoreToWhoRefusedIt() throws Exception {
    Proxy proxy = start(netty());
    HttpResponse<byte[]> answer =
        client()
            .send(
                request(proxy, "/refused-twice")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[1000]))
                    .build(),
                HttpResponse.BodyHandlers.ofByteArray());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(requests).hasValue(3);
  }

  @Test
  void aBodyThatAFilterHoldsGoesOnWholeToEachThatIsTried() throws Exception {
    Proxy proxy =
        start(
            netty(),
            """
            , http_filters: [
              {name: b, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer, max_request_bytes: 300000}},
              {name: c, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec}}]""");
    HttpResponse<byte[]> answer =
        client()
            .send(
                request(proxy, "/refused-twice")
                    .POST(
                        HttpRequest.BodyPublishers.ofInputStream(
                            () -> new ByteArrayInputStream(new byte[200_000])))
                    .build(),
                HttpResponse.BodyHandlers.ofByteArray());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(requests).hasValue(3);
  }

  private void awaitStall() {
    long[] last = {-1};
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(500))
        .until(
            () -> {
              long now = sent.get();
              boolean still = now > 0 && now == last[0];
              last[0] = now;
              return still;
            });
  }

  // ---- servers

  private SocketAddress grpc(InetAddress host) throws IOException {
    MethodDescriptor<byte[], byte[]> echo =
        MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("test.Echo/Echo")
            .setRequestMarshaller(new Bytes())
            .setResponseMarshaller(new Bytes())
            .build();
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(host, 0))
            .addService(
                ServerServiceDefinition.builder("test.Echo")
                    .addMethod(
                        echo,
                        ServerCalls.asyncUnaryCall(
                            (request, answer) -> {
                              answer.onNext(request);
                              answer.onCompleted();
                            }))
                    .build())
            .build()
            .start();
    kept.keep(server::shutdownNow);
    return server.getListenSockets().get(0);
  }

  private record Bytes() implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private SocketAddress netty() {
    MultiThreadIoEventLoopGroup group =
        new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    kept.keep(() -> group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly());
    return new ServerBootstrap()
        .group(group)
        .channel(NioServerSocketChannel.class)
        .childHandler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                channel
                    .pipeline()
                    .addLast(
                        Http2FrameCodecBuilder.forServer().build(),
                        new Http2MultiplexHandler(
                            new ChannelInitializer<Channel>() {
                              @Override
                              protected void initChannel(Channel stream) {
                                stream.pipeline().addLast(new Answering());
                              }
                            }));
              }
            })
        .bind(InetAddresses.forString("127.0.0.1"), 0)
        .syncUninterruptibly()
        .channel()
        .localAddress();
  }

  /** Answers one stream as its path says. */
  private final class Answering extends SimpleChannelInboundHandler<Http2StreamFrame> {
    private boolean endless;

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, Http2StreamFrame frame) {
      if (!(frame instanceof Http2HeadersFrame request)) {
        return;
      }
      String path = String.valueOf(request.headers().path());
      int nth = requests.incrementAndGet();
      if (path.equals("/refused-twice") && nth <= 2) {
        var unused = ctx.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.REFUSED_STREAM));
        return;
      }
      endless = path.equals("/endless");
      var unused =
          ctx.writeAndFlush(
              new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().status("200"), !endless));
      more(ctx);
    }

    private void more(ChannelHandlerContext ctx) {
      // A stream that is closed calls itself writable.
      while (endless && ctx.channel().isActive() && ctx.channel().isWritable()) {
        ctx.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(new byte[BLOCK])))
            .addListener(done -> sent.addAndGet(done.isSuccess() ? BLOCK : 0));
      }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      more(ctx);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      endless = false;
    }
  }

  // ---- the proxy and its clients

  private Proxy start(SocketAddress upstream) throws Exception {
    return start(upstream, "");
  }

  private Proxy start(SocketAddress upstream, String options) throws Exception {
    InetSocketAddress to = (InetSocketAddress) upstream;
    String yaml =
        """
        admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
        static_resources:
          listeners:
          - name: http
            address: {socket_address: {address: 127.0.0.1, port_value: 0}}
            filter_chains:
            - filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: ingress
                  route_config:
                    virtual_hosts:
                    - name: all
                      domains: ["*"]
                      routes:
                      - match: {prefix: /}
                        route: {cluster: up, timeout: 0s, retry_policy: {retry_on: refused-stream, num_retries: 3}}
                  http_filters:
                  - name: envoy.filters.http.router
                    typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
          clusters:
          - name: up
            connect_timeout: 5s
            load_assignment:
              cluster_name: up
              endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: "%s", port_value: %d}}}}]}]
            typed_extension_protocol_options:
              envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {
                "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions,
                explicit_http_config: {http2_protocol_options: {}} %s}
        """
            .formatted(InetAddresses.toAddrString(to.getAddress()), to.getPort(), options);
    return kept.keep(WholeProxy.run(yaml));
  }

  private static InetSocketAddress address(Proxy proxy) {
    return (InetSocketAddress) proxy.listenerAddresses("http").get(0);
  }

  private static HttpRequest.Builder request(Proxy proxy, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + address(proxy).getPort() + path))
        .timeout(Duration.ofSeconds(20));
  }

  private static HttpResponse<byte[]> get(Proxy proxy, String path) throws Exception {
    return client().send(request(proxy, path).build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  private static HttpResponse<byte[]> call(Proxy proxy, String path) throws Exception {
    HttpRequest call =
        request(proxy, path)
            .header("content-type", GRPC)
            .header("te", "trailers")
            .POST(HttpRequest.BodyPublishers.ofByteArray(MESSAGE))
            .build();
    return client().send(call, HttpResponse.BodyHandlers.ofByteArray());
  }
}
