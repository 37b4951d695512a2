package io.bifocal.dataplane.transport.tls;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.common.net.InetAddresses;
import com.google.protobuf.Any;
import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.secret.Secrets;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.stream.TlsSession;
import io.bifocal.dataplane.transport.DownstreamSocketFactory;
import io.bifocal.dataplane.transport.TransportSocket;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.OpenSsl;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients' handshakes to their ends, with each provider, over the system's sockets. */
@ParameterizedClass(name = "{0}")
@MethodSource("providers")
class DownstreamTlsTest {
  private static final Authority CA = Authority.named("ca");
  private static final X509Bundle GOOD = CA.issue(Authority.leaf("good.test"));
  private static final X509Bundle OTHER = CA.issue(wildcard("*.other.test"));
  private static final X509Bundle CLIENT =
      CA.issue(Authority.leaf("client.test").addExtendedKeyUsageClientAuth());
  private static final String TRUST = "trusted_ca: {inline_string: \"" + line(CA.pem()) + "\"}";

  private final TlsProvider provider;
  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final StatsStore stats = new StatsStore(1);
  private final List<String> warnings = new ArrayList<>();
  private final BlockingQueue<TlsSession> sessions = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> failures = new LinkedBlockingQueue<>();
  private final List<AutoCloseable> open = new ArrayList<>();

  // The builder takes no name with a star, so its extension is made by hand.
  private static CertificateBuilder wildcard(String name) {
    byte[] dnsName = Der.encode(0x82, name.getBytes(StandardCharsets.US_ASCII));
    return Authority.leaf()
        .addExtensionOctetString("2.5.29.17", false, Der.encode(Der.SEQUENCE, dnsName));
  }

  DownstreamTlsTest(TlsProvider provider) {
    this.provider = provider;
  }

  static Stream<TlsProvider> providers() {
    return OpenSsl.isAvailable()
        ? Stream.of(TlsProvider.BORINGSSL, TlsProvider.JDK)
        : Stream.of(TlsProvider.JDK);
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable closeable : open) {
      closeable.close();
    }
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
  }

  @Test
  void bytesGoBothWaysByTheNewestVersion() throws Exception {
    TlsClient client = connect(serve("127.0.0.1", certificates(GOOD)));
    assertThat(client.echo("hello")).isEqualTo("hello");
    assertThat(client.session().getProtocol()).isEqualTo("TLSv1.3");
    assertThat(client.serverNames()).isEqualTo("good.test");
    assertThat(stat("handshake")).isEqualTo(1);
    assertThat(stat("no_certificate")).isEqualTo(1);
    assertThat(stat("versions.TLSv1.3")).isEqualTo(1);
    assertThat(stat("connection_error")).isZero();
  }

  @Test
  void ipv6IsNoDifferent() throws Exception {
    assumeTrue(hasIpv6(), "this machine has no ::1");
    assertThat(connect(serve("::1", certificates(GOOD))).echo("hello")).isEqualTo("hello");
  }

  @Test
  void whatComesWithTheEndOfTheHandshakeIsNotLost() throws Exception {
    InetSocketAddress server =
        serve(
            "127.0.0.1",
            certificates(GOOD) + ", tls_params: {tls_maximum_protocol_version: TLSv1_2}");
    TlsClient client = connect(server);
    assertThat(client.session().getProtocol()).isEqualTo("TLSv1.2");
    assertThat(client.echo("x".repeat(100_000))).hasSize(100_000);
  }

  @Test
  void theClientsNameChoosesTheCertificate() throws Exception {
    X509Bundle rsa =
        CA.issue(new CertificateBuilder().rsa2048().subject("CN=rsa").addSanDnsName("rsa.test"));
    InetSocketAddress server = serve("127.0.0.1", certificates(GOOD, OTHER, rsa));
    List<String> shown = new ArrayList<>();
    for (String name : List.of("good.test", "a.other.test", "rsa.test", "unknown.test")) {
      shown.add(connect(server, null, name).serverNames());
    }
    shown.add(connect(server).serverNames());
    assertThat(shown)
        .containsExactly("good.test", "*.other.test", "rsa.test", "good.test", "good.test");
  }

  @Test
  void aNameThatIsNoHostsIsNoReasonToRefuse() throws Exception {
    assumeTrue(provider == TlsProvider.BORINGSSL, "the Java runtime refuses such a name");
    InetSocketAddress server = serve("127.0.0.1", certificates(GOOD));
    SSLContext context = TlsClient.context(null);
    TlsClient client =
        add(
            TlsClient.connect(
                context,
                server,
                p ->
                    p.setServerNames(
                        List.of(new OddName("a_b".getBytes(StandardCharsets.UTF_8))))));
    assertThat(client.echo("hello")).isEqualTo("hello");
  }

  private static final class OddName extends javax.net.ssl.SNIServerName {
    OddName(byte[] name) {
      super(0, name);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"h2, a, http/1.1", "'h2,a,http/1.1'"})
  void ofTheProtocolsTheServersFirstIsTakenAndOnlyWhatIsSpoken(String protocols) throws Exception {
    InetSocketAddress server =
        serve("127.0.0.1", certificates(GOOD) + ", alpn_protocols: [" + protocols + "]");
    assertThat(warnings)
        .containsExactly(
            "here.common_tls_context.alpn_protocols: of [h2, a, http/1.1] only [a, http/1.1] can be"
                + " spoken to clients, and agreed on");
    assertThat(alpn(server, "http/1.1", "a")).isEqualTo("a");
    assertThat(alpn(server, "h2", "http/1.1")).isEqualTo("http/1.1");
    assertThat(alpn(server, "h2")).isEmpty();
    assertThat(alpn(server)).isEmpty();
  }

  private String alpn(InetSocketAddress server, String... offered) throws IOException {
    return add(TlsClient.connect(
            TlsClient.context(null), server, p -> p.setApplicationProtocols(offered)))
        .socket()
        .getApplicationProtocol();
  }

  // ---- clients that prove who they are

  @Test
  void aClientMustShowACertificateWhereOneIsRequired() throws Exception {
    InetSocketAddress server = serveVerified(TRUST, true);
    assertThat(connect(server, CLIENT, "").echo("hello")).isEqualTo("hello");
    assertThat(stat("no_certificate")).isZero();
    assertThat(refusal(server, null))
        .isEqualTo(
            "TLS_error:|268435648:SSL routines:OPENSSL_internal:PEER_DID_NOT_RETURN_A_CERTIFICATE"
                + ":peer did not provide required client certificate:TLS_error_end");
    assertThat(stat("fail_verify_no_cert")).isEqualTo(1);
    assertThat(stat("connection_error") + stat("fail_verify_error")).isZero();
  }

  @Test
  void aClientMayShowACertificateWhereItIsJudged() throws Exception {
    InetSocketAddress server = serveVerified(TRUST, false);
    assertThat(connect(server).echo("hello")).isEqualTo("hello");
    assertThat(connect(server, CLIENT, "").echo("hello")).isEqualTo("hello");
    X509Bundle stranger = Authority.named("x").issue(Authority.leaf("client.test"));
    // The server says whom it trusts, and this client then shows nothing.
    assertThat(connect(server, stranger, "").echo("hello")).isEqualTo("hello");
    assertThat(stat("no_certificate")).isEqualTo(2);
    assertThat(refusal(server, expired())).contains("depth 0: certificate has expired");
    assertThat(stat("fail_verify_error")).isEqualTo(1);
    assertThat(stat("connection_error")).isZero();
  }

  private static X509Bundle expired() {
    return CA.issue(Authority.leaf("client.test").notAfter(Instant.now().minusSeconds(1)));
  }

  @Test
  void aServersCertificateIsNoneForAClient() throws Exception {
    X509Bundle serverOnly = CA.issue(Authority.leaf("client.test").addExtendedKeyUsageServerAuth());
    assertThat(refusal(serveVerified(TRUST, true), serverOnly))
        .contains("depth 0: unsupported certificate purpose");
  }

  @Test
  void aClientsNameIsJudged() throws Exception {
    InetSocketAddress server =
        serveVerified(
            TRUST + ", match_typed_subject_alt_names: [{san_type: DNS, matcher: {exact: x.test}}]",
            true);
    assertThat(refusal(server, CLIENT)).contains("SAN matcher, certificate SANs are [client.test]");
    assertThat(stat("fail_verify_san")).isEqualTo(1);
  }

  @Test
  void withoutAVerifierAnyCertificateWillDo() throws Exception {
    InetSocketAddress server =
        serve("127.0.0.1", certificates(GOOD), ", require_client_certificate: true");
    X509Bundle stranger = Authority.named("x").issue(Authority.leaf("client.test"));
    assertThat(connect(server, stranger, "").echo("hello")).isEqualTo("hello");
  }

  @Test
  void aClientIsValidatedOnlyWhereItIsTrusted() throws Exception {
    X509Bundle stranger = strangeClient();
    String accepting = TRUST + ", trust_chain_verification: ACCEPT_UNTRUSTED";
    assertThat(validated(serveVerified(accepting, true), CLIENT)).isTrue();
    assertThat(validated(serveVerified(accepting, true), stranger)).isFalse();
    assertThat(validated(serveVerified(TRUST, false), null)).isFalse();
    assertThat(
            validated(
                serve("127.0.0.1", certificates(GOOD), ", require_client_certificate: true"),
                stranger))
        .isFalse();
  }

  /** By an authority of the same name as the other, so that its client shows it. */
  private static X509Bundle strangeClient() {
    return Authority.named("ca").issue(Authority.leaf("client.test"));
  }

  private boolean validated(InetSocketAddress server, @Nullable X509Bundle own) throws Exception {
    assertThat(connect(server, own, "").echo("hello")).isEqualTo("hello");
    TlsSession session = requireNonNull(sessions.poll(20, TimeUnit.SECONDS));
    assertThat(session.peerCertificate() != null).isEqualTo(own != null);
    return session.peerValidated();
  }

  // ---- clients that are none

  @Test
  void aClientThatSpeaksPlainTextIsRefused() throws Exception {
    InetSocketAddress server = serve("127.0.0.1", certificates(GOOD));
    Socket client = add(new Socket(server.getAddress(), server.getPort()));
    client.setSoTimeout(20_000);
    client.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.UTF_8));
    assertThat(failure())
        .isEqualTo("TLS_error:|268435612:SSL routines:OPENSSL_internal:HTTP_REQUEST:TLS_error_end");
    assertThat(stat("connection_error")).isEqualTo(1);
    assertThat(client.getInputStream().readAllBytes().length).isLessThan(20);
  }

  @Test
  void whatIsNeitherTlsNorHttpIsToldTheVersion() throws Exception {
    InetSocketAddress server = serve("127.0.0.1", certificates(GOOD));
    Socket client = add(new Socket(server.getAddress(), server.getPort()));
    client.setSoTimeout(20_000);
    client.getOutputStream().write("SSH-2.0-client\r\n".getBytes(StandardCharsets.UTF_8));
    assertThat(failure()).contains("WRONG_VERSION_NUMBER");
    assertThat(client.getInputStream().readNBytes(7))
        .containsExactly(0x15, 3, 1, 0, 2, 2, 70); // an alert: protocol_version
  }

  @Test
  void aClientThatLeavesInTheHandshakeGivesNoReason() throws Exception {
    InetSocketAddress server = serve("127.0.0.1", certificates(GOOD));
    new Socket(server.getAddress(), server.getPort()).close();
    assertThat(failure()).isEmpty();
    assertThat(stat("connection_error")).isZero();
  }

  @Test
  void versionsThatDoNotMeetAreToldToTheClient() throws Exception {
    InetSocketAddress server =
        serve(
            "127.0.0.1",
            certificates(GOOD) + ", tls_params: {tls_minimum_protocol_version: TLSv1_3}");
    assertThatThrownBy(
            () ->
                TlsClient.connect(
                    TlsClient.context(null), server, p -> p.setProtocols(new String[] {"TLSv1.2"})))
        .isInstanceOf(SSLException.class)
        .hasMessageContaining("protocol_version");
    assertThat(failure()).startsWith("TLS_error:|");
    assertThat(stat("connection_error")).isEqualTo(1);
  }

  // ---- sessions

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aSessionIsResumedAndTheClientJudgedAgain(boolean trusted) throws Exception {
    InetSocketAddress server =
        serveVerified(TRUST + ", trust_chain_verification: ACCEPT_UNTRUSTED", true);
    SSLContext client = TlsClient.context(trusted ? CLIENT : strangeClient());
    for (int i = 0; i < 3; i++) {
      TlsClient connection = add(TlsClient.connect(client, server, p -> {}));
      assertThat(connection.echo("hello")).isEqualTo("hello"); // a ticket comes before it
      connection.close();
      TlsSession session = requireNonNull(sessions.poll(20, TimeUnit.SECONDS));
      assertThat(session.peerCertificate()).isNotNull();
      assertThat(session.peerValidated()).isEqualTo(trusted);
    }
    assertThat(stat("handshake")).isEqualTo(3);
    assertThat(stat("session_reused")).isEqualTo(2);
  }

  @Test
  void serversWithTheSameKeysResumeEachOthersSessions() throws Exception {
    assumeTrue(provider == TlsProvider.BORINGSSL, "the Java runtime makes its own keys");
    String old = ticketKey(1);
    String both = ticketKey(2) + ", " + old;
    SSLContext client = TlsClient.context(null);
    AtomicReference<TransportSocket> current = new AtomicReference<>();
    // A client finds its session again by the address.
    InetSocketAddress server = serve("127.0.0.1", current::get);
    for (String keys : List.of(old, old, both, ticketKey(2), old)) {
      current.set(socket(certificates(GOOD), ", session_ticket_keys: {keys: [" + keys + "]}"));
      TlsClient connection = add(TlsClient.connect(client, server, p -> {}));
      assertThat(connection.echo("hello")).isEqualTo("hello");
      connection.close();
    }
    assertThat(stat("handshake")).isEqualTo(5);
    // The last one knows no key of the one before.
    assertThat(stat("session_reused")).isEqualTo(3);
    assertThat(warnings).isEmpty();
  }

  @Test
  void aSessionOfOneWhoWasNotJudgedOpensNothing() throws Exception {
    assumeTrue(provider == TlsProvider.BORINGSSL, "the Java runtime makes its own keys");
    String keys = ", session_ticket_keys: {keys: [" + ticketKey(1) + "]}";
    String judged = certificates(GOOD) + ", validation_context: {" + TRUST + "}";
    SSLContext client = TlsClient.context(null);
    AtomicReference<TransportSocket> current = new AtomicReference<>();
    InetSocketAddress server = serve("127.0.0.1", current::get);
    current.set(socket(certificates(GOOD), keys));
    for (int i = 0; i < 2; i++) {
      assertThat(add(TlsClient.connect(client, server, p -> {})).echo("hello")).isEqualTo("hello");
    }
    assertThat(stat("session_reused")).isEqualTo(1);
    current.set(socket(judged, ", require_client_certificate: true" + keys));
    assertThatThrownBy(() -> TlsClient.connect(client, server, p -> {}).echo("hello").charAt(0))
        .isInstanceOf(Exception.class);
    assertThat(failure()).contains("PEER_DID_NOT_RETURN_A_CERTIFICATE");
    assertThat(stat("session_reused")).isEqualTo(1);
    SSLContext known = TlsClient.context(CLIENT);
    for (int i = 0; i < 2; i++) {
      current.set(socket(judged, ", require_client_certificate: true" + keys));
      assertThat(add(TlsClient.connect(known, server, p -> {})).echo("hello")).isEqualTo("hello");
    }
    assertThat(stat("session_reused")).isEqualTo(2);
  }

  @Test
  void aTicketKeyOfAnotherLengthIsRefused() {
    assertThatThrownBy(
            () ->
                read(
                    "common_tls_context: {%s}, session_ticket_keys: {keys: [{inline_string: x}]}"
                        .formatted(certificates(GOOD))))
        .hasMessage("Incorrect TLS session ticket key length. Length 1, expected length 80.");
  }

  private static String ticketKey(int number) {
    byte[] key = new byte[80];
    Arrays.fill(key, (byte) number);
    return "{inline_bytes: \"" + Base64.getEncoder().encodeToString(key) + "\"}";
  }

  @Test
  void theServersCiphersComeFirstUnlessTheClientsAreToBe() throws Exception {
    String common = certificates(GOOD) + ", tls_params: {tls_maximum_protocol_version: TLSv1_2}";
    String weaker = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
    String stronger = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
    List<String> taken = new ArrayList<>();
    for (String rest : List.of("", ", prefer_client_ciphers: true")) {
      TlsClient client =
          add(
              TlsClient.connect(
                  TlsClient.context(null),
                  serve("127.0.0.1", common, rest),
                  p -> p.setCipherSuites(new String[] {weaker, stronger})));
      taken.add(client.session().getCipherSuite());
    }
    assertThat(taken).containsExactly(stronger, weaker);
  }

  @Test
  void ofCiphersOfOneRankTheClientsFirstIsTaken() throws Exception {
    assumeTrue(provider == TlsProvider.BORINGSSL, "the Java runtime knows no ranks");
    String chacha = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256";
    String aes = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
    String ranked = "'[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]'";
    for (String ciphers : List.of("", ", cipher_suites: [" + ranked + "]")) {
      String params = ", tls_params: {tls_maximum_protocol_version: TLSv1_2" + ciphers + "}";
      InetSocketAddress server = serve("127.0.0.1", certificates(GOOD) + params);
      assertThat(cipher(server, chacha, aes)).isEqualTo(chacha);
      assertThat(cipher(server, aes, chacha)).isEqualTo(aes);
    }
  }

  @Test
  void aGroupOfCiphersStandsForAllOfItAndRulesTakeSomeAway() throws Exception {
    assumeTrue(provider == TlsProvider.BORINGSSL, "the Java runtime knows no groups");
    String gcm = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
    String cbc = "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA";
    String params = ", tls_params: {tls_maximum_protocol_version: TLSv1_2, cipher_suites: ";
    assertThat(cipher(serve("127.0.0.1", certificates(GOOD) + params + "[ALL]}"), cbc))
        .isEqualTo(cbc);
    InetSocketAddress without = serve("127.0.0.1", certificates(GOOD) + params + "[ALL, '!SHA1']}");
    assertThat(cipher(without, cbc, gcm)).isEqualTo(gcm);
    assertThatThrownBy(() -> cipher(without, cbc)).hasMessageContaining("handshake_failure");
  }

  private String cipher(InetSocketAddress server, String... offered) throws IOException {
    return add(TlsClient.connect(TlsClient.context(null), server, p -> p.setCipherSuites(offered)))
        .session()
        .getCipherSuite();
  }

  @Test
  void theGroupOfTheKeyExchangeIsCounted() throws Exception {
    assumeTrue(provider == TlsProvider.BORINGSSL, "the Java runtime does not tell");
    String common = certificates(GOOD) + ", tls_params: {ecdh_curves: [P-256]}";
    assertThat(connect(serve("127.0.0.1", common)).echo("hello")).isEqualTo("hello");
    assertThat(stat("curves.P-256")).isEqualTo(1);
  }

  @Test
  void aClientsChainMayBeSoLong() throws Exception {
    X509Bundle below = CA.below("between").issue(Authority.leaf("client.test"));
    InetSocketAddress one = serveVerified(TRUST + ", max_verify_depth: 1", true);
    assertThat(connect(one, CLIENT, "").echo("hello")).isEqualTo("hello");
    assertThat(refusal(one, below)).contains("depth 1: unable to get local issuer certificate");
    InetSocketAddress two = serveVerified(TRUST + ", max_verify_depth: 2", true);
    assertThat(connect(two, below, "").echo("hello")).isEqualTo("hello");
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1_2", "TLSv1_3"})
  void sessionsAreNotResumedWhereThatIsSwitchedOff(String version) throws Exception {
    assumeTrue(provider == TlsProvider.BORINGSSL, "the Java runtime decides for itself");
    InetSocketAddress server =
        serve(
            "127.0.0.1",
            certificates(GOOD)
                + ", tls_params: {tls_maximum_protocol_version: %s}".formatted(version),
            ", disable_stateless_session_resumption: true,"
                + " disable_stateful_session_resumption: true");
    SSLContext client = TlsClient.context(null);
    for (int i = 0; i < 2; i++) {
      TlsClient connection = add(TlsClient.connect(client, server, p -> {}));
      assertThat(connection.echo("hello")).isEqualTo("hello");
      connection.close();
    }
    assertThat(stat("handshake")).isEqualTo(2);
    assertThat(stat("session_reused")).isZero();
  }

  // ----

  static String line(String pem) {
    return pem.replace("\n", "\\n");
  }

  static String certificates(X509Bundle... bundles) {
    List<String> certificates = new ArrayList<>();
    for (X509Bundle bundle : bundles) {
      certificates.add(
          "{certificate_chain: {inline_string: \"%s\"}, private_key: {inline_string: \"%s\"}}"
              .formatted(line(bundle.getCertificatePathPEM()), line(bundle.getPrivateKeyPEM())));
    }
    return "tls_certificates: [" + String.join(", ", certificates) + "]";
  }

  private InetSocketAddress serveVerified(String validation, boolean required) throws Exception {
    return serve(
        "127.0.0.1",
        certificates(GOOD) + ", validation_context: {" + validation + "}",
        ", require_client_certificate: " + required);
  }

  private InetSocketAddress serve(String ip, String common) throws Exception {
    return serve(ip, common, "");
  }

  private InetSocketAddress serve(String ip, String common, String rest) throws Exception {
    TransportSocket socket = socket(common, rest);
    return serve(ip, () -> socket);
  }

  private TransportSocket socket(String common, String rest) throws ConfigException {
    return read("common_tls_context: {" + common + "}" + rest).on(stats.root().scope("l"), 1);
  }

  /** A server that echoes, behind what is the socket at that time. */
  private InetSocketAddress serve(String ip, Supplier<TransportSocket> socket) throws Exception {
    Channel server =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .childOption(ChannelOption.AUTO_READ, false)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    socket
                        .get()
                        .start(channel)
                        .addListener(
                            done -> {
                              if (done.isSuccess()) {
                                sessions.add(requireNonNull(TlsSession.of(channel)));
                                channel.pipeline().addLast(new Echo());
                                channel.config().setAutoRead(true);
                              } else {
                                failures.add(String.valueOf(done.cause().getMessage()));
                              }
                            });
                  }
                })
            .bind(ip, 0)
            .sync()
            .channel();
    return (InetSocketAddress) server.localAddress();
  }

  private DownstreamSocketFactory read(String yaml) throws ConfigException {
    DownstreamTlsContext config =
        new BootstrapReader(false)
            .readYaml("{" + yaml + "}", "test", DownstreamTlsContext.getDefaultInstance());
    return new DownstreamTlsReader(provider, Secrets.NONE)
        .read(Any.pack(config), "here", alpn -> !alpn.equals("h2"), warnings);
  }

  @SuppressWarnings("FutureReturnValueIgnored")
  private static final class Echo extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ctx.writeAndFlush(message);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }

  private <T extends AutoCloseable> T add(T closeable) {
    open.add(closeable);
    return closeable;
  }

  private TlsClient connect(InetSocketAddress server) throws IOException {
    return connect(server, null, "");
  }

  private TlsClient connect(InetSocketAddress server, @Nullable X509Bundle own, String name)
      throws IOException {
    return add(
        TlsClient.connect(
            TlsClient.context(own),
            server,
            name.isEmpty() ? p -> p.setServerNames(List.of()) : TlsClient.sni(name)));
  }

  /** Why the server refuses that client. */
  private String refusal(InetSocketAddress server, @Nullable X509Bundle own) throws Exception {
    try (TlsClient client = TlsClient.connect(TlsClient.context(own), server, p -> {})) {
      assertThatThrownBy(() -> client.echo("hello").charAt(0)).isInstanceOf(Exception.class);
    } catch (IOException e) {
      // told within the handshake, before TLS 1.3
    }
    return failure();
  }

  private String failure() throws InterruptedException {
    return String.valueOf(failures.poll(20, TimeUnit.SECONDS));
  }

  private long stat(String name) {
    return stats.counters().stream()
        .filter(c -> c.name().full().equals("l.ssl." + name))
        .mapToLong(Counter::value)
        .sum();
  }

  private static boolean hasIpv6() {
    try (ServerSocket any = new ServerSocket(0, 1, InetAddresses.forString("::1"))) {
      return any.isBound();
    } catch (IOException e) {
      return false;
    }
  }
}
