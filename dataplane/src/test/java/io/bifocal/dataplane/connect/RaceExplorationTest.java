package io.bifocal.dataplane.connect;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.connect.AttemptEvent.Cause;
import io.bifocal.dataplane.connect.RaceReport.Result;
import io.bifocal.dataplane.connect.RaceScenario.Reply;
import io.bifocal.dataplane.connect.RaceScenario.Update;
import io.bifocal.dataplane.connect.ReferenceRace.Ran;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.host.AddressList.Completeness;
import io.bifocal.xds.time.Loop;
import io.bifocal.xds.time.VirtualTime;
import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random races over random networks, each compared to the nanosecond with {@link ReferenceRace}.
 *
 * <p>What happens in one instant happens in the order in which its timers were set: that is {@link
 * VirtualTime}'s promise, not the race's. Random scenarios with two such things are left out, and
 * counted; what a user may rely on in one instant is told by hand below.
 */
class RaceExplorationTest {
  private static final Seeds SEEDS = new Seeds(RaceExplorationTest.class, 100_000, 1_500_000);

  private long played;
  private long ties;

  @Test
  void everyRaceGoesAsThePaperSays() {
    SEEDS.play(this::play);
    assertThat(ties).as("scenarios left out").isLessThanOrEqualTo(1 + played / 1000);
  }

  private long play(long seed) {
    RaceScenario scenario = RaceScenario.of(seed);
    played++;
    try {
      compare(scenario);
      return 1;
    } catch (ReferenceRace.Tie tie) {
      ties++;
      return 0;
    }
  }

  // ---- in one instant

  @Test
  void anAnswerInTheInstantOfTheStaggerIsInTime() {
    assertThat(two(connects(300), connects(5)).outcome).isEqualTo(FIRST);
    assertThat(two(connects(300), connects(5)).attempts).hasSize(1);
  }

  @Test
  void aRefusalInTheInstantOfTheStaggerStartsOneAttemptAndNotTwo() {
    Played played = three(refuses(300), connects(1000), connects(5));
    assertThat(played.attempts)
        .extracting(Ran::cause)
        .containsExactly(Cause.FIRST, Cause.PREVIOUS_FAILED, Cause.STAGGER);
    assertThat(played.outcome).isEqualTo(THIRD);
    assertThat(played.at).isEqualTo(ms(605));
  }

  @Test
  void theTimeoutComesBeforeAnAnswerInItsInstant() {
    Played played = two(connects(5000), connects(4700));
    assertThat(played.outcome).isEqualTo(new ConnectFailure(ConnectFailure.Kind.TIMEOUT, ""));
  }

  @Test
  void ofTwoAnswersInOneInstantTheEarlierAttemptsCounts() {
    assertThat(two(connects(800), connects(500)).outcome).isEqualTo(FIRST);
  }

  @Test
  void twoRefusalsInOneInstantEndARaceOnce() {
    Played played = two(refuses(800), refuses(500));
    assertThat(played.outcome).isEqualTo(RaceScenario.REFUSED);
    assertThat(played.at).isEqualTo(ms(800));
  }

  // ----

  private static final List<Address> ADDRESSES = AddressOrderTest.parse("6a 4a 6b");
  private static final Address FIRST = ADDRESSES.get(0);
  private static final Address THIRD = ADDRESSES.get(2);

  private static Played two(Reply first, Reply second) {
    return by300(ADDRESSES.subList(0, 2), first, second, second);
  }

  private static Played three(Reply first, Reply second, Reply third) {
    return by300(ADDRESSES, first, second, third);
  }

  private static Played by300(List<Address> addresses, Reply... replies) {
    Map<Address, Reply> byAddress =
        Map.of(
            ADDRESSES.get(0),
            replies[0],
            ADDRESSES.get(1),
            replies[1],
            ADDRESSES.get(2),
            replies[2]);
    RaceScenario scenario =
        new RaceScenario(
            addresses,
            Completeness.COMPLETE,
            byAddress,
            ms(300),
            1,
            ms(5000),
            List.of(),
            RaceScenario.NEVER);
    return new Played(scenario).play();
  }

  private static Reply connects(long afterMillis) {
    return new Reply(ms(afterMillis), null, 0, false);
  }

  private static Reply refuses(long afterMillis) {
    return new Reply(ms(afterMillis), RaceScenario.REFUSED, 0, false);
  }

  private static long ms(long millis) {
    return Duration.ofMillis(millis).toNanos();
  }

  // ----

  private static void compare(RaceScenario scenario) {
    ReferenceRace.Result expected = ReferenceRace.of(scenario);
    Played played = new Played(scenario).play();
    if (!expected.attempts().equals(played.attempts)
        || !expected.outcome().equals(played.outcome)
        || expected.at() != played.at) {
      assertThat(lines(played.attempts, played.outcome, played.at))
          .as("%s", scenario)
          .isEqualTo(lines(expected.attempts(), expected.outcome(), expected.at()));
      throw new AssertionError("unequal, but alike: " + scenario);
    }
  }

  private static String lines(List<Ran> attempts, @Nullable Object outcome, long at) {
    StringBuilder lines = new StringBuilder();
    attempts.forEach(ran -> lines.append(ran).append('\n'));
    return lines.append(outcome).append(" at ").append(at).toString();
  }

  /** A scenario played by the real thing, but for sockets and clock. */
  private static final class Played {
    private final RaceScenario scenario;
    private final VirtualTime time = new VirtualTime();
    private final ScriptedNetwork network = new ScriptedNetwork(time);
    private final List<RaceReport> reports = new ArrayList<>();
    private final List<AttemptEvent> heard = new ArrayList<>();
    private final List<RaceOutcome> outcomes = new ArrayList<>();
    private final List<String> wrong = new ArrayList<>();
    private int planned; // things of the scenario that are still to come
    final List<Ran> attempts = new ArrayList<>();
    @Nullable Object outcome;
    long at;

    Played(RaceScenario scenario) {
      this.scenario = scenario;
    }

    Played play() {
      scenario.replies().forEach(this::script);
      RaceRunner.Race race = new RaceRunner(time, network, this::ended).run(plan(), receiver());
      for (Update update : scenario.updates()) {
        later(update.at(), () -> race.update(list(update.addresses(), update.completeness())));
      }
      if (scenario.cancelAt() != RaceScenario.NEVER) {
        later(scenario.cancelAt(), race::cancel);
      }
      time.advance(Duration.ofNanos(scenario.timeout()));
      time.advance(Duration.ofMinutes(1));
      check("one report", reports.size() == 1);
      check("at most one outcome", outcomes.size() <= 1);
      check("every event is heard", heard.equals(reports.get(0).attempts()));
      check("timers are left", time.pendingTimers() == 0);
      look(reports.get(0));
      if (!wrong.isEmpty()) {
        throw new AssertionError(wrong + "; " + scenario);
      }
      return this;
    }

    private RacePlan plan() {
      RacePlan simple =
          RacePlan.of("c", scenario.addresses(), Duration.ofNanos(scenario.timeout()));
      return new RacePlan(
          simple.cluster(),
          simple.host(),
          simple.addresses(),
          scenario.completeness(),
          simple.advice(),
          simple.retries(),
          new AttemptDelay(Duration.ofNanos(scenario.delay()), scenario.growth()),
          simple.connectTimeout(),
          simple.sockets(),
          this::handshake,
          simple.purpose(),
          simple.pupil());
    }

    private void script(Address address, Reply reply) {
      if (reply.after() == RaceScenario.NEVER) {
        network.silent(address);
      } else if (reply.failure() == null) {
        network.connects(address, Duration.ofNanos(reply.after()));
      } else {
        network.fails(address, Duration.ofNanos(reply.after()), reply.failure());
      }
    }

    private Future<?> handshake(Channel channel) {
      Reply reply = scenario.reply(Address.of(channel.remoteAddress()));
      Promise<Void> ready = channel.eventLoop().newPromise();
      if (reply.handshake() == 0 && !reply.handshakeFails()) {
        return ready.setSuccess(null);
      }
      if (reply.handshake() != RaceScenario.NEVER) {
        Loop.Timer timer =
            time.schedule(
                Duration.ofNanos(reply.handshake()),
                () -> {
                  if (reply.handshakeFails()) {
                    ready.setFailure(new IOException(RaceScenario.NO_HANDSHAKE.detail()));
                  } else {
                    ready.setSuccess(null);
                  }
                });
        channel.closeFuture().addListener(closed -> timer.cancel());
      }
      return ready;
    }

    private RaceOutcome.Receiver receiver() {
      return new RaceOutcome.Receiver() {
        @Override
        public void onOutcome(RaceOutcome told) {
          check("not within the call", !heard.isEmpty());
          outcomes.add(told);
          check("the outcome tells the race", told.attempts().equals(heard));
          check("timers are left", time.pendingTimers() == planned);
          check("sockets are left", network.open() == (told instanceof RaceOutcome.Won ? 1 : 0));
          if (told instanceof RaceOutcome.Won won) {
            check("the winner is open", won.channel().isOpen());
            check("whom", won.address().socketAddress().equals(won.channel().remoteAddress()));
            check("quiet", !won.channel().config().isAutoRead());
            outcome = won.address();
            var unused = won.channel().close();
          } else if (told instanceof RaceOutcome.Failed failed) {
            outcome = failed.failure();
          }
        }

        @Override
        public void onEvent(AttemptEvent event) {
          heard.add(event);
        }
      };
    }

    private void later(long at, Runnable task) {
      planned++;
      var unused =
          time.schedule(
              Duration.ofNanos(at),
              () -> {
                planned--;
                task.run();
              });
    }

    private void ended(RaceReport report) {
      reports.add(report);
      at = report.endedAt();
    }

    private void look(RaceReport report) {
      if (outcomes.isEmpty()) {
        outcome = "cancelled";
        check("sockets are left", network.open() == 0);
      }
      check("how it ended", report.result() == result(outcome));
      check("how long it took", report.nanos() == report.endedAt());
      check("late where nothing delays it", report.lateness() <= 0);
      check("nobody else is dialled", network.dialled().equals(started(report)));
      for (AttemptEvent event : report.attempts()) {
        if (event instanceof AttemptEvent.Started started) {
          check("in order", started.attempt() == attempts.size());
          attempts.add(
              new Ran(
                  started.attempt(),
                  started.address(),
                  started.atNanos(),
                  started.cause(),
                  -1,
                  ""));
        } else {
          Ran began = attempts.get(event.attempt());
          check("one end", began.endedAt() == -1 && began.address().equals(event.address()));
          attempts.set(
              event.attempt(),
              new Ran(
                  event.attempt(),
                  event.address(),
                  began.startedAt(),
                  began.cause(),
                  event.atNanos(),
                  end(event)));
        }
      }
    }

    private static Result result(@Nullable Object outcome) {
      if (outcome instanceof ConnectFailure failure) {
        return failure.kind() == ConnectFailure.Kind.TIMEOUT ? Result.TIMED_OUT : Result.FAILED;
      }
      return outcome instanceof Address ? Result.WON : Result.CANCELLED;
    }

    private static List<ScriptedNetwork.Dialled> started(RaceReport report) {
      return report.attempts().stream()
          .filter(AttemptEvent.Started.class::isInstance)
          .map(event -> new ScriptedNetwork.Dialled(event.address(), null, event.atNanos()))
          .toList();
    }

    private static Object end(AttemptEvent event) {
      if (event instanceof AttemptEvent.Failed failed) {
        return failed.failure();
      }
      return event instanceof AttemptEvent.Lost lost ? lost.reason() : "won";
    }

    // Not assertThat: it is asked ten times a race, and there are millions.
    // Nor thrown at once: a channel's listener, who often calls this, would swallow it.
    private void check(String what, boolean holds) {
      if (!holds) {
        wrong.add(what);
      }
    }
  }

  private static AddressList list(List<Address> addresses, Completeness completeness) {
    return new AddressList(addresses, addresses, completeness);
  }
}
