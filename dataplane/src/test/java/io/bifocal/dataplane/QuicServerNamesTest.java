package io.bifocal.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.dataplane.transport.tls.Authority;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicConnectionCloseEvent;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.pkitesting.X509Bundle;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Filter chains of QUIC by the server that a client asks for, on sockets. */
class QuicServerNamesTest {
  private static final Authority AUTHORITY = Authority.named("authority");

  @RegisterExtension final Kept kept = new Kept();

  private static X509Bundle named(String name) {
    return AUTHORITY.issue(Authority.leaf(name).subject("CN=" + name));
  }

  @Test
  void theNameChoosesTheChainAndSoTheCertificate() throws Exception {
    Proxy proxy =
        start(
            chain("exact", "server_names: [one.test]", ""),
            chain("wildcard", "server_names: [\"*.one.test\", two.test]", ""),
            chain("other", "", ""));
    assertThat(shown(proxy, "one.test")).isEqualTo("CN=exact");
    assertThat(shown(proxy, "ONE.test")).isEqualTo("CN=exact");
    assertThat(shown(proxy, "a.one.test")).isEqualTo("CN=wildcard");
    assertThat(shown(proxy, "b.a.one.test")).isEqualTo("CN=wildcard");
    assertThat(shown(proxy, "two.test")).isEqualTo("CN=wildcard");
    assertThat(shown(proxy, "three.test")).isEqualTo("CN=other");
    assertThat(shown(proxy, null)).isEqualTo("CN=other");
  }

  @Test
  void aHelloInSeveralDatagramsChoosesAsWell() throws Exception {
    Proxy proxy = start(chain("exact", "server_names: [one.test]", ""), chain("other", "", ""));
    List<String> many = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      many.add(("x" + i).repeat(60));
    }
    many.add("h3");
    assertThat(shown(connect(proxy, "one.test", client().applicationProtocols(array(many)))))
        .isEqualTo("CN=exact");
  }

  private static String[] array(List<String> list) {
    return list.toArray(String[]::new);
  }

  @Test
  void whomNoChainTakesIsRefusedAtOnce() throws Exception {
    Proxy proxy = start(chain("exact", "server_names: [one.test]", ""));
    assertThat(refusal(proxy, "two.test")).isEqualTo("2 no filter chain found");
    assertThat(refusal(proxy, null)).isEqualTo("2 no filter chain found");
    assertThat(shown(proxy, "one.test")).isEqualTo("CN=exact");
    assertThat(stat(proxy, "no_filter_chain_match")).isGreaterThanOrEqualTo(2); // who asks again
    assertThat(stat(proxy, "downstream_cx_total")).isEqualTo(1);
  }

  @Test
  void itIsSoAlsoWhereNoNameDecides() throws Exception {
    Proxy proxy =
        start(
            chain(
                "elsewhere",
                "source_prefix_ranges: [{address_prefix: 192.0.2.0, prefix_len: 24}]",
                ""));
    assertThat(refusal(proxy, "one.test")).isEqualTo("2 no filter chain found");
    assertThat(stat(proxy, "no_filter_chain_match")).isPositive();
  }

  @Test
  void eachChainJudgesItsOwnClients() throws Exception {
    String trust =
        ", validation_context: {trusted_ca: {inline_string: \"%s\"}}"
            .formatted(line(AUTHORITY.pem()));
    Proxy proxy =
        start(
            chain("strict", "server_names: [one.test]", trust)
                .replace("common_tls", "require_client_certificate: true, common_tls"),
            chain("other", "", ""));
    X509Bundle good = named("client");
    // By its name it could be the right one: a client shows none that the server does not ask for.
    X509Bundle strange = Authority.named("authority").issue(Authority.leaf("client"));
    assertThat(shown(connect(proxy, "one.test", showing(good)))).isEqualTo("CN=strict");
    assertThat(shown(connect(proxy, "two.test", showing(strange)))).isEqualTo("CN=other");
    assertThat(shown(proxy, "two.test")).isEqualTo("CN=other");
    refused(proxy, client(), "ssl.fail_verify_no_cert");
    refused(proxy, showing(strange), "ssl.fail_verify_error");
  }

  // When a client hears of it is its library's business.
  private void refused(Proxy proxy, QuicSslContextBuilder client, String counted) throws Exception {
    assertThat(stat(proxy, counted)).isZero();
    var unused = begin(proxy, "one.test", client, new CompletableFuture<>());
    await(counted).atMost(Duration.ofSeconds(30)).until(() -> stat(proxy, counted) == 1);
  }

  @Test
  void aTreeMayAskForTheName() throws Exception {
    Proxy proxy =
        start(
            """
            filter_chain_matcher:
              matcher_tree:
                input: {name: sni, typed_config: {"@type": type.googleapis.com/envoy.extensions.matching.common_inputs.network.v3.ServerNameInput}}
                exact_match_map:
                  map:
                    one.test: {action: {name: exact, typed_config: {"@type": type.googleapis.com/google.protobuf.StringValue, value: exact}}}
              on_no_match: {action: {name: other, typed_config: {"@type": type.googleapis.com/google.protobuf.StringValue, value: other}}}
            """
                .indent(4),
            chain("exact", "", ""),
            chain("other", "", ""));
    assertThat(shown(proxy, "one.test")).isEqualTo("CN=exact");
    assertThat(shown(proxy, "two.test")).isEqualTo("CN=other");
  }

  // ---- the server

  private Proxy start(String first, String... chains) throws Exception {
    boolean matcher = first.contains("filter_chain_matcher");
    return kept.keep(
        WholeProxy.run(
            """
            admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
            static_resources:
              listeners:
              - name: quic
                stat_prefix: quic
                address: {socket_address: {protocol: UDP, address: 127.0.0.1, port_value: 0}}
                udp_listener_config: {quic_options: {}}
            """
                + (matcher ? first : "")
                + "    filter_chains:\n"
                + (matcher ? "" : first)
                + String.join("", chains)));
  }

  private static String chain(String name, String match, String tls) {
    X509Bundle own = named(name);
    return """
    - name: %1$s
      filter_chain_match: {%2$s}
      transport_socket:
        name: quic
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport
          downstream_tls_context: {common_tls_context: {tls_certificates: [{certificate_chain: {inline_string: "%3$s"}, private_key: {inline_string: "%4$s"}}]%5$s}}
      filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: %1$s
          codec_type: HTTP3
          route_config: {virtual_hosts: [{name: all, domains: ["*"], routes: [{match: {prefix: /}, direct_response: {status: 200}}]}]}
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
    """
        .formatted(
            name, match, line(own.getCertificatePathPEM()), line(own.getPrivateKeyPEM()), tls)
        .indent(4);
  }

  private static String line(String pem) {
    return pem.replace("\n", "\\n");
  }

  private static long stat(Proxy proxy, String name) throws Exception {
    return WholeProxy.admin(proxy, "/stats")
        .lines()
        .filter(line -> line.startsWith("listener.quic." + name + ": "))
        .mapToLong(line -> Long.parseLong(line.replaceAll(".*: ", "")))
        .sum();
  }

  // ---- clients

  private static QuicSslContextBuilder client() {
    return QuicSslContextBuilder.forClient()
        .trustManager(InsecureTrustManagerFactory.INSTANCE)
        .applicationProtocols(Http3.supportedApplicationProtocols());
  }

  private static QuicSslContextBuilder showing(X509Bundle own) {
    return client().keyManager(own.getKeyPair().getPrivate(), null, own.getCertificatePath());
  }

  private String shown(Proxy proxy, @Nullable String server) throws Exception {
    return shown(connect(proxy, server, client()));
  }

  private static String shown(QuicChannel connection) throws Exception {
    X509Certificate shown =
        (X509Certificate)
            Objects.requireNonNull(connection.sslEngine()).getSession().getPeerCertificates()[0];
    return shown.getSubjectX500Principal().getName();
  }

  private QuicChannel connect(Proxy proxy, @Nullable String server, QuicSslContextBuilder client)
      throws Exception {
    return begin(proxy, server, client, new CompletableFuture<>()).get(20, TimeUnit.SECONDS);
  }

  /** Why the server takes no connection. */
  private String refusal(Proxy proxy, @Nullable String server) throws Exception {
    CompletableFuture<String> told = new CompletableFuture<>();
    var connecting = begin(proxy, server, client(), told);
    try {
      connecting.get(20, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      return told.get(20, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      return "nothing";
    }
    return "connected";
  }

  private io.netty.util.concurrent.Future<QuicChannel> begin(
      Proxy proxy,
      @Nullable String server,
      QuicSslContextBuilder client,
      CompletableFuture<String> end)
      throws Exception {
    QuicSslContext context = client.build();
    EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    kept.keep(() -> group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync());
    Channel socket =
        new Bootstrap()
            .group(group)
            .channel(NioDatagramChannel.class)
            .handler(
                Http3.newQuicClientCodecBuilder()
                    .sslEngineProvider(
                        connection ->
                            server == null
                                ? context.newEngine(connection.alloc())
                                : context.newEngine(connection.alloc(), server, 443))
                    .maxIdleTimeout(30, TimeUnit.SECONDS)
                    .initialMaxData(10_000)
                    .build())
            .bind(0)
            .sync()
            .channel();
    return QuicChannel.newBootstrap(socket)
        .handler(
            new ChannelInboundHandlerAdapter() {
              @Override
              public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                if (event instanceof QuicConnectionCloseEvent closed) {
                  end.complete(
                      closed.error()
                          + " "
                          + new String(closed.reason(), StandardCharsets.US_ASCII));
                }
                ctx.fireUserEventTriggered(event);
              }
            })
        .remoteAddress(proxy.listenerAddresses("quic").get(0))
        .connect();
  }
}
