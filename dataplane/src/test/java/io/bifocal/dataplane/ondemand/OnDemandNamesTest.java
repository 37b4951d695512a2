package io.bifocal.dataplane.ondemand;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.xds.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OnDemandNamesTest {
  private final VirtualTime loop = new VirtualTime();
  private final List<String> subscribed = new ArrayList<>();
  private final List<String> resumed = new ArrayList<>();
  private int overflows;
  private final OnDemandNames names = new OnDemandNames(2, this::subscribe, () -> overflows++);

  private void subscribe() {
    subscribed.add(String.join(" ", names.names()));
  }

  private Wait ask(String name) {
    Wait wait =
        Wait.begin(
            names.question(name, Duration.ofSeconds(5)), loop, loop, () -> resumed.add(name));
    loop.run();
    return wait;
  }

  private void settle(Runnable answer) {
    answer.run();
    loop.run();
  }

  @Test
  void aNameIsAskedForOnceWhoeverNeedsIt() {
    ask("a");
    ask("a");
    assertThat(subscribed).containsExactly("a");
    assertThat(names.waiting()).isEqualTo(2);

    settle(() -> names.present("a"));

    assertThat(resumed).containsExactly("a", "a");
    assertThat(names.waiting()).isZero();
    ask("a");
    assertThat(resumed).as("known: nobody waits").hasSize(3);
    assertThat(subscribed).hasSize(1);
  }

  @Test
  void whatDoesNotExistStaysSubscribedAndIsNotWaitedForAgain() {
    ask("a");
    settle(() -> names.missing("a"));
    assertThat(resumed).containsExactly("a");
    ask("a");
    assertThat(resumed).hasSize(2);
    assertThat(names.names()).containsExactly("a");
  }

  @Test
  void aRequestThatIsOverWaitsNoLonger() {
    Wait wait = ask("a");
    wait.cancel();
    loop.run();
    assertThat(names.waiting()).isZero();
    settle(() -> names.present("a"));
    assertThat(resumed).isEmpty();
  }

  @Test
  void anAnswerOnItsWayToARequestThatIsOverIsDropped() {
    Wait wait = ask("a");
    names.present("a");
    wait.cancel();
    loop.run();
    assertThat(resumed).isEmpty();
  }

  @Test
  void beyondTheLimitTheEldestThatNobodyWaitsForIsGivenUp() {
    ask("a").cancel();
    ask("b");
    loop.run();
    ask("c");
    assertThat(names.names()).containsExactly("b", "c");
    assertThat(overflows).isZero();
  }

  @Test
  void beyondTheLimitNoOneWaitsWhileAllOthersDo() {
    ask("a");
    ask("b");
    ask("c");
    assertThat(resumed).as("it goes on without").containsExactly("c");
    assertThat(names.names()).containsExactly("a", "b");
    assertThat(overflows).isEqualTo(1);

    settle(() -> names.present("a"));
    ask("c");
    assertThat(names.names()).as("what exists does not count").containsExactly("a", "b", "c");
  }

  @Test
  void whatIsForgottenIsAskedForAnew() {
    ask("a");
    settle(() -> names.present("a"));
    settle(() -> names.forget("a"));
    assertThat(names.names()).isEmpty();
    ask("a");
    assertThat(subscribed).containsExactly("a", "", "a");
    assertThat(names.waiting()).isEqualTo(1);
    ask("b");
    ask("c");
    assertThat(overflows).as("the limit has not moved").isEqualTo(1);
  }

  @Test
  void theEndLetsEverybodyGoOn() {
    ask("a");
    settle(names::close);
    assertThat(resumed).containsExactly("a");
    assertThat(loop.pendingTimers()).isZero();
  }
}
