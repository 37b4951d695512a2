package io.bifocal.dataplane.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.OutcomeMemory;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.host.HostStats;
import io.bifocal.dataplane.host.Locality;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.dataplane.worker.Workers;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.SocketChannel;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** A pool over the system's sockets: what only they can show. */
@ParameterizedClass(name = "{0}")
@MethodSource("transports")
class PoolOnSocketsTest {
  private final Workers workers;
  private final Worker worker;
  private final StatsStore store = new StatsStore(1);
  private final ServerSocket server;
  private final ConcurrentLinkedQueue<List<AttemptEvent>> races = new ConcurrentLinkedQueue<>();
  private final ConnectionPool pool;
  private final ConnectionPool tcpPool;

  PoolOnSocketsTest(Transport transport) throws Exception {
    workers = Workers.start(1, transport);
    worker = workers.get(0);
    server = new ServerSocket(0, 8, InetAddresses.forString("127.0.0.1"));
    Address address = Address.of(server.getLocalSocketAddress());
    Host host =
        new Host(
            new HostState(address, HostStats.in(new StatsStore(1).root())),
            new AddressList(List.of(address), List.of(address)),
            "",
            Locality.NONE,
            0,
            1,
            HealthStatus.HEALTHY,
            Metadata.getDefaultInstance());
    PoolFactory pools =
        new RacingPools(
            worker,
            transport,
            race -> races.add(race.attempts()),
            new OutcomeMemory(worker.loop()::nanoTime),
            Session.Factory.NONE);
    PoolSettings settings =
        new PoolSettings(
            "c", Duration.ofSeconds(5), Duration.ZERO, 0, 1 << 20, CircuitBreakers.defaults());
    UpstreamStats stats = new UpstreamStats(store.root(), 1);
    pool = pools.http(settings, stats, host);
    tcpPool = pools.tcp(settings, stats, host);
  }

  static Stream<Transport> transports() {
    return Stream.of(Transport.NIO, Transport.best()).distinct();
  }

  @AfterEach
  void close() throws Exception {
    onLoop(
        () -> {
          pool.close();
          tcpPool.close();
          return "";
        });
    server.close();
    workers.close();
  }

  @Test
  void aConnectionThatThePeerClosesWhileIdleIsForgotten() throws Exception {
    UpstreamConnection connection = served(pool);
    try (Socket accepted = server.accept()) {
      assertThat(accepted.isConnected()).isTrue();
      onLoop(
          () -> {
            connection.release();
            return "";
          });
      assertThat(onLoop(pool::size)).isEqualTo(1);
    }
    await().until(() -> onLoop(pool::size) == 0);
    assertThat(counter("upstream_cx_destroy_remote")).isEqualTo(1);
    assertThat(counter("upstream_cx_destroy_with_active_rq")).isZero();
  }

  @Test
  void aConnectionThatThePeerResetsWhileIdleIsForgotten() throws Exception {
    UpstreamConnection connection = served(pool);
    Socket accepted = server.accept();
    onLoop(
        () -> {
          connection.release();
          return "";
        });
    accepted.setSoLinger(true, 0);
    accepted.close();
    await().until(() -> onLoop(pool::size) == 0);
    assertThat(counter("upstream_cx_destroy_remote")).isEqualTo(1);
  }

  @Test
  void aWinnerNobodyWaitsForAnyMoreIsWatchedToo() throws Exception {
    onLoop(
        () -> {
          var unused =
              pool.acquire(
                  new ConnectionPool.Waiter() {
                    @Override
                    public void onReady(UpstreamConnection connection) {}

                    @Override
                    public void onFailure(PoolFailure failure) {}
                  });
          unused.cancel();
          return "";
        });
    server.accept().close();
    await().until(() -> onLoop(pool::size) == 0);
    assertThat(counter("upstream_cx_connect_fail")).isZero();
  }

  @Test
  void whatAServerSaysFirstIsKeptForWhoeverComes() throws Exception {
    assertThat(onLoop(() -> tcpPool.preconnect(2))).isTrue();
    try (Socket accepted = server.accept()) {
      accepted.getOutputStream().write("220 hello".getBytes(StandardCharsets.US_ASCII));
      await().until(() -> !races.isEmpty());
      for (int turn = 0; turn < 3; turn++) {
        assertThat(onLoop(tcpPool::size)).as("turn %d of the loop", turn).isEqualTo(1);
      }
      UpstreamConnection connection = served(tcpPool);
      CompletableFuture<String> greeting = new CompletableFuture<>();
      onLoop(
          () -> {
            connection
                .channel()
                .pipeline()
                .addLast(
                    new ChannelInboundHandlerAdapter() {
                      @Override
                      public void channelRead(ChannelHandlerContext ctx, Object message) {
                        ByteBuf bytes = (ByteBuf) message;
                        greeting.complete(bytes.toString(StandardCharsets.US_ASCII));
                        bytes.release();
                      }
                    });
            connection.channel().config().setAutoRead(true);
            return "";
          });
      assertThat(greeting.get(30, TimeUnit.SECONDS)).isEqualTo("220 hello");
      assertThat(onLoop(tcpPool::size)).isEqualTo(1);
    }
  }

  @Test
  void aTcpConnectionOfWhichBothDirectionsEndedWasEndedByThePeer() throws Exception {
    UpstreamConnection connection = served(tcpPool);
    SocketChannel channel = (SocketChannel) connection.channel();
    channel.config().setAllowHalfClosure(true);
    channel.config().setAutoRead(true);
    channel.shutdownOutput().sync();
    server.accept().close();
    await().until(channel::isInputShutdown);
    onLoop(
        () -> {
          connection.discard();
          return "";
        });
    assertThat(counter("upstream_cx_destroy_remote_with_active_rq")).isEqualTo(1);
    assertThat(counter("upstream_cx_destroy_local")).isZero();
  }

  @Test
  void aConnectionThatBreaksUnderItsUserWasEndedByThePeer() throws Exception {
    UpstreamConnection connection = served(pool);
    Channel channel = connection.channel();
    channel
        .pipeline()
        .addLast(
            new ChannelInboundHandlerAdapter() {
              @Override
              public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                var unused = ctx.close();
              }
            });
    channel.config().setAutoRead(true);
    Socket accepted = server.accept();
    accepted.setSoLinger(true, 0);
    accepted.close();
    await().until(() -> onLoop(pool::size) == 0);
    assertThat(counter("upstream_cx_destroy_remote_with_active_rq")).isEqualTo(1);
    assertThat(counter("upstream_cx_destroy_local")).isZero();
  }

  @Test
  void everyRaceIsHeardOf() throws Exception {
    UpstreamConnection connection = served(pool);
    assertThat(races).containsExactly(connection.race().attempts());
    assertThat(Address.of(connection.channel().remoteAddress()))
        .isEqualTo(connection.remoteAddress());
  }

  private UpstreamConnection served(ConnectionPool pool) throws Exception {
    CompletableFuture<UpstreamConnection> served = new CompletableFuture<>();
    onLoop(
        () ->
            pool.acquire(
                new ConnectionPool.Waiter() {
                  @Override
                  public void onReady(UpstreamConnection connection) {
                    served.complete(connection);
                  }

                  @Override
                  public void onFailure(PoolFailure failure) {
                    served.completeExceptionally(new AssertionError(failure));
                  }
                }));
    return served.get(10, TimeUnit.SECONDS);
  }

  private long counter(String name) {
    return store.counters().stream()
        .filter(c -> c.name().full().equals(name))
        .findAny()
        .orElseThrow()
        .value();
  }

  private <T> T onLoop(Supplier<T> task) throws Exception {
    CompletableFuture<T> result = new CompletableFuture<>();
    worker
        .loop()
        .execute(
            () -> {
              try {
                result.complete(task.get());
              } catch (RuntimeException | Error e) {
                result.completeExceptionally(e);
              }
            });
    return result.get(10, TimeUnit.SECONDS);
  }
}
