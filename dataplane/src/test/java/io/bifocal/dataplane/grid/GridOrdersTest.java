package io.bifocal.dataplane.grid;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.grid.GridPlan.Start;
import io.bifocal.dataplane.grid.GridRace.Timer;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.pool.PoolFailure.Reason;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Every order in which what a {@link GridRace} waits for can happen, with a caller who cancels, or
 * pools that go away, at every place in it; and after each of them what must hold. An order is
 * played from its beginning, then goes on with everything that can happen next.
 */
class GridOrdersTest {
  private static final PoolFailure FAILURE =
      new PoolFailure(Reason.REMOTE_CONNECTION_FAILURE, "refused");

  /** What can happen. */
  private enum Step {
    FALLBACK,
    STAGGER,
    READY_0,
    READY_1,
    FAIL_0,
    FAIL_1,
    TCP_READY,
    TCP_FAIL,
    CANCEL,
    TEAR_DOWN
  }

  private int orders;

  @Test
  void everyOrderOfHttp3First() {
    explore(GridCommands.plan(Start.HTTP3_FIRST, 2));
    assertThat(orders).isEqualTo(226);
  }

  @Test
  void everyOrderWithOneAddress() {
    explore(GridCommands.plan(Start.HTTP3_FIRST, 1));
    assertThat(orders).isEqualTo(21);
  }

  @Test
  void everyOrderOfBothTogether() {
    explore(GridCommands.plan(Start.TOGETHER, 2));
    assertThat(orders).isEqualTo(103);
  }

  @Test
  void everyOrderOfTcpAlone() {
    explore(GridPlan.tcp(Start.TCP_ONLY));
    explore(GridPlan.tcp(Start.TCP_AFTER_HTTP3));
    assertThat(orders).isEqualTo(8);
  }

  private void explore(GridPlan plan) {
    goOn(plan, List.of());
  }

  private void goOn(GridPlan plan, List<Step> order) {
    Played played = new Played(plan);
    order.forEach(played::step);
    Set<Step> next = played.possible();
    if (next.isEmpty()) {
      orders++;
      played.checkTheEnd(order);
      return;
    }
    for (Step step : next) {
      List<Step> longer = new ArrayList<>(order);
      longer.add(step);
      goOn(plan, longer);
    }
  }

  /** A race, and what can happen to it, as told from its commands alone. */
  private static final class Played {
    private final GridPlan plan;
    private final GridCommands commands = new GridCommands();
    private final GridRace race;
    private final Set<Timer> armed = new HashSet<>();
    private final Set<String> running = new HashSet<>();
    private final Set<String> started = new HashSet<>();
    private final Set<String> failed = new HashSet<>();
    private String outcome = "";
    private boolean tcpUp;
    private boolean http3Up;
    private boolean callerLeft;
    private int broken;
    private int over;
    private long now;

    Played(GridPlan plan) {
      this.plan = plan;
      this.race = new GridRace(plan, commands);
      race.begin(now);
      obey();
    }

    Set<Step> possible() {
      Set<Step> possible = new HashSet<>();
      if (over > 0) {
        return possible;
      }
      armed.forEach(timer -> possible.add(Step.valueOf(timer.name())));
      for (int i = 0; i < 2; i++) {
        if (running.contains("http3 " + i)) {
          possible.add(Step.valueOf("READY_" + i));
          possible.add(Step.valueOf("FAIL_" + i));
        }
      }
      if (running.contains("tcp")) {
        possible.add(Step.TCP_READY);
        possible.add(Step.TCP_FAIL);
      }
      possible.add(Step.TEAR_DOWN);
      if (outcome.isEmpty()) {
        possible.add(Step.CANCEL);
      }
      return possible;
    }

    void step(Step step) {
      now++;
      switch (step) {
        case FALLBACK, STAGGER -> {
          armed.remove(Timer.valueOf(step.name()));
          race.elapsed(now, Timer.valueOf(step.name()));
        }
        case READY_0, READY_1 -> {
          int attempt = step == Step.READY_0 ? 0 : 1;
          running.remove("http3 " + attempt);
          http3Up = true;
          race.http3Ready(now, attempt);
        }
        case FAIL_0, FAIL_1 -> {
          int attempt = step == Step.FAIL_0 ? 0 : 1;
          end("http3 " + attempt);
          race.http3Failed(now, attempt, FAILURE);
        }
        case TCP_READY -> {
          running.remove("tcp");
          tcpUp = true;
          race.tcpReady(now);
        }
        case TCP_FAIL -> {
          end("tcp");
          race.tcpFailed(now, FAILURE);
        }
        case CANCEL -> {
          callerLeft = true;
          race.cancel(now);
        }
        case TEAR_DOWN -> {
          callerLeft = true;
          race.tearDown(now, new PoolFailure(Reason.LOCAL_CONNECTION_FAILURE, "teardown"));
        }
      }
      obey();
      check("nobody waits for what is there", !(tcpUp || http3Up) || !outcome.isEmpty());
      check(
          "the caller waits only for what runs",
          !outcome.isEmpty() || over > 0 || !running.isEmpty());
    }

    private void end(String attempt) {
      running.remove(attempt);
      failed.add(attempt);
    }

    private void obey() {
      for (String command : commands.taken()) {
        check("nothing after the end: " + command, over == 0);
        if (command.startsWith("http3") || command.equals("tcp")) {
          check("each is tried once: " + command, started.add(command));
          check("no attempt for whom HTTP/3 serves", !http3Up);
          check("TCP is never begun for one who is served", !command.equals("tcp") || !tcpUp);
          running.add(command);
        } else if (command.startsWith("cancel ")) {
          check("what is cancelled ran", running.remove(command.substring(7)));
        } else if (command.startsWith("arm ")) {
          check("armed once", armed.add(Timer.valueOf(command.split(" ")[1])));
        } else if (command.startsWith("disarm ")) {
          check("was armed", armed.remove(Timer.valueOf(command.split(" ")[1])));
        } else if (command.startsWith("serve ") || command.startsWith("fail ")) {
          check("one outcome", outcome.isEmpty());
          outcome = command;
        } else if (command.equals("broken")) {
          broken++;
        } else if (command.equals("over")) {
          over++;
        }
      }
    }

    void checkTheEnd(List<Step> order) {
      check("over once " + order, over == 1);
      check("nothing runs " + order, running.isEmpty());
      check("no timer is left " + order, armed.isEmpty());
      boolean allHttp3Failed =
          !plan.http3().isEmpty()
              && plan.http3().size()
                  == failed.stream().filter(one -> one.startsWith("http3")).count();
      boolean breaks = allHttp3Failed || plan.start() == Start.TCP_AFTER_HTTP3;
      check(
          "broken only, and then once, if TCP was up and all HTTP/3 failed " + order,
          broken == (tcpUp && breaks ? 1 : 0));
      if (outcome.startsWith("serve http3")) {
        check("HTTP/3 was up " + order, http3Up);
      } else if (outcome.equals("serve tcp")) {
        check("TCP was up " + order, tcpUp);
      } else if (outcome.startsWith("fail") && !callerLeft) {
        check(
            "a failure is everybody's " + order,
            failed.contains("tcp") && (plan.http3().isEmpty() || allHttp3Failed));
      } else {
        check("no outcome only for one who left " + order, callerLeft);
      }
    }

    private static void check(String what, boolean holds) {
      if (!holds) {
        throw new AssertionError(what);
      }
    }
  }
}
