package io.bifocal.dataplane.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.dataplane.worker.Workers;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Races over the system's sockets, with each kind of them. */
@ParameterizedClass(name = "{0}")
@MethodSource("transports")
class RaceOnSocketsTest {
  private static final InetAddress V4 = InetAddresses.forString("127.0.0.1");
  private static final InetAddress V6 = InetAddresses.forString("::1");
  private static final Address V4_ANY = new Address.Ip(V4, 9);
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

  private final Transport transport;
  private final Workers workers;
  private final List<AutoCloseable> resources = new ArrayList<>();
  private final AtomicInteger accepted = new AtomicInteger();
  @TempDir Path folder;

  RaceOnSocketsTest(Transport transport) {
    this.transport = transport;
    this.workers = Workers.start(1, transport);
    resources.add(workers);
  }

  static Stream<Transport> transports() {
    return Stream.of(Transport.NIO, Transport.best()).distinct();
  }

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable resource : resources) {
      resource.close();
    }
  }

  @Test
  void aSilentIpv6AddressCostsAStagger() throws Exception {
    assumeTrue(hasIpv6(), "this machine has no ::1");
    Address silent = silent(V6);
    Address good = listening(new InetSocketAddress(V4, 0));
    RaceOutcome.Won won = won(race(silent, good));
    assertThat(won.address()).isEqualTo(good);
    assertThat(Address.of(won.channel().remoteAddress())).isEqualTo(good);
    assertThat(won.attempts().get(1).atNanos())
        .isGreaterThanOrEqualTo(ConnectRace.DEFAULT_STAGGER.toNanos());
  }

  @Test
  void aSilentIpv4AddressCostsAStagger() throws Exception {
    assumeTrue(hasIpv6(), "this machine has no ::1");
    Address good = listening(new InetSocketAddress(V6, 0));
    assertThat(won(race(silent(V4), good)).address()).isEqualTo(good);
  }

  @Test
  void aRefusedAddressCostsNothing() throws Exception {
    Address refusing = refusing();
    Address good = listening(new InetSocketAddress(V4, 0));
    RaceOutcome.Won won =
        won(race(plan(List.of(refusing, good), Duration.ofSeconds(4), CONNECT_TIMEOUT)));
    assertThat(won.attempts().get(1))
        .isInstanceOfSatisfying(
            AttemptEvent.Failed.class,
            failed ->
                assertThat(failed.failure())
                    .isEqualTo(
                        new ConnectFailure(
                            Kind.REMOTE, "delayed connect error: Connection refused")));
    assertThat(won.attempts().get(2)).as("at once").isInstanceOf(AttemptEvent.Started.class);
    assertThat(won.attempts().get(2).atNanos()).isEqualTo(won.attempts().get(1).atNanos());
  }

  @Test
  void anAddressWithoutRouteFailsWithinTheCallAndIsWordedSo() throws Exception {
    Address broadcast = new Address.Ip(InetAddresses.forString("255.255.255.255"), 81);
    assertThat(failed(race(broadcast)).failure())
        .isEqualTo(
            new ConnectFailure(
                Kind.REMOTE,
                "immediate connect error: Network is unreachable"
                    + "|remote address:255.255.255.255:81"));
  }

  @Test
  void whereNoSocketCanBeMadeTheFaultIsOurs() throws Exception {
    Worker worker = workers.get(0);
    Network exhausted = new NettyNetwork(worker.eventLoop(), transport, NoDescriptors.class);
    CompletableFuture<RaceOutcome> outcome = new CompletableFuture<>();
    worker
        .loop()
        .execute(
            () ->
                new RaceRunner(worker.loop(), exhausted, RaceListener.NONE)
                    .run(
                        RacePlan.of("c", List.of(V4_ANY, V4_ANY), CONNECT_TIMEOUT),
                        outcome::complete));
    RaceOutcome.Failed failed = failed(outcome);
    assertThat(failed.failure())
        .isEqualTo(new ConnectFailure(Kind.LOCAL, "socket creation failure"));
    assertThat(failed.attempts()).hasSize(4);
  }

  /** As Netty's channels when the process has too many open files. */
  public static final class NoDescriptors extends NioSocketChannel {
    public NoDescriptors() {
      throw new ChannelException("Failed to open a socket.");
    }
  }

  @Test
  void aPipeIsRacedLikeAnyOtherAddress() throws Exception {
    Path socket = folder.resolve("s");
    Address good = listening(new Address.Pipe(socket.toString()).socketAddress());
    assertThat(won(race(refusing(), good)).address()).isEqualTo(good);
  }

  @Test
  void aPipeThatDoesNotExistIsWordedSo() throws Exception {
    Address missing = new Address.Pipe(folder.resolve("missing").toString());
    assertThat(failed(race(missing)).failure())
        .isEqualTo(
            new ConnectFailure(
                Kind.REMOTE,
                "immediate connect error: No such file or directory|remote address:"
                    + missing.text()));
  }

  @Test
  void theWinnerIsNotReadUntilItIsUsed() throws Exception {
    Channel channel = won(race(listening(new InetSocketAddress(V4, 0)))).channel();
    assertThat(channel.config().isAutoRead()).isFalse();
    assertThat(channel.config().getOption(ChannelOption.TCP_NODELAY)).isTrue();
  }

  @Test
  void theTimeoutEndsARaceAmongSilentAddresses() throws Exception {
    Address silent = silent(V4);
    RaceOutcome.Failed failed =
        failed(race(plan(List.of(silent, silent), Duration.ofMillis(100), Duration.ofMillis(250))));
    assertThat(failed.failure().kind()).isEqualTo(Kind.TIMEOUT);
    assertThat(failed.attempts()).hasSize(4);
  }

  @Test
  void aThousandRacesLeakNoDescriptors() throws Exception {
    Path descriptors = Path.of("/proc/self/fd");
    assumeTrue(Files.isDirectory(descriptors), "no /proc here");
    List<Address> addresses =
        List.of(refusing(), silent(V4), listening(new InetSocketAddress(V4, 0)));
    RacePlan plan = plan(addresses, Duration.ofMillis(1), CONNECT_TIMEOUT);
    won(race(plan)).channel().close().sync();
    await().until(() -> accepted.get() == 0);
    long before = count(descriptors);
    for (int i = 0; i < 1000; i++) {
      won(race(plan)).channel().close().sync();
    }
    await().untilAsserted(() -> assertThat(count(descriptors)).isLessThanOrEqualTo(before));
  }

  private CompletableFuture<RaceOutcome> race(Address... addresses) {
    return race(plan(List.of(addresses), ConnectRace.DEFAULT_STAGGER, CONNECT_TIMEOUT));
  }

  private CompletableFuture<RaceOutcome> race(RacePlan plan) {
    Worker worker = workers.get(0);
    CompletableFuture<RaceOutcome> outcome = new CompletableFuture<>();
    worker
        .loop()
        .execute(
            () -> RaceRunner.on(worker, transport, RaceListener.NONE).run(plan, outcome::complete));
    return outcome;
  }

  private static RacePlan plan(List<Address> addresses, Duration stagger, Duration timeout) {
    return RacePlan.of("c", addresses, stagger, timeout);
  }

  private static RaceOutcome.Won won(CompletableFuture<RaceOutcome> outcome) throws Exception {
    return (RaceOutcome.Won) outcome.get(20, TimeUnit.SECONDS);
  }

  private static RaceOutcome.Failed failed(CompletableFuture<RaceOutcome> outcome)
      throws Exception {
    return (RaceOutcome.Failed) outcome.get(20, TimeUnit.SECONDS);
  }

  private Address silent(InetAddress ip) throws IOException {
    SilentServer server = new SilentServer(ip);
    resources.add(server);
    return server.address();
  }

  private static Address refusing() throws IOException {
    try (ServerSocket closed = new ServerSocket(0, 1, V4)) {
      return Address.of(closed.getLocalSocketAddress());
    }
  }

  private Address listening(SocketAddress at) throws Exception {
    boolean pipe = !(at instanceof InetSocketAddress);
    Channel server =
        new ServerBootstrap()
            .group(workers.get(0).eventLoop())
            .channel(pipe ? transport.pipeServer() : transport.tcpServer())
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accepted.incrementAndGet();
                    channel
                        .pipeline()
                        .addLast(
                            new ChannelInboundHandlerAdapter() {
                              @Override
                              public void channelInactive(ChannelHandlerContext ctx) {
                                accepted.decrementAndGet();
                              }
                            });
                  }
                })
            .bind(transport.adapt(at))
            .sync()
            .channel();
    return Address.of(server.localAddress());
  }

  private static boolean hasIpv6() {
    try (ServerSocket any = new ServerSocket(0, 1, V6)) {
      return any.isBound();
    } catch (IOException none) {
      return false;
    }
  }

  private static long count(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.count();
    }
  }
}
