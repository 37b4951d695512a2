package io.bifocal.dataplane.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.AttemptSpan;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class RaceHistoryTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final RaceHistory history = new RaceHistory(2);

  private static Duration ms(long millis) {
    return Duration.ofMillis(millis);
  }

  @Test
  void the_latest_of_all_workers_come_first() {
    history.of(0).onRace(PastRaces.smooth("a", 1, ms(1)));
    history.of(1).onRace(PastRaces.staggered("b", 3));
    history.of(0).onRace(PastRaces.retry("c", 2));

    assertThat(history.recent())
        .extracting(PastRace::cluster, PastRace::worker)
        .containsExactly(tuple("b", 1), tuple("c", 0), tuple("a", 0));
  }

  @Test
  void a_flood_of_smooth_races_displaces_no_other() {
    history.of(0).onRace(PastRaces.staggered("rough", 1));
    for (int i = 2; i < 10_000; i++) {
      history.of(0).onRace(PastRaces.smooth("smooth", i, ms(1)));
    }

    assertThat(history.recent())
        .hasSizeLessThan(200)
        .last()
        .satisfies(race -> assertThat(race.cluster()).isEqualTo("rough"));
    assertThat(history.recent().get(0).endedAt()).isEqualTo(9_999);
  }

  @Test
  void a_flood_of_others_is_bounded_too() {
    for (int i = 0; i < 10_000; i++) {
      history.of(0).onRace(PastRaces.staggered("rough", i));
    }
    assertThat(history.recent()).hasSize(128);
    assertThat(history.slowest(10_000)).hasSize(SlowestRaces.KEPT);
  }

  @Test
  void the_slowest_are_kept_whenever_they_came() {
    for (int i = 0; i < 1_000; i++) {
      history.of(i % 2).onRace(PastRaces.smooth("c", i, ms(i * 7919L % 1_000)));
    }
    List<PastRace> slowest = history.slowest(1_000);
    assertThat(slowest)
        .extracting(race -> Duration.ofNanos(race.nanos()).toMillis())
        .startsWith(999L, 998L, 997L, 996L, 995L, 994L, 993L, 992L);
  }

  @Test
  void what_nobody_waited_for_is_not_slow() {
    history.of(0).onRace(PastRaces.retry("c", 1));
    assertThat(history.recent()).hasSize(1);
    assertThat(history.slowest(2)).isEmpty();
  }

  @Test
  void what_was_slow_long_ago_is_forgotten() {
    history.of(0).onRace(PastRaces.smooth("old", 0, ms(900)));
    history.of(0).onRace(PastRaces.smooth("new", 301 * SECOND, ms(5)));
    assertThat(history.slowest(302 * SECOND))
        .extracting(PastRace::cluster)
        .as("the window before this one")
        .containsExactly("old", "new");
    history.of(0).onRace(PastRaces.smooth("newer", 602 * SECOND, ms(1)));
    assertThat(history.slowest(603 * SECOND))
        .extracting(PastRace::cluster)
        .containsExactly("new", "newer");
    assertThat(history.slowest(2_000 * SECOND)).as("without a race since").isEmpty();
  }

  @Test
  void of_a_race_of_very_many_attempts_the_first_and_the_winner_are_kept() {
    history.of(0).onRace(PastRaces.ofAttempts(500));
    PastRace race = history.recent().get(0);
    assertThat(race.attemptCount()).isEqualTo(500);
    List<AttemptSpan> spans = AttemptSpan.of(race.attempts());
    assertThat(spans).hasSize(PastRace.ATTEMPTS);
    assertThat(spans.get(0).start().attempt()).isZero();
    assertThat(spans.get(PastRace.ATTEMPTS - 1).end())
        .isInstanceOf(AttemptEvent.Won.class)
        .extracting(AttemptEvent::attempt)
        .isEqualTo(499);
  }

  @Test
  void whatIsPartOfAnotherRaceIsNotKept() {
    RaceHistory history = new RaceHistory(1);
    history.of(0).onRace(PastRaces.entrant("shop", 1));
    history.of(0).onRace(PastRaces.brokenHttp3("shop", 2));
    assertThat(history.recent()).extracting(PastRace::attemptCount).containsExactly(2);
    assertThat(history.slowest(2)).hasSize(1);
  }
}
