package io.bifocal.dataplane.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.dataplane.worker.Workers;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.nio.NioChannelOption;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Where the system's sockets come from and what they are told, with each kind of them. */
@ParameterizedClass(name = "{0}")
@MethodSource("transports")
class SocketSettingsOnSocketsTest {
  private static final InetAddress V4 = InetAddresses.forString("127.0.0.1");
  private static final InetAddress V6 = InetAddresses.forString("::1");
  private static final Address.Ip OTHER_V4 =
      new Address.Ip(InetAddresses.forString("127.0.0.9"), 0);

  private final Transport transport;
  private final Workers workers;
  private final List<AutoCloseable> resources = new ArrayList<>();
  @TempDir Path folder;

  SocketSettingsOnSocketsTest(Transport transport) {
    this.transport = transport;
    this.workers = Workers.start(1, transport);
    resources.add(workers);
  }

  static Stream<Transport> transports() {
    return Stream.of(Transport.NIO, Transport.best()).distinct();
  }

  @BeforeEach
  void needsTwoLoopbackAddresses() {
    try (ServerSocket any = new ServerSocket(0, 1, OTHER_V4.ip())) {
      assumeTrue(any.isBound());
    } catch (IOException e) {
      assumeTrue(false, "this machine has no 127.0.0.9");
    }
  }

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable resource : resources) {
      resource.close();
    }
  }

  @Test
  void aConnectionComesFromTheAddressOfItsFamily() throws Exception {
    assumeTrue(hasIpv6(), "this machine has no ::1");
    SocketSettings settings = from(new Address.Ip(V6, 0), OTHER_V4);
    assertThat(local(won(settings, listening(V4)))).isEqualTo(OTHER_V4.ip());
    assertThat(local(won(settings, listening(V6)))).isEqualTo(V6);
  }

  @Test
  void anAddressOfAnotherFamilyIsNotConnectedTo() throws Exception {
    assumeTrue(hasIpv6(), "this machine has no ::1");
    ServerSocket six = new ServerSocket(0, 50, V6);
    resources.add(six);
    six.setSoTimeout(50);
    RaceOutcome.Won won =
        won(from(OTHER_V4), Address.of(six.getLocalSocketAddress()), listening(V4));
    assertThatThrownBy(six::accept).isInstanceOf(SocketTimeoutException.class);
    assertThat(local(won)).isEqualTo(OTHER_V4.ip());
    assertThat(won.attempts().get(1))
        .isInstanceOfSatisfying(
            AttemptEvent.Failed.class,
            failed ->
                assertThat(failed.failure())
                    .isEqualTo(bind("failed to bind to 127.0.0.9:0: Invalid argument")));
    assertThat(won.attempts().get(2)).as("at once").isInstanceOf(AttemptEvent.Started.class);
    assertThat(won.attempts().get(2).atNanos()).isEqualTo(won.attempts().get(1).atNanos());
    assertThat(failed(from(new Address.Ip(V6, 0)), listening(V4)))
        .isEqualTo(bind("failed to bind to [::1]:0: Address family not supported by protocol"));
  }

  @Test
  void whatTheSystemRefusesToBindIsWordedSo() throws Exception {
    Address target = listening(V4);
    assertThat(failed(from(new Address.Ip(InetAddresses.forString("192.0.2.7"), 0)), target))
        .isEqualTo(bind("failed to bind to 192.0.2.7:0: Cannot assign requested address"));
    int taken = ((Address.Ip) target).port();
    assertThat(failed(from(new Address.Ip(V4, taken)), target))
        .isEqualTo(bind("failed to bind to 127.0.0.1:" + taken + ": Address already in use"));
  }

  @Test
  void aPortIsTakenForOnePeerOnly() throws Exception {
    assumeTrue(transport == Transport.EPOLL, "the JDK's sockets have no such option");
    Channel channel = won(from(OTHER_V4), listening(V4)).channel();
    assertThat(channel.config().getOption(SocketOptions.BIND_ADDRESS_NO_PORT)).isEqualTo(1);
  }

  @Test
  void aFixedPortIsKept() throws Exception {
    int free = freePort();
    Channel channel = won(from(new Address.Ip(OTHER_V4.ip(), free)), listening(V4)).channel();
    assertThat(Address.of(channel.localAddress())).isEqualTo(new Address.Ip(OTHER_V4.ip(), free));
  }

  @Test
  void aPipeIsNotBound() throws Exception {
    Path path = folder.resolve("s");
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(path));
    resources.add(server);
    Address pipe = new Address.Pipe(path.toString());
    SocketSettings settings =
        new SocketSettings(
            new LocalAddresses(List.of(OTHER_V4)), Optional.of(new Keepalive(3, 10, 5)));
    assertThat(won(settings, pipe).address()).isEqualTo(pipe);
  }

  @Test
  void everyConnectionIsProbedAsConfigured() throws Exception {
    Address refusing = new Address.Ip(V4, freePort());
    Channel channel = won(keepalive(new Keepalive(3, 10, 5)), refusing, listening(V4)).channel();
    assertThat(channel.config().getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
    assertThat(probes(channel)).containsExactly(3, 10, 5);
  }

  @Test
  void whatIsNotConfiguredIsTheSystems() throws Exception {
    Address target = listening(V4);
    Channel untouched = won(SocketSettings.DEFAULT, target).channel();
    assertThat(untouched.config().getOption(ChannelOption.SO_KEEPALIVE)).isFalse();
    Channel probed = won(keepalive(new Keepalive(0, 10, 0)), target).channel();
    assertThat(probed.config().getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
    assertThat(probes(probed))
        .containsExactly(probes(untouched).get(0), 10, probes(untouched).get(2));
  }

  private List<Integer> probes(Channel channel) {
    return transport == Transport.EPOLL
        ? List.of(
            channel.config().getOption(EpollChannelOption.TCP_KEEPCNT),
            channel.config().getOption(EpollChannelOption.TCP_KEEPIDLE),
            channel.config().getOption(EpollChannelOption.TCP_KEEPINTVL))
        : List.of(
            channel.config().getOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT)),
            channel.config().getOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE)),
            channel
                .config()
                .getOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL)));
  }

  private static SocketSettings from(Address.Ip... local) {
    return new SocketSettings(new LocalAddresses(List.of(local)), Optional.empty());
  }

  private static SocketSettings keepalive(Keepalive keepalive) {
    return new SocketSettings(LocalAddresses.NONE, Optional.of(keepalive));
  }

  private static ConnectFailure bind(String text) {
    return new ConnectFailure(Kind.BIND, text);
  }

  private static InetAddress local(RaceOutcome.Won won) {
    return ((InetSocketAddress) won.channel().localAddress()).getAddress();
  }

  private RaceOutcome.Won won(SocketSettings settings, Address... addresses) throws Exception {
    return (RaceOutcome.Won) race(settings, addresses);
  }

  private ConnectFailure failed(SocketSettings settings, Address... addresses) throws Exception {
    return ((RaceOutcome.Failed) race(settings, addresses)).failure();
  }

  private RaceOutcome race(SocketSettings settings, Address... addresses) throws Exception {
    Worker worker = workers.get(0);
    RacePlan plain = RacePlan.of("c", List.of(addresses), Duration.ofSeconds(5));
    RacePlan plan =
        new RacePlan(
            plain.cluster(),
            plain.host(),
            plain.addresses(),
            plain.completeness(),
            plain.advice(),
            List.of(),
            plain.pacing(),
            plain.connectTimeout(),
            settings,
            TransportSocket.PLAIN,
            plain.purpose(),
            RaceListener.NONE);
    CompletableFuture<RaceOutcome> outcome = new CompletableFuture<>();
    worker
        .loop()
        .execute(
            () -> RaceRunner.on(worker, transport, RaceListener.NONE).run(plan, outcome::complete));
    return outcome.get(20, TimeUnit.SECONDS);
  }

  private Address listening(InetAddress ip) throws IOException {
    ServerSocket server = new ServerSocket(0, 50, ip);
    resources.add(server);
    return Address.of(server.getLocalSocketAddress());
  }

  private static int freePort() throws IOException {
    try (ServerSocket closed = new ServerSocket(0, 1, V4)) {
      return closed.getLocalPort();
    }
  }

  private static boolean hasIpv6() {
    try (ServerSocket any = new ServerSocket(0, 1, V6)) {
      return any.isBound();
    } catch (IOException none) {
      return false;
    }
  }
}
