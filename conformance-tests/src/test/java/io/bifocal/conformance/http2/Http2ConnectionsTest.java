package io.bifocal.conformance.http2;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Http;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** How many connections there are, and what is spoken on them. */
class Http2ConnectionsTest {
  private static final String TLS =
      "transport_socket: {name: tls, typed_config: {'@type': type.googleapis.com/"
          + "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext}}";
  private static final String EXPLICIT = Http2Bootstrap.EXPLICIT;

  @RegisterExtension final Stage stage = new Stage();

  static Stream<Arguments> everywhere() {
    return Arrays.stream(Subject.values())
        .flatMap(s -> Stream.of("127.0.0.1", "::1").map(address -> Arguments.of(s, address)));
  }

  private FrameServer server(String address, Http2Settings settings, FrameServer.Script script) {
    return stage.keep(new FrameServer(address, settings, null, script));
  }

  private Proxy start(Subject subject, InetSocketAddress upstream, String protocol, String more) {
    return stage
        .start(
            subject, Http2Bootstrap.of(upstream, stage.directory().resolve("log"), protocol, more))
        .awaitLive();
  }

  /** So many at once; their answers' statuses. */
  private static List<Integer> get(Proxy proxy, int at) {
    InetSocketAddress listener = proxy.listener("ingress");
    ExecutorService clients = Executors.newFixedThreadPool(at);
    try {
      List<CompletableFuture<Integer>> all = new ArrayList<>();
      for (int i = 0; i < at; i++) {
        all.add(CompletableFuture.supplyAsync(() -> Http.get(listener, "/ok").status(), clients));
      }
      return all.stream().map(CompletableFuture::join).toList();
    } finally {
      clients.shutdown();
    }
  }

  @ParameterizedTest
  @MethodSource("everywhere")
  void manyAtOnceShareOneConnection(Subject subject, String address) {
    FrameServer upstream = server(address, new Http2Settings(), new Corpus());
    Proxy proxy = start(subject, upstream.address(), EXPLICIT, "");
    assertThat(get(proxy, 40)).hasSize(40).containsOnly(200);
    assertThat(upstream.connections()).isEqualTo(1);
    assertThat(proxy.stat("cluster.raced.upstream_cx_http2_total")).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void whereOneStreamIsAllThereIsEachRequestIsAnsweredAllTheSame(Subject subject) {
    FrameServer upstream =
        server("127.0.0.1", new Http2Settings().maxConcurrentStreams(1), new Corpus());
    Proxy proxy = start(subject, upstream.address(), EXPLICIT, "");
    assertThat(get(proxy, 1)).containsOnly(200);
    assertThat(get(proxy, 10)).containsOnly(200);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void theDeprecatedFieldMeansHttp2(Subject subject) {
    FrameServer upstream = server("127.0.0.1", new Http2Settings(), new Corpus());
    String bootstrap = Http2Bootstrap.of(upstream.address(), stage.directory().resolve("log"));
    String old =
        bootstrap.substring(0, bootstrap.indexOf("    typed_extension_protocol_options:"))
            + "    http2_protocol_options: {max_concurrent_streams: 5}\n";
    Proxy proxy = stage.start(subject, old).awaitLive();
    assertThat(get(proxy, 1)).containsExactly(200);
    assertThat(proxy.stat("cluster.raced.upstream_cx_http2_total")).isEqualTo(1);
  }

  // ---- TLS

  private static SslContext tls(String... protocols) throws Exception {
    X509Bundle own =
        new CertificateBuilder()
            .ecp256()
            .subject("CN=a")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    return SslContextBuilder.forServer(own.getKeyPair().getPrivate(), own.getCertificatePath())
        .sslProvider(SslProvider.JDK)
        .applicationProtocolConfig(
            new ApplicationProtocolConfig(
                ApplicationProtocolConfig.Protocol.ALPN,
                ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                protocols))
        .build();
  }

  static Stream<Arguments> overTls() {
    return everywhere()
        .flatMap(
            who ->
                Stream.of(EXPLICIT, "auto_config: {}")
                    .map(how -> Arguments.of(who.get()[0], who.get()[1], how)));
  }

  @ParameterizedTest
  @MethodSource("overTls")
  void overTlsHttp2IsOfferedAndSpoken(Subject subject, String address, String how)
      throws Exception {
    FrameServer upstream =
        stage.keep(new FrameServer(address, new Http2Settings(), tls("h2"), new Corpus()));
    Proxy proxy = start(subject, upstream.address(), how, TLS);
    assertThat(get(proxy, 1)).containsExactly(200);
    assertThat(get(proxy, 5)).containsOnly(200);
    assertThat(upstream.connections()).isEqualTo(1);
    assertThat(proxy.stat("cluster.raced.upstream_cx_http2_total")).isEqualTo(1);
  }

  @ParameterizedTest
  @MethodSource("everywhere")
  void autoSpeaksHttp11ToWhoChoosesIt(Subject subject, String address) throws Exception {
    FrameServer upstream =
        stage.keep(
            new FrameServer(address, new Http2Settings(), tls("http/1.1"), FrameServer.HTTP_1_1));
    Proxy proxy = start(subject, upstream.address(), "auto_config: {}", TLS);
    assertThat(get(proxy, 5)).containsOnly(200);
    assertThat(proxy.stat("cluster.raced.upstream_cx_http2_total")).isZero();
    assertThat(proxy.stat("cluster.raced.upstream_cx_http1_total")).isPositive();
  }
}
