package io.bifocal.dataplane.grid;

import static io.bifocal.dataplane.grid.GridBench.ALTERNATE;
import static io.bifocal.dataplane.grid.GridBench.H3;
import static io.bifocal.dataplane.grid.GridBench.LOCAL;
import static io.bifocal.dataplane.grid.GridBench.REFUSED;
import static io.bifocal.dataplane.grid.GridBench.TCP;
import static io.bifocal.dataplane.grid.GridBench.V6;
import static io.bifocal.dataplane.grid.GridBench.ms;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.connect.AttemptSpan;
import io.bifocal.dataplane.connect.RacePlan.Purpose;
import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.connect.RaceReport.Result;
import io.bifocal.dataplane.grid.GridBench.Asker;
import io.bifocal.dataplane.pool.Http3Use;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is told of a request that waited for HTTP/3 or TCP: one race, whatever it was made of. */
class GridTimelineTest {
  private final GridBench bench = new GridBench();

  @AfterEach
  void nothingIsLeft() {
    bench.closeAndCheckNothingIsLeft();
  }

  /** For each attempt: whom, when, how long, how it ended, and why it had begun. */
  private static List<String> attempts(@Nullable RaceReport race) {
    return AttemptSpan.of(requireNonNull(race).attempts()).stream()
        .map(GridTimelineTest::text)
        .toList();
  }

  private static String text(AttemptSpan span) {
    String took = span.nanos() < 0 ? "" : "/" + span.nanos() / 1_000_000;
    String all =
        "%s+%d%s %s %s"
            .formatted(
                span.target(),
                span.start().atNanos() / 1_000_000,
                took,
                span.ending(),
                span.start().cause());
    return all.toLowerCase(Locale.ROOT);
  }

  private RaceReport told() {
    assertThat(bench.reports).hasSize(1);
    return bench.reports.get(0);
  }

  @Test
  void theTimeThatHttp3HadIsPartOfIt() {
    bench.pools.ready(TCP, ms(5));
    Asker asker = bench.ask();
    bench.advance(1000);
    assertThat(attempts(asker.race))
        .containsExactly(
            "quic:[2001:db8::1]:443+0 running first",
            "quic:192.0.2.1:443+300 running stagger",
            "[2001:db8::1]:443+300/5 won stagger");
    RaceReport race = requireNonNull(asker.race);
    assertThat(race.nanos()).isEqualTo(ms(305).toNanos());
    assertThat(race.result()).isEqualTo(Result.WON);
    assertThat(race.plan().purpose()).isEqualTo(Purpose.GRID);
    assertThat(bench.reports).as("HTTP/3 goes on").isEmpty();
  }

  @Test
  void whenHttp3HasComeToItsEndItIsToldAsARace() {
    bench.pools.ready(H3, ms(400)).ready(TCP, ms(5));
    var unused = bench.ask();
    bench.advance(1000);
    assertThat(attempts(told()))
        .containsExactly(
            "quic:[2001:db8::1]:443+0/400 lost first",
            "quic:192.0.2.1:443+300/100 lost stagger",
            "[2001:db8::1]:443+300/5 won stagger");
    assertThat(told().nanos()).as("what the request waited").isEqualTo(ms(305).toNanos());
    assertThat(told().endedAt() - bench.time.nanoTime()).isEqualTo(ms(305 - 1000).toNanos());
  }

  @Test
  void whatFailsLaterFailed() {
    bench.over(GridBench.host(V6)).pools.fails(H3, ms(700), REFUSED).ready(TCP, ms(5));
    var unused = bench.ask();
    bench.advance(1000);
    assertThat(attempts(told()))
        .containsExactly(
            "quic:[2001:db8::1]:443+0/700 failed first", "[2001:db8::1]:443+300/5 won stagger");
  }

  @Test
  void whenHttp3WinsTcpHasLost() {
    bench.pools.ready(ALTERNATE, ms(11));
    Asker asker = bench.ask();
    bench.advance(1000);
    assertThat(attempts(asker.race))
        .containsExactly(
            "quic:[2001:db8::1]:443+0/311 lost first",
            "quic:192.0.2.1:443+300/11 won stagger",
            "[2001:db8::1]:443+300/11 lost stagger");
    assertThat(attempts(told())).isEqualTo(attempts(asker.race));
    assertThat(requireNonNull(told().winner()).address().text()).isEqualTo(ALTERNATE);
  }

  @Test
  void aConnectionOverTcpThatWasThereIsAnAttemptWithoutDuration() {
    bench.pools.ready(TCP, ms(5));
    var unused = bench.ask(Http3Use.FORBIDDEN);
    bench.advance(50);
    Asker asker = bench.ask();
    bench.advance(1000);
    assertThat(attempts(asker.race))
        .containsExactly(
            "quic:[2001:db8::1]:443+0 running first", "[2001:db8::1]:443+300/0 won stagger");
  }

  @Test
  void http3ThatFailsAtOnceBringsTcpAtOnce() {
    bench.over(GridBench.host(V6)).pools.fails(H3, ms(10), REFUSED).ready(TCP, ms(5));
    Asker asker = bench.ask();
    bench.advance(1000);
    assertThat(attempts(asker.race))
        .containsExactly(
            "quic:[2001:db8::1]:443+0/10 failed first",
            "[2001:db8::1]:443+10/5 won previous_failed");
  }

  @Test
  void withoutHttp3ItIsTcpsRace() {
    bench.guard("http3_happy_eyeballs", false);
    bench.cache.learn(GridBench.ORIGIN, "clear");
    bench.pools.ready(TCP, ms(5));
    Asker asker = bench.ask();
    bench.advance(10);
    assertThat(attempts(asker.race)).containsExactly("[2001:db8::1]:443+0/5 won first");
    assertThat(attempts(told())).isEqualTo(attempts(asker.race));
  }

  @Test
  void theFailureOfEverythingTellsOfEverything() {
    bench
        .pools
        .fails(H3, ms(20), REFUSED)
        .fails(ALTERNATE, ms(20), REFUSED)
        .fails(TCP, ms(5), LOCAL);
    Asker asker = bench.ask();
    bench.advance(1000);
    assertThat(requireNonNull(asker.race).result()).isEqualTo(Result.FAILED);
    assertThat(attempts(asker.race))
        .containsExactly(
            "quic:[2001:db8::1]:443+0/20 failed first",
            "quic:192.0.2.1:443+20/20 failed previous_failed");
    assertThat(told().nanos()).isEqualTo(ms(45).toNanos());
  }

  @Test
  void aRequestThatIsGivenUpIsTold() {
    Asker asker = bench.ask();
    bench.advance(320);
    requireNonNull(asker.ticket).cancel();
    assertThat(told().result()).isEqualTo(Result.CANCELLED);
    assertThat(attempts(told()))
        .containsExactly(
            "quic:[2001:db8::1]:443+0/320 cancelled first",
            "quic:192.0.2.1:443+300/20 cancelled stagger",
            "[2001:db8::1]:443+300/20 cancelled stagger");
  }

  @Test
  void whoFindsAConnectionHasWaitedForNothing() {
    bench.pools.readyAtOnce(H3);
    Asker asker = bench.ask();
    assertThat(asker.served).isEqualTo(H3);
    bench.advance(1000);
    assertThat(bench.reports).isEmpty();
    assertThat(requireNonNull(asker.race).plan().purpose()).isEqualTo(Purpose.SERVE);
  }
}
