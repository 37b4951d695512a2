package io.bifocal.dataplane.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.connect.ConnectFailure;
import io.bifocal.dataplane.connect.ConnectSettings;
import io.bifocal.dataplane.connect.OutcomeMemory;
import io.bifocal.dataplane.connect.RaceListener;
import io.bifocal.dataplane.connect.RacePlan;
import io.bifocal.dataplane.connect.RacePlanner;
import io.bifocal.dataplane.connect.RaceRunner;
import io.bifocal.dataplane.connect.ScriptedNetwork;
import io.bifocal.dataplane.connect.SocketSettings;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.host.HostStats;
import io.bifocal.dataplane.host.Locality;
import io.bifocal.dataplane.observe.PastRaces;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.TransportProtocol;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is counted of races, in virtual time. */
class RaceStatsTest {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);

  private final Address v6 = new Address.Ip(InetAddresses.forString("2001:db8::1"), 80);
  private final Address v4 = new Address.Ip(InetAddresses.forString("192.0.2.1"), 80);
  private final VirtualTime time = new VirtualTime();
  private final ScriptedNetwork network = new ScriptedNetwork(time);
  private final StatsStore store = new StatsStore(1);
  private final RaceStats stats =
      new RaceStats(store.root().tagged("cluster", "envoy.cluster_name", "c").scope("connect"), 1);
  private final RacePlanner planner =
      new RacePlanner(
          "c",
          CONNECT_TIMEOUT,
          SocketSettings.DEFAULT,
          host -> TransportSocket.PLAIN,
          ConnectSettings.DEFAULT,
          new OutcomeMemory(time::nanoTime),
          stats);
  private final RaceRunner races = new RaceRunner(time, network, RaceListener.NONE);

  private Host host(Address... addresses) {
    List<Address> list = List.of(addresses);
    return new Host(
        new HostState(list.get(0), HostStats.in(new StatsStore(1).root())),
        new AddressList(list, list),
        "",
        Locality.NONE,
        0,
        1,
        HealthStatus.HEALTHY,
        Metadata.getDefaultInstance());
  }

  private RaceRunner.Race begin(Address... addresses) {
    return races.run(planner.plan(host(addresses), time.nanoTime()), outcome -> {});
  }

  private void race(Address... addresses) {
    var unused = begin(addresses);
    time.advance(CONNECT_TIMEOUT);
  }

  /** Counters that are not zero, without their prefix. */
  private Map<String, Long> counted() {
    Map<String, Long> counters = new TreeMap<>();
    for (Counter counter : store.counters()) {
      if (counter.value() != 0) {
        counters.put(
            counter.name().full().substring("cluster.c.connect.".length()), counter.value());
      }
    }
    return counters;
  }

  private List<Long> values(String histogram) {
    List<Long> values = new ArrayList<>();
    store.histograms().stream()
        .filter(h -> h.name().full().equals("cluster.c.connect." + histogram))
        .forEach(
            h -> h.cumulative().recordedValues().forEach(v -> values.add(v.getValueIteratedTo())));
    return values;
  }

  @Test
  void withoutARaceNothingIsListed() {
    assertThat(store.counters()).isEmpty();
    assertThat(store.histograms()).isEmpty();
  }

  @Test
  void aRaceOfOneAttempt() {
    network.connects(v4, Duration.ofMillis(20));
    race(v4);
    assertThat(counted())
        .containsOnly(entry("race_total", 1L), entry("v4_started", 1L), entry("v4_won", 1L));
    assertThat(values("winner_start_ms")).containsExactly(0L);
    assertThat(values("winner_connect_ms")).containsExactly(20L);
    assertThat(values("stagger_late_us")).isEmpty();
    assertThat(store.counters()).as("what has never happened is not listed").hasSize(3);
  }

  @Test
  void aRaceThatTheSecondFamilyWins() {
    network.silent(v6).connects(v4, Duration.ofMillis(20));
    race(v6, v4);
    assertThat(counted())
        .containsOnly(
            entry("race_total", 1L),
            entry("race_staggered", 1L),
            entry("v6_started", 1L),
            entry("v6_lost", 1L),
            entry("v4_started", 1L),
            entry("v4_won", 1L));
    assertThat(values("winner_start_ms")).allMatch(ms -> ms >= 298 && ms <= 302).hasSize(1);
    assertThat(values("stagger_late_us")).containsExactly(0L);
  }

  @Test
  void aRaceThatEveryoneLoses() {
    network.refuses(v6, Duration.ofMillis(1)).refuses(v4, Duration.ofMillis(1));
    race(v6, v4);
    assertThat(counted())
        .containsOnly(
            entry("race_total", 1L),
            entry("race_staggered", 1L),
            entry("race_failed", 1L),
            entry("fail_refused", 2L),
            entry("v6_started", 1L),
            entry("v6_failed", 1L),
            entry("v4_started", 1L),
            entry("v4_failed", 1L));
  }

  @Test
  void aRaceThatTheTimeoutEnds() {
    network.silent(v6);
    race(v6);
    assertThat(counted())
        .containsOnly(
            entry("race_total", 1L),
            entry("race_timed_out", 1L),
            entry("fail_timed_out", 1L),
            entry("v6_started", 1L),
            entry("v6_failed", 1L));
  }

  @Test
  void aRaceThatItsCallerGivesUp() {
    network.silent(v6);
    begin(v6).cancel();
    assertThat(counted())
        .containsOnly(
            entry("race_total", 1L),
            entry("race_cancelled", 1L),
            entry("v6_started", 1L),
            entry("v6_cancelled", 1L));
  }

  @Test
  void aBadAddressThatIsSpared() {
    network.silent(v6).connects(v4, Duration.ofMillis(20));
    race(v6, v4);
    race(v6, v4);
    assertThat(counted())
        .contains(entry("race_total", 2L), entry("race_staggered", 1L))
        .contains(entry("memory_reordered", 1L), entry("memory_avoided", 1L))
        .contains(entry("v6_started", 1L), entry("v4_won", 2L))
        .doesNotContainKey("background_retry_total");
  }

  @Test
  void aBadAddressThatIsTriedAfterAllIsNotSpared() {
    network.silent(v6).connects(v4, Duration.ofMillis(20));
    race(v6, v4);
    network.refuses(v4, Duration.ofMillis(1)).connects(v6, Duration.ofMillis(1));
    race(v6, v4);
    assertThat(counted())
        .contains(entry("memory_reordered", 1L), entry("v6_won", 1L))
        .doesNotContainKey("memory_avoided");
  }

  @Test
  void whatIsTriedAgainInTheBackgroundCountsApart() {
    network.silent(v6).connects(v4, Duration.ofMillis(20));
    race(v6, v4);
    time.advance(Duration.ofSeconds(10));
    race(v6, v4);
    assertThat(counted()).contains(entry("background_retry_total", 1L), entry("race_total", 2L));
    assertThat(counted()).doesNotContainKey("background_retry_healed");

    network.connects(v6, Duration.ofMillis(10));
    time.advance(Duration.ofSeconds(30));
    race(v6, v4);
    assertThat(counted())
        .contains(
            entry("background_retry_total", 2L),
            entry("background_retry_healed", 1L),
            entry("race_total", 3L),
            entry("v6_started", 1L),
            entry("v4_won", 3L));

    race(v6, v4);
    assertThat(counted()).as("healed is first again").contains(entry("v6_won", 1L));
  }

  @ParameterizedTest
  @CsvSource({
    "delayed connect error: Connection refused, fail_refused",
    "immediate connect error: Network is unreachable|remote address:192.0.2.1:80, fail_unreachable",
    "delayed connect error: No route to host, fail_unreachable",
    "delayed connect error: Connection timed out, fail_timed_out",
    "delayed connect error: Connection reset by peer, fail_reset",
    "immediate connect error: Cannot assign requested address|remote address:a, fail_local",
    "immediate connect error: Invalid argument|remote address:192.0.2.1:80, fail_other",
    "TLS_error:|certificate verify failed:TLS_error_end, fail_tls",
  })
  void aFailureHasAReason(String detail, String name) {
    network.fails(v4, Duration.ofMillis(1), new ConnectFailure(ConnectFailure.Kind.REMOTE, detail));
    race(v4);
    assertThat(counted()).contains(entry(name, 1L));
  }

  @Test
  void aSocketThatThisMachineWouldNotMakeFailsLocally() {
    network.fails(
        v4,
        Duration.ofMillis(1),
        new ConnectFailure(ConnectFailure.Kind.LOCAL, "socket creation failure"));
    race(v4);
    assertThat(counted()).contains(entry("fail_local", 1L));
  }

  @Test
  void attemptsOverQuicCountForTheirFamilyAndAsSuch() {
    network.connects(v6, Duration.ofMillis(5));
    RacePlan plan = planner.plan(host(v6), time.nanoTime()).over(new Quic());
    races.run(plan, outcome -> {});
    time.advance(CONNECT_TIMEOUT);
    assertThat(counted())
        .containsOnly(
            entry("race_total", 1L),
            entry("v6_started", 1L),
            entry("v6_won", 1L),
            entry("quic_started", 1L),
            entry("quic_won", 1L));
  }

  private static final class Quic implements TransportSocket {
    @Override
    public Future<?> start(Channel connected) {
      return connected.newSucceededFuture();
    }

    @Override
    public TransportProtocol over() {
      return TransportProtocol.QUIC;
    }
  }

  @Test
  void aRequestThatWaitedForHttp3AndTcpIsCountedApart() {
    stats.onRace(PastRaces.brokenHttp3("c", 0));
    assertThat(counted())
        .containsOnly(
            entry("grid_total", 1L), entry("grid_tcp_won", 1L), entry("grid_tcp_after_delay", 1L));
    assertThat(values("grid_wait_ms")).singleElement().satisfies(ms -> near(ms, 305));
  }

  private static void near(long actual, long expected) {
    assertThat(actual).isBetween(expected - expected / 20, expected + expected / 20);
  }
}
