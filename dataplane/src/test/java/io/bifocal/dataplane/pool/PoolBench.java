package io.bifocal.dataplane.pool;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.connect.ConnectSettings;
import io.bifocal.dataplane.connect.LocalAddresses;
import io.bifocal.dataplane.connect.OutcomeMemory;
import io.bifocal.dataplane.connect.RaceListener;
import io.bifocal.dataplane.connect.RacePlan;
import io.bifocal.dataplane.connect.RaceRunner;
import io.bifocal.dataplane.connect.ScriptedNetwork;
import io.bifocal.dataplane.connect.SocketSettings;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.host.AddressList.Completeness;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.host.HostStats;
import io.bifocal.dataplane.host.Locality;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.QuicOptions;
import io.bifocal.dataplane.transport.TransportSocketFactory;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A pool to one host with two addresses, over a scripted network, in virtual time. */
final class PoolBench {
  static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
  static final Duration IDLE_TIMEOUT = Duration.ofSeconds(60);

  final Address first = new Address.Ip(InetAddresses.forString("2001:db8::1"), 80);
  final Address second = new Address.Ip(InetAddresses.forString("192.0.2.1"), 80);
  final Address third = new Address.Ip(InetAddresses.forString("2001:db8::3"), 80);
  final VirtualTime time = new VirtualTime();
  final ScriptedNetwork network = new ScriptedNetwork(time);
  final StatsStore store = new StatsStore(1);
  final UpstreamStats stats =
      new UpstreamStats(store.root().tagged("cluster", "envoy.cluster_name", "c"), 1);
  final HostState state = new HostState(first, HostStats.in(new StatsStore(1).root()));
  final Host host = hostAt(first, second);
  private final boolean tcp;
  private CircuitBreakers breakers;
  private int maxRequests;
  private Duration maxDuration = Duration.ZERO;
  private double preconnect = 1;
  private ApplicationProtocol protocol = ApplicationProtocol.HTTP_1_1;
  private Http2Options http2 = Http2Options.DEFAULT;
  private Session.Factory sessions = Session.Factory.NONE;
  private SocketSettings sockets = SocketSettings.DEFAULT;
  ConnectionPool pool;

  PoolBench(CircuitBreakers breakers) {
    this(breakers, false);
  }

  private PoolBench(CircuitBreakers breakers, boolean tcp) {
    this.breakers = breakers;
    this.tcp = tcp;
    this.pool = pool();
  }

  static PoolBench tcp() {
    return new PoolBench(CircuitBreakers.defaults(), true);
  }

  /** A pool of connections that are shared. */
  void share(Session.Factory with, Http2Options options) {
    protocol = ApplicationProtocol.HTTP_2;
    sessions = with;
    http2 = options;
    pool = pool();
  }

  void breakers(CircuitBreakers other) {
    breakers = other;
    pool = pool();
  }

  void from(Address.Ip local) {
    sockets = new SocketSettings(new LocalAddresses(List.of(local)), Optional.empty());
    pool = pool();
  }

  void maxRequests(int max) {
    maxRequests = max;
    pool = pool();
  }

  void maxDuration(Duration max) {
    maxDuration = max;
    pool = pool();
  }

  void preconnect(double ratio) {
    preconnect = ratio;
    pool = pool();
  }

  private ConnectionPool pool() {
    RacingPools pools =
        new RacingPools(
            time,
            new RaceRunner(time, network, RaceListener.NONE),
            new OutcomeMemory(time::nanoTime),
            sessions);
    PoolSettings settings =
        new PoolSettings(
            "c",
            CONNECT_TIMEOUT,
            IDLE_TIMEOUT,
            maxDuration,
            maxRequests,
            1 << 20,
            preconnect,
            breakers,
            ConnectSettings.envoys(),
            sockets,
            TransportSocketFactory.PerWorker.PLAIN,
            protocol,
            http2,
            QuicOptions.DEFAULT,
            RacePlan.Purpose.SERVE);
    return tcp ? pools.tcp(settings, stats, host) : pools.http(settings, stats, host);
  }

  Host hostAt(Address... addresses) {
    return hostAt(Completeness.COMPLETE, addresses);
  }

  Host hostAt(Completeness completeness, Address... addresses) {
    List<Address> list = List.of(addresses);
    return new Host(
        state,
        new AddressList(list, list, completeness),
        "",
        Locality.NONE,
        0,
        1,
        HealthStatus.HEALTHY,
        Metadata.getDefaultInstance());
  }

  Asker ask() {
    Asker asker = new Asker();
    asker.ticket = pool.acquire(asker);
    return asker;
  }

  /** Asks, and waits for the connection. */
  Asker served() {
    Asker asker = ask();
    time.run();
    asker.ready();
    return asker;
  }

  void closeByPeer(UpstreamConnection connection) {
    EmbeddedChannel channel = (EmbeddedChannel) connection.channel();
    channel.unsafe().close(channel.voidPromise());
    channel.runPendingTasks();
  }

  void receive(UpstreamConnection connection, String text) {
    EmbeddedChannel channel = (EmbeddedChannel) connection.channel();
    channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
    channel.releaseInbound();
  }

  void send(UpstreamConnection connection, String text) {
    EmbeddedChannel channel = (EmbeddedChannel) connection.channel();
    channel.writeOutbound(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
    channel.releaseOutbound();
  }

  /** Counters that are not zero, without their cluster's prefix. */
  Map<String, Long> counters() {
    Map<String, Long> counters = new TreeMap<>();
    for (Counter counter : store.counters()) {
      if (counter.value() != 0) {
        counters.put(counter.name().full().substring("cluster.c.".length()), counter.value());
      }
    }
    return counters;
  }

  long counter(String name) {
    return counters().getOrDefault(name, 0L);
  }

  long gauge(String name) {
    return store.gauges().stream()
        .filter(g -> g.name().full().equals("cluster.c." + name))
        .findAny()
        .orElseThrow()
        .value();
  }

  void closeAndCheckNothingIsLeft() {
    pool.close();
    time.run();
    assertThat(pool.size()).as("connections").isZero();
    assertThat(network.open()).as("sockets").isZero();
    assertThat(time.pendingTimers()).as("timers").isZero();
    assertThat(gauge("upstream_cx_active")).isZero();
    assertThat(gauge("upstream_rq_pending_active")).isZero();
    assertThat(host.stats().cxActive().value()).isZero();
    assertThat(breakers.connections().inUse()).as("connections taken").isZero();
    assertThat(breakers.requests().inUse()).as("requests in flight").isZero();
    assertThat(breakers.pendingRequests().inUse()).as("places taken").isZero();
  }

  /** Someone who asks for a connection. */
  static final class Asker implements ConnectionPool.Waiter {
    ConnectionPool.Ticket ticket = () -> {};
    Runnable onFailure = () -> {};
    @Nullable UpstreamConnection connection;
    @Nullable PoolFailure failure;

    @Override
    public void onReady(UpstreamConnection ready) {
      assertThat(connection).as("served twice").isNull();
      assertThat(failure).as("served after a failure").isNull();
      connection = ready;
    }

    @Override
    public void onFailure(PoolFailure told) {
      assertThat(connection).as("failed after being served").isNull();
      assertThat(failure).as("failed twice").isNull();
      failure = told;
      onFailure.run();
    }

    UpstreamConnection ready() {
      if (connection == null) {
        throw new AssertionError("not served; " + failure);
      }
      return connection;
    }

    PoolFailure failure() {
      if (failure == null) {
        throw new AssertionError("not failed");
      }
      return failure;
    }
  }
}
