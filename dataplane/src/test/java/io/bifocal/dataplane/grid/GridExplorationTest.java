package io.bifocal.dataplane.grid;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.connect.ConnectSettings;
import io.bifocal.dataplane.grid.GridBench.Asker;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.pool.PoolFailure.Reason;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every combination of answers of the three pools, over pools that answer within the call and
 * later, each compared with what the rules say when they are worked out on paper. Answers coincide
 * only where pools answer within the call: then that which was asked first serves, and TCP is asked
 * before the second address.
 */
class GridExplorationTest {
  private static final long NEVER = Long.MAX_VALUE / 4;
  private static final long DELAY = 300;

  private static final PoolFailure REFUSED =
      new PoolFailure(Reason.REMOTE_CONNECTION_FAILURE, "refused");

  /**
   * How a pool answers.
   *
   * @param after in milliseconds; 0 for within the call
   */
  private record Answer(long after, boolean good) {
    static final Answer SILENT = new Answer(NEVER, false);

    long readyAt(long start) {
      return good && start < NEVER ? start + after : NEVER;
    }

    long failsAt(long start) {
      return !good && start < NEVER && after < NEVER ? start + after : NEVER;
    }
  }

  /** What the rules say. */
  private record Expected(
      String winner, long at, boolean broken, long tcpAt, long secondAt, boolean failed) {}

  @ParameterizedTest
  @CsvSource({"false,false", "false,true", "true,false", "true,true"})
  void everyCombinationGoesAsThePaperSays(boolean together, boolean two) {
    int played = 0;
    for (Answer first : answers(7, 310, 640)) {
      for (Answer second : answers(11, 160, 350)) {
        for (Answer tcp : answers(5, 45, 420)) {
          play(together, two, first, second, tcp);
          played++;
        }
      }
    }
    assertThat(played).isEqualTo(9 * 9 * 9);
  }

  @Test
  void nobodyWaitsLongerThanTheDelayForTcp() {
    for (Answer first : answers(7, 310, 640)) {
      for (Answer second : answers(11, 160, 350)) {
        for (Answer tcp : answers(5, 45, 420)) {
          if (tcp.good()) {
            long at = paper(false, true, first, second, tcp).at();
            assertThat(at).isLessThanOrEqualTo(DELAY + tcp.after());
          }
        }
      }
    }
  }

  private static List<Answer> answers(long... times) {
    List<Answer> answers = new ArrayList<>();
    answers.add(Answer.SILENT);
    answers.add(new Answer(0, true));
    answers.add(new Answer(0, false));
    for (long time : times) {
      answers.add(new Answer(time, true));
      answers.add(new Answer(time, false));
    }
    return answers;
  }

  private static void play(boolean together, boolean two, Answer first, Answer second, Answer tcp) {
    String scenario = "%s %s %s %s %s".formatted(together, two, first, second, tcp);
    GridBench bench = new GridBench();
    bench.grid = bench.grid("", ConnectSettings.envoys());
    var unused = bench.guard("http3_happy_eyeballs", two);
    if (together) {
      bench.grid.earlyDataRejected();
    }
    script(bench, GridBench.H3, first);
    script(bench, GridBench.ALTERNATE, second);
    script(bench, GridBench.TCP, tcp);
    Asker asker = bench.ask();
    bench.advance(5000);
    Expected expected = paper(together, two, first, second, tcp);
    assertThat(actual(bench, asker)).as(scenario).isEqualTo(expected);
    bench.closeAndCheckNothingIsLeft();
  }

  private static void script(GridBench bench, String pool, Answer answer) {
    if (answer.after() == NEVER) {
      bench.pools.silent(pool);
    } else if (answer.after() == 0 && answer.good()) {
      bench.pools.readyAtOnce(pool);
    } else if (answer.after() == 0) {
      bench.pools.failsAtOnce(pool, REFUSED);
    } else if (answer.good()) {
      bench.pools.ready(pool, GridBench.ms(answer.after()));
    } else {
      bench.pools.fails(pool, GridBench.ms(answer.after()), REFUSED);
    }
  }

  private static Expected actual(GridBench bench, Asker asker) {
    String winner = asker.served == null ? "" : asker.served;
    return new Expected(
        winner,
        asker.waits() ? NEVER : asker.answeredAt,
        bench.brokenCount() == 1,
        when(bench, GridBench.TCP),
        when(bench, GridBench.ALTERNATE),
        asker.failure != null);
  }

  private static long when(GridBench bench, String pool) {
    List<Long> times =
        bench.pools.requests().stream()
            .filter(request -> request.pool().equals(pool))
            .map(request -> request.at() / 1_000_000)
            .toList();
    assertThat(times.size()).as("asked once: " + pool).isLessThanOrEqualTo(1);
    return times.isEmpty() ? NEVER : times.get(0);
  }

  private static Expected paper(
      boolean together, boolean two, Answer first, Answer second, Answer tcp) {
    long firstReady = first.readyAt(0);
    long firstFails = first.failsAt(0);
    long secondAt = two ? Math.min(firstFails, DELAY) : NEVER;
    if (firstReady <= secondAt) {
      secondAt = NEVER;
    }
    long secondReady = second.readyAt(secondAt);
    long secondFails = two ? second.failsAt(secondAt) : firstFails;
    long http3Ready = Math.min(firstReady, secondReady);
    long http3Fails = http3Ready < NEVER ? NEVER : Math.max(firstFails, secondFails);
    long tcpAt = together ? 0 : Math.min(DELAY, http3Fails);
    if (!together && http3Ready <= tcpAt && http3Ready != DELAY) {
      tcpAt = NEVER; // at DELAY exactly TCP is asked first, and given up
    }
    long tcpReady = tcp.readyAt(tcpAt);
    long tcpFails = tcp.failsAt(tcpAt);
    if (http3Ready < NEVER && http3Ready <= tcpReady) {
      boolean tie =
          http3Ready == tcpReady && (together ? firstReady != http3Ready : http3Ready == DELAY);
      return new Expected(
          tie ? GridBench.TCP : winner(firstReady, secondReady),
          http3Ready,
          false,
          tcpAt,
          secondAt,
          false);
    }
    if (tcpReady < NEVER) {
      return new Expected(GridBench.TCP, tcpReady, http3Fails < NEVER, tcpAt, secondAt, false);
    }
    boolean failed = http3Fails < NEVER && tcpFails < NEVER;
    return new Expected(
        "", failed ? Math.max(http3Fails, tcpFails) : NEVER, false, tcpAt, secondAt, failed);
  }

  private static String winner(long firstReady, long secondReady) {
    return firstReady <= secondReady ? GridBench.H3 : GridBench.ALTERNATE;
  }
}
