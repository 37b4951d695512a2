package io.bifocal.dataplane.grid;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.ConnectSettings;
import io.bifocal.dataplane.connect.OutcomeMemory;
import io.bifocal.dataplane.connect.RaceListener;
import io.bifocal.dataplane.connect.RacePlanner;
import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.connect.SocketSettings;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.host.AddressList.Completeness;
import io.bifocal.dataplane.host.HealthCheckTarget;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.host.HostStats;
import io.bifocal.dataplane.host.Locality;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.Http3Use;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.pool.PoolFailure.Reason;
import io.bifocal.dataplane.pool.UpstreamConnection;
import io.bifocal.dataplane.runtime.RuntimeLayer;
import io.bifocal.dataplane.runtime.RuntimeSnapshot;
import io.bifocal.dataplane.runtime.RuntimeValue;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A grid to one host with addresses of both families, over scripted pools, in virtual time. */
final class GridBench {
  static final Address V6 = ip("2001:db8::1");
  static final Address V4 = ip("192.0.2.1");
  static final String H3 = V6.text();
  static final String ALTERNATE = V4.text();
  static final String TCP = ScriptedPools.TCP;
  static final Origin ORIGIN = new Origin("shop.example", 443);

  static final PoolFailure REFUSED =
      new PoolFailure(Reason.REMOTE_CONNECTION_FAILURE, "quic refused");
  static final PoolFailure LOCAL =
      new PoolFailure(Reason.LOCAL_CONNECTION_FAILURE, "tcp impossible");

  final VirtualTime time = new VirtualTime();
  final ScriptedPools pools = new ScriptedPools(time);
  final List<GridEvent> events = new ArrayList<>();
  final List<RaceReport> reports = new ArrayList<>();
  final AlternateProtocolsCache cache =
      new AlternateProtocolsCache(
          new AlternateProtocolsOptions("c", 16, List.of(), List.of()), time::nanoTime);
  final OutcomeMemory memory = new OutcomeMemory(time::nanoTime);
  private final StatsStore stats = new StatsStore(1);
  private final Counter broken = stats.root().counter("upstream_http3_broken");
  RuntimeSnapshot runtime = RuntimeSnapshot.EMPTY;
  Host host = host(V6, V4);
  private Duration opening = Duration.ZERO;
  Grid grid;

  /** A grid whose origin has said that it speaks HTTP/3. */
  GridBench() {
    cache.learn(ORIGIN, "h3=\":443\"");
    grid = grid("");
  }

  static Address ip(String literal) {
    return new Address.Ip(InetAddresses.forString(literal), 443);
  }

  static Host host(Address... addresses) {
    HostState state = new HostState(addresses[0], HostStats.in(new StatsStore(1).root()));
    return new Host(
        state,
        new AddressList(List.of(addresses), List.of(addresses)),
        ORIGIN.host(),
        Locality.NONE,
        0,
        1,
        HealthStatus.HEALTHY,
        Metadata.getDefaultInstance());
  }

  /** A host of whom a resolver has told one family's addresses. */
  static Host expectingMore(Address... addresses) {
    Host host = host(addresses);
    return host.with(host.addresses().being(Completeness.MORE_TO_COME));
  }

  static Host proxied(Host host, Address proxy) {
    return new Host(
        host.state(),
        host.addresses(),
        host.hostname(),
        host.locality(),
        0,
        1,
        HealthStatus.HEALTHY,
        Metadata.getDefaultInstance(),
        Metadata.getDefaultInstance(),
        HealthCheckTarget.at(host.primary()),
        proxy);
  }

  static Host named(Host host, String hostname) {
    return new Host(
        host.state(),
        host.addresses(),
        hostname,
        host.locality(),
        0,
        1,
        HealthStatus.HEALTHY,
        Metadata.getDefaultInstance());
  }

  /** The same over another host. */
  GridBench over(Host other) {
    host = other;
    grid = grid("");
    return this;
  }

  /** The same where it takes so long to make a pool. */
  GridBench opening(Duration takes) {
    opening = takes;
    return this;
  }

  Grid grid(String sni) {
    return grid(sni, ConnectSettings.DEFAULT);
  }

  Grid grid(String sni, ConnectSettings settings) {
    RacePlanner planner =
        new RacePlanner(
            "c",
            Duration.ofSeconds(5),
            SocketSettings.DEFAULT,
            unused -> TransportSocket.PLAIN,
            settings,
            memory,
            RaceListener.NONE);
    return new Grid(
        time,
        new GridSettings(cache, planner, sni, settings.attemptDelay(), () -> runtime, broken.at(1)),
        new Opening(),
        host,
        events::add,
        reports::add);
  }

  GridBench guard(String name, boolean value) {
    TreeMap<String, RuntimeValue> values = new TreeMap<>();
    values.put("envoy.reloadable_features." + name, RuntimeValue.of(String.valueOf(value)));
    runtime = new RuntimeSnapshot(List.of(new RuntimeLayer("test", values)));
    return this;
  }

  long brokenCount() {
    return broken.value();
  }

  Http3Status status() {
    return cache.status(ORIGIN).at(time.nanoTime());
  }

  void advance(long millis) {
    time.advance(Duration.ofMillis(millis));
  }

  static Duration ms(long millis) {
    return Duration.ofMillis(millis);
  }

  Asker ask() {
    return ask(Http3Use.ALLOWED);
  }

  Asker ask(Http3Use request) {
    Asker asker = new Asker();
    asker.ticket = grid.acquire(asker, request);
    return asker;
  }

  /** Every pool that was asked so far, with the time in milliseconds. */
  List<String> asked() {
    return pools.requests().stream()
        .map(request -> request.pool() + " " + request.at() / 1_000_000)
        .toList();
  }

  /** How attempts ended, in words, in order of time. */
  List<String> ends() {
    List<String> ends = new ArrayList<>();
    for (GridEvent event : events) {
      if (event instanceof GridEvent.Http3 http3
          && !(http3.attempt() instanceof AttemptEvent.Started)) {
        ends.add(http3.attempt().address().text() + " " + word(http3.attempt()));
      } else if (!(event instanceof GridEvent.Http3 || event instanceof GridEvent.TcpStarted)) {
        ends.add(word(event));
      }
    }
    return ends;
  }

  private static String word(Object event) {
    return event instanceof AttemptEvent.Lost lost
        ? "Lost " + lost.reason()
        : event.getClass().getSimpleName();
  }

  /** Closes the grid; whoever has a connection gives it back, and then nothing is left. */
  void closeAndCheckNothingIsLeft() {
    grid.close();
    time.advance(Duration.ofMinutes(10));
    assertThat(pools.waiting()).as("places in queues").isZero();
    assertThat(pools.used()).as("connections that nobody gave back").isZero();
    assertThat(time.pendingTimers()).as("timers").isZero();
  }

  /** The scripted pools, after the time that opening takes. */
  private final class Opening implements GridPools {
    @Override
    public ConnectionPool http3(Host host) {
      time.elapse(opening);
      return pools.http3(host);
    }

    @Override
    public ConnectionPool tcp(Host host) {
      time.elapse(opening);
      return pools.tcp(host);
    }
  }

  /** One request. */
  final class Asker implements ConnectionPool.Waiter {
    ConnectionPool.@Nullable Ticket ticket;
    @Nullable String served;
    @Nullable PoolFailure failure;
    @Nullable RaceReport race;
    long answeredAt = -1;

    @Override
    public void onReady(UpstreamConnection connection) {
      answer();
      served = connection.toString();
      race = connection.race();
      connection.release();
    }

    @Override
    public void onFailure(PoolFailure why) {
      answer();
      failure = new PoolFailure(why.reason(), why.detail());
      race = why.race();
    }

    private void answer() {
      assertThat(answeredAt).as("answered before").isEqualTo(-1);
      answeredAt = time.nanoTime() / 1_000_000;
    }

    boolean waits() {
      return answeredAt == -1;
    }
  }
}
