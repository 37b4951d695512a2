package io.bifocal.dataplane.transport.tls;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.ConnectFailure;
import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.connect.ConnectRace;
import io.bifocal.dataplane.connect.RaceListener;
import io.bifocal.dataplane.connect.RaceOutcome;
import io.bifocal.dataplane.connect.RacePlan;
import io.bifocal.dataplane.connect.RaceRunner;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportFailure;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.dataplane.transport.tls.TlsPeer.Conversation;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.dataplane.worker.Workers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.OpenSsl;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Handshakes and races to their ends, with each provider, over the system's sockets. */
@ParameterizedClass(name = "{0}")
@MethodSource("providers")
class TlsOnSocketsTest {
  private static final InetAddress V4 = InetAddresses.forString("127.0.0.1");
  private static final InetAddress V6 = InetAddresses.forString("::1");
  private static final Authority CA = Authority.named("ca");
  private static final X509Bundle GOOD = CA.issue(Authority.leaf("good.test"));
  private static final X509Bundle STRANGER =
      Authority.named("other").issue(Authority.leaf("good.test"));
  private static final Conversation ECHO =
      client -> client.getInputStream().transferTo(client.getOutputStream());
  private static final Conversation SILENT = client -> client.getInputStream().readAllBytes();
  private static final TlsSettings TRUSTING_CA =
      TlsSettings.DEFAULT
          .withVersions(TlsVersion.TLS_1_2, TlsVersion.TLS_1_3)
          .withVerifier(CA.verifier());

  private final TlsProvider provider;
  private final Workers workers = Workers.start(1, Transport.best());
  private final StatsStore stats = new StatsStore(1);
  private final List<AutoCloseable> resources = new ArrayList<>(List.of(workers));
  private final List<TlsPeer> peers = new ArrayList<>();

  TlsOnSocketsTest(TlsProvider provider) {
    this.provider = provider;
  }

  static Stream<TlsProvider> providers() {
    return OpenSsl.isAvailable()
        ? Stream.of(TlsProvider.BORINGSSL, TlsProvider.JDK)
        : Stream.of(TlsProvider.JDK);
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable resource : resources) {
      resource.close();
    }
  }

  // ---- one peer

  @Test
  void bytesGoBothWaysOnceTheHandshakeIsDone() throws Exception {
    Channel channel = won(race(TRUSTING_CA, peer(V4, GOOD, ECHO))).channel();
    assertThat(channel.config().isAutoRead()).isFalse();
    Received received = new Received(channel);
    send(channel, "hello");
    assertThat(received.text(5)).isEqualTo("hello");
    assertThat(stat("handshake")).isEqualTo(1);
    assertThat(stat("versions.TLSv1.3")).isEqualTo(1);
    assertThat(stat("ciphers.TLS_AES_256_GCM_SHA384") + stat("ciphers.TLS_AES_128_GCM_SHA256"))
        .isEqualTo(1);
    assertThat(stat("connection_error") + stat("fail_verify_error")).isZero();
  }

  @Test
  void ipv6IsNoDifferent() throws Exception {
    assumeTrue(hasIpv6(), "this machine has no ::1");
    Address peer = peer(V6, GOOD, ECHO);
    assertThat(won(race(TRUSTING_CA, peer)).address()).isEqualTo(peer);
  }

  @Test
  void withoutAVerifierAnybodyIsAccepted() throws Exception {
    assertThat(won(race(TRUSTING_CA.withVerifier(null), peer(V4, STRANGER, ECHO)))).isNotNull();
  }

  @Test
  void aStrangerIsRefusedAndToldSo() throws Exception {
    assertThat(failure(race(TRUSTING_CA, peer(V4, STRANGER, ECHO))))
        .isEqualTo(
            "TLS_error:|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:"
                + "verify cert failed: X509_verify_cert: certificate verification error at"
                + " depth 0: unable to get local issuer certificate:TLS_error_end");
    assertThat(stat("fail_verify_error")).isEqualTo(1);
    assertThat(stat("connection_error") + stat("handshake")).isZero();
    String alert = provider == TlsProvider.BORINGSSL ? "unknown_ca" : "certificate_unknown";
    assertThat(toldAfter(STRANGER, alert)).as("what the peer hears").contains(alert);
  }

  // What a peer still writes when it is refused crosses our close: then it hears of that alone.
  private String toldAfter(X509Bundle own, String alert) throws Exception {
    String heard = "";
    for (int i = 0; i < 10 && !heard.contains(alert); i++) {
      if (i > 0) {
        failure(race(TRUSTING_CA, peer(V4, own, ECHO)));
      }
      heard = peers.get(peers.size() - 1).ends().poll(10, TimeUnit.SECONDS);
    }
    return heard;
  }

  @Test
  void anExpiredCertificateIsRefused() throws Exception {
    X509Bundle expired =
        CA.issue(Authority.leaf("good.test").notAfter(Instant.now().minusSeconds(1)));
    assertThat(failure(race(TRUSTING_CA, peer(V4, expired, ECHO))))
        .contains("depth 0: certificate has expired");
  }

  @Test
  void aWrongNameIsRefused() throws Exception {
    TlsSettings settings = TRUSTING_CA.withVerifier(CA.verifier(SanMatcher.dns("x.test")));
    assertThat(failure(race(settings, peer(V4, GOOD, ECHO))))
        .isEqualTo(
            "TLS_error:|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:"
                + "verify cert failed: SAN matcher, certificate SANs are [good.test]"
                + ":TLS_error_end");
    assertThat(stat("fail_verify_san")).isEqualTo(1);
  }

  @Test
  void aPeerThatSpeaksPlainTextIsNoTlsPeer() throws Exception {
    Address peer =
        raw(
            V4,
            c ->
                c.getOutputStream()
                    .write("220 mail.test at your service\r\n".getBytes(StandardCharsets.UTF_8)));
    assertThat(failure(race(TRUSTING_CA, peer)))
        .isEqualTo(
            "TLS_error:|268435703:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER"
                + ":TLS_error_end");
    assertThat(stat("connection_error")).isEqualTo(1);
  }

  @Test
  void aPeerThatClosesInTheHandshakeGivesNoReason() throws Exception {
    Address peer = raw(V4, client -> client.getInputStream().read());
    assertThat(failure(race(TRUSTING_CA, peer))).isEmpty();
    assertThat(stat("connection_error")).isZero();
  }

  @Test
  void aPeerThatResetsInTheHandshakeIsWordedSo() throws Exception {
    Address peer =
        raw(
            V4,
            client -> {
              var unused = client.getInputStream().read();
              client.setSoLinger(true, 0);
            });
    assertThat(failure(race(TRUSTING_CA, peer)))
        .isEqualTo(
            "TLS_error:|33554536:system library:OPENSSL_internal:Connection reset by peer"
                + ":TLS_error_end");
    assertThat(stat("connection_error")).isZero();
  }

  @Test
  void versionsThatDoNotMeetEndInThePeersAlert() throws Exception {
    Address peer =
        peer(V4, GOOD, null, tls -> tls.setEnabledProtocols(new String[] {"TLSv1.3"}), ECHO);
    TlsSettings old = TRUSTING_CA.withVersions(TlsVersion.TLS_1_2, TlsVersion.TLS_1_2);
    assertThat(failure(race(old, peer)))
        .isEqualTo(
            "TLS_error:|268436526:SSL routines:OPENSSL_internal:TLSV1_ALERT_PROTOCOL_VERSION"
                + ":TLS_error_end");
    assertThat(stat("connection_error")).isEqualTo(1);
  }

  @Test
  void withoutAVersionNothingCanBeSaid() throws Exception {
    TlsSettings none = TRUSTING_CA.withVersions(TlsVersion.TLS_1_3, TlsVersion.TLS_1_2);
    assertThat(failure(race(none, peer(V4, GOOD, ECHO)))).startsWith("TLS_error:|");
  }

  @Test
  void theClientProvesWhoItIs() throws Exception {
    X509Bundle client = CA.issue(Authority.leaf("client.test"));
    BlockingQueue<String> subjects = new LinkedBlockingQueue<>();
    Address peer =
        peer(
            V4,
            GOOD,
            CA.bundle(),
            tls -> {},
            c -> subjects.add(((SSLSocket) c).getSession().getPeerPrincipal().getName()));
    TlsSettings settings =
        TRUSTING_CA.withCertificate(
            new OwnCertificate(client.getCertificatePathList(), client.getKeyPair().getPrivate()));
    assertThat(won(race(settings, peer))).isNotNull();
    assertThat(subjects.poll(10, TimeUnit.SECONDS)).isEqualTo("CN=leaf");
  }

  @Test
  void whoCannotProveItIsRefusedWithinTheHandshakeOfTls12() throws Exception {
    Address peer = peer(V4, GOOD, CA.bundle(), tls -> {}, ECHO);
    TlsSettings settings = TRUSTING_CA.withVersions(TlsVersion.TLS_1_2, TlsVersion.TLS_1_2);
    assertThat(failure(race(settings, peer))).matches("TLS_error:\\|2684364\\d\\d:.*_ALERT_.*");
  }

  @Test
  void theServersNameAndTheProtocolsAreOffered() throws Exception {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    Address peer =
        peer(
            V4,
            GOOD,
            client -> {
              SSLSocket tls = (SSLSocket) client;
              ExtendedSSLSession session = (ExtendedSSLSession) tls.getSession();
              heard.add(
                  session.getRequestedServerNames().stream().map(TlsOnSocketsTest::text).toList()
                      + tls.getApplicationProtocol());
            });
    won(race(TRUSTING_CA.withSni("good.test"), ApplicationProtocol.HTTP_1_1, "", peer));
    assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("[good.test]http/1.1");
    won(race(TRUSTING_CA, ApplicationProtocol.OPAQUE, "host.test", peer));
    assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("[]");
    won(race(TRUSTING_CA.withAlpn(List.of("h2", "x")), ApplicationProtocol.HTTP_2, "", peer));
    assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("[]h2");
    won(race(TRUSTING_CA.withAlpn(List.of("h2", "x")), ApplicationProtocol.HTTP_1_1, "", peer));
    assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("[]x");
    won(race(TRUSTING_CA.withAlpn(List.of("h2")), ApplicationProtocol.HTTP_1_1, "", peer));
    assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("[]http/1.1");
    won(race(autoSni(), ApplicationProtocol.HTTP_2, "host", peer));
    assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("[host]h2");
    won(race(autoSni(), ApplicationProtocol.HTTP_2, "", peer));
    assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("[default.test]h2");
  }

  @Test
  void aNameThatIsNoHostsIsSentAllTheSame() throws Exception {
    BlockingQueue<String> hello = new LinkedBlockingQueue<>();
    Address peer =
        raw(
            V4,
            c ->
                hello.add(
                    new String(c.getInputStream().readNBytes(150), StandardCharsets.ISO_8859_1)));
    assertThat(failure(race(TRUSTING_CA.withSni("a_b c"), peer))).isNotNull();
    assertThat(hello.poll(10, TimeUnit.SECONDS)).contains("a_b c");
  }

  private static TlsSettings autoSni() {
    TlsSettings s = TRUSTING_CA.withSni("default.test");
    return new TlsSettings(
        s.sni(),
        true,
        s.alpn(),
        s.min(),
        s.max(),
        s.ciphers(),
        s.curves(),
        s.certificate(),
        s.verifier(),
        s.sessions(),
        s.renegotiates());
  }

  private static String text(SNIServerName name) {
    return new String(name.getEncoded(), StandardCharsets.UTF_8);
  }

  @Test
  void aServerThatAsksForAnotherHandshakeIsRefused() throws Exception {
    Channel channel = won(race(known(), greeter(1))).channel();
    Received received = new Received(channel);
    send(channel, "a");
    if (provider == TlsProvider.JDK) { // whose client always agrees
      assertThat(received.text(7)).isEqualTo("CN=leaf");
    } else {
      isRefused(channel);
    }
    assertThat(stat("handshake")).isEqualTo(1);
  }

  /** As a server does that has to know the path first. */
  @Test
  void whereItMayAServerAsksLaterWhoTheClientIs() throws Exception {
    Channel channel = won(race(known().withRenegotiation(true), greeter(1))).channel();
    Received received = new Received(channel);
    send(channel, "a");
    assertThat(received.text(7)).isEqualTo("CN=leaf");
    send(channel, "b");
    assertThat(received.text(1)).as("the connection serves on").isEqualTo("b");
    assertThat(stat("connection_error")).isZero();
    assertThat(stat("handshake")).isEqualTo(1);
  }

  @Test
  void whoeverAsksTwiceAsksBoringSslTooOften() throws Exception {
    Channel channel = won(race(known().withRenegotiation(true), greeter(2))).channel();
    Received received = new Received(channel);
    send(channel, "a");
    assertThat(received.text(7)).isEqualTo("CN=leaf");
    send(channel, "b");
    if (provider == TlsProvider.JDK) {
      assertThat(received.text(7)).isEqualTo("CN=leaf");
    } else {
      isRefused(channel);
    }
  }

  private Address greeter(int times) throws IOException {
    return peer(V4, GOOD, CA.bundle(), tls -> tls.setNeedClientAuth(false), greeting(times));
  }

  /** Asks so often, on a byte each, who the client is, and greets it; then echoes. */
  private static Conversation greeting(int times) {
    return client -> {
      SSLSocket tls = (SSLSocket) client;
      tls.addHandshakeCompletedListener(
          done -> {
            try {
              tls.getOutputStream().write(done.getPeerPrincipal().getName().getBytes(UTF_8));
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
      tls.setNeedClientAuth(true);
      for (int i = 0; i < times; i++) {
        var unused = tls.getInputStream().read();
        tls.startHandshake(); // asks, and does not wait
      }
      tls.getInputStream().transferTo(tls.getOutputStream());
    };
  }

  private static TlsSettings known() {
    X509Bundle client = CA.issue(Authority.leaf("client.test"));
    return TRUSTING_CA
        .withVersions(TlsVersion.TLS_1_2, TlsVersion.TLS_1_2)
        .withCertificate(
            new OwnCertificate(client.getCertificatePathList(), client.getKeyPair().getPrivate()));
  }

  private void isRefused(Channel channel) throws Exception {
    assertThat(peers.get(0).ends().poll(20, TimeUnit.SECONDS)).contains("no_renegotiation");
    assertThat(channel.closeFuture().await(20, TimeUnit.SECONDS)).as("is closed").isTrue();
    assertThat(TransportFailure.of(channel))
        .isEqualTo(
            "TLS_error:|268435638:SSL routines:OPENSSL_internal:NO_RENEGOTIATION:TLS_error_end");
    assertThat(stat("connection_error")).isEqualTo(1);
  }

  @Test
  void aSessionIsResumedAndItsPeerJudgedAgain() throws Exception {
    for (TlsVersion version : List.of(TlsVersion.TLS_1_2, TlsVersion.TLS_1_3)) {
      Address peer = peer(V4, GOOD, ECHO);
      TlsSettings settings = TRUSTING_CA.withVersions(version, version);
      TransportSocket socket = socket(settings, ApplicationProtocol.OPAQUE, "");
      long before = stat("session_reused");
      for (int i = 0; i < 3; i++) {
        Channel channel = won(race(socket, List.of(peer))).channel();
        Received received = new Received(channel); // a ticket of TLS 1.3 comes with the bytes
        send(channel, "x");
        received.text(1);
        channel.close().sync();
      }
      assertThat(stat("session_reused") - before).as(version.text()).isPositive();
    }
    assertThat(stat("handshake")).isEqualTo(6);
  }

  @Test
  void noSessionIsResumedWhereNoneIsKept() throws Exception {
    Address peer = peer(V4, GOOD, ECHO);
    TransportSocket socket =
        socket(
            TRUSTING_CA.withVersions(TlsVersion.TLS_1_2, TlsVersion.TLS_1_2).withSessions(0),
            ApplicationProtocol.OPAQUE,
            "");
    for (int i = 0; i < 3; i++) {
      won(race(socket, List.of(peer))).channel().close().sync();
    }
    assertThat(stat("session_reused")).isZero();
    assertThat(stat("handshake")).isEqualTo(3);
  }

  // ---- races

  @Test
  void aPeerThatIsSilentInTheHandshakeCostsAStagger() throws Exception {
    assumeTrue(hasIpv6(), "this machine has no ::1");
    Address silent = raw(V6, SILENT);
    Address good = peer(V4, GOOD, ECHO);
    RaceOutcome.Won won = won(race(TRUSTING_CA, silent, good));
    assertThat(won.address()).isEqualTo(good);
    assertThat(started(won, 1)).isGreaterThanOrEqualTo(ConnectRace.DEFAULT_STAGGER);
    // The loser's socket is closed, in the middle of its handshake.
    assertThat(peers.get(0).ends().poll(20, TimeUnit.SECONDS)).isEmpty();
  }

  @Test
  void theOtherFamilyIsNoDifferent() throws Exception {
    assumeTrue(hasIpv6(), "this machine has no ::1");
    Address good = peer(V6, GOOD, ECHO);
    assertThat(won(race(TRUSTING_CA, raw(V4, SILENT), good)).address()).isEqualTo(good);
  }

  @Test
  void aPeerThatMustNotBeTrustedCostsNothing() throws Exception {
    assumeTrue(hasIpv6(), "this machine has no ::1");
    Address stranger = peer(V6, STRANGER, ECHO);
    Address good = peer(V4, GOOD, ECHO);
    TransportSocket socket = socket(TRUSTING_CA, ApplicationProtocol.OPAQUE, "");
    RacePlan plan =
        RacePlan.of("c", List.of(stranger, good), Duration.ofSeconds(15), Duration.ofSeconds(20));
    RaceOutcome.Won won = won(run(plan.over(socket)));
    assertThat(won.address()).isEqualTo(good);
    assertThat(won.attempts().get(1))
        .isInstanceOfSatisfying(
            AttemptEvent.Failed.class, f -> assertThat(f.failure().kind()).isEqualTo(Kind.REMOTE));
    assertThat(started(won, 1)).as("at once").hasNanos(won.attempts().get(1).atNanos());
    assertThat(stat("fail_verify_error")).isEqualTo(1);
  }

  @Test
  void theConnectTimeoutIsOverTheHandshake() throws Exception {
    TransportSocket socket = socket(TRUSTING_CA, ApplicationProtocol.OPAQUE, "");
    RacePlan plan = RacePlan.of("c", List.of(raw(V4, SILENT)), Duration.ofMillis(200)).over(socket);
    ConnectFailure failure = ((RaceOutcome.Failed) run(plan).get(20, TimeUnit.SECONDS)).failure();
    assertThat(failure.kind()).isEqualTo(Kind.TIMEOUT);
    assertThat(peers.get(0).ends().poll(20, TimeUnit.SECONDS)).as("closed").isEmpty();
  }

  @Test
  void aCancelledRaceClosesSocketsInTheMiddleOfTheirHandshakes() throws Exception {
    TransportSocket socket = socket(TRUSTING_CA, ApplicationProtocol.OPAQUE, "");
    RacePlan plan = RacePlan.of("c", List.of(raw(V4, SILENT)), Duration.ofSeconds(9)).over(socket);
    CompletableFuture<RaceRunner.Race> race = new CompletableFuture<>();
    Worker worker = workers.get(0);
    worker.loop().execute(() -> race.complete(runner().run(plan, outcome -> {})));
    await().until(() -> peers.get(0).accepted().size() == 1);
    RaceRunner.Race running = race.get(10, TimeUnit.SECONDS);
    worker.loop().execute(running::cancel);
    assertThat(peers.get(0).ends().poll(20, TimeUnit.SECONDS)).isEmpty();
  }

  // ----

  private Address peer(InetAddress ip, X509Bundle own, Conversation conversation)
      throws IOException {
    return peer(ip, own, null, tls -> {}, conversation);
  }

  private Address peer(
      InetAddress ip,
      X509Bundle own,
      @org.jspecify.annotations.Nullable X509Bundle trusted,
      java.util.function.Consumer<SSLSocket> setting,
      Conversation conversation)
      throws IOException {
    return add(TlsPeer.serving(ip, own, trusted, setting, conversation));
  }

  private Address raw(InetAddress ip, Conversation conversation) throws IOException {
    return add(TlsPeer.raw(ip, conversation));
  }

  private Address add(TlsPeer peer) {
    resources.add(peer);
    peers.add(peer);
    return peer.address();
  }

  private TransportSocket socket(
      TlsSettings settings, ApplicationProtocol protocol, String hostname) throws Exception {
    return UpstreamTls.of(settings, provider).on(stats.root(), 1).socket(protocol, hostname);
  }

  private CompletableFuture<RaceOutcome> race(TlsSettings settings, Address... addresses)
      throws Exception {
    return race(socket(settings, ApplicationProtocol.OPAQUE, ""), List.of(addresses));
  }

  private CompletableFuture<RaceOutcome> race(
      TlsSettings settings, ApplicationProtocol protocol, String hostname, Address address)
      throws Exception {
    return race(socket(settings, protocol, hostname), List.of(address));
  }

  private CompletableFuture<RaceOutcome> race(TransportSocket socket, List<Address> addresses) {
    return run(RacePlan.of("c", addresses, Duration.ofSeconds(10)).over(socket));
  }

  private CompletableFuture<RaceOutcome> run(RacePlan plan) {
    CompletableFuture<RaceOutcome> outcome = new CompletableFuture<>();
    workers.get(0).loop().execute(() -> runner().run(plan, outcome::complete));
    return outcome;
  }

  private RaceRunner runner() {
    return RaceRunner.on(workers.get(0), workers.transport(), RaceListener.NONE);
  }

  private static RaceOutcome.Won won(CompletableFuture<RaceOutcome> outcome) throws Exception {
    RaceOutcome ended = outcome.get(20, TimeUnit.SECONDS);
    assertThat(ended).isInstanceOf(RaceOutcome.Won.class);
    return (RaceOutcome.Won) ended;
  }

  private static String failure(CompletableFuture<RaceOutcome> outcome) throws Exception {
    RaceOutcome ended = outcome.get(20, TimeUnit.SECONDS);
    assertThat(ended).isInstanceOf(RaceOutcome.Failed.class);
    ConnectFailure failure = ((RaceOutcome.Failed) ended).failure();
    assertThat(failure.kind()).isEqualTo(Kind.REMOTE);
    return failure.detail();
  }

  private static Duration started(RaceOutcome.Won won, int attempt) {
    return won.attempts().stream()
        .filter(e -> e instanceof AttemptEvent.Started && e.attempt() == attempt)
        .map(e -> Duration.ofNanos(e.atNanos()))
        .findAny()
        .orElseThrow();
  }

  private long stat(String name) {
    return stats.counters().stream()
        .filter(c -> c.name().full().equals("ssl." + name))
        .mapToLong(Counter::value)
        .sum();
  }

  private static void send(Channel channel, String text) throws Exception {
    channel.writeAndFlush(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8)).sync();
  }

  private static boolean hasIpv6() {
    try (ServerSocket any = new ServerSocket(0, 1, V6)) {
      return any.isBound();
    } catch (IOException none) {
      return false;
    }
  }

  /** What a channel's user has read; reading begins with it. */
  private static final class Received extends ChannelInboundHandlerAdapter {
    private final BlockingQueue<Integer> bytes = new LinkedBlockingQueue<>();

    Received(Channel channel) {
      channel
          .eventLoop()
          .execute(
              () -> {
                channel.pipeline().addLast(this);
                channel.config().setAutoRead(true);
              });
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf buffer = (ByteBuf) message;
      while (buffer.isReadable()) {
        bytes.add((int) buffer.readByte());
      }
      buffer.release();
    }

    String text(int length) throws InterruptedException {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < length; i++) {
        text.append((char) (int) requireNonNull(bytes.poll(10, TimeUnit.SECONDS)));
      }
      return text.toString();
    }
  }
}
