package io.bifocal.dataplane.http.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.xds.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TryDeadlinesTest {
  private final VirtualTime time = new VirtualTime();
  private final List<String> heard = new ArrayList<>();
  private final TryDeadlines deadlines =
      new TryDeadlines(
          time,
          new TryDeadlines.Owner() {
            @Override
            public void onPerTryTimeout() {
              heard.add("try " + time.elapsed().toMillis());
            }

            @Override
            public void onPerTryIdleTimeout() {
              heard.add("idle " + time.elapsed().toMillis());
            }

            @Override
            public void onMaxDuration() {
              heard.add("duration " + time.elapsed().toMillis());
            }
          });

  private void advance(int millis) {
    time.advance(Duration.ofMillis(millis));
  }

  @Test
  void aTryThatIsNotAnsweredInTimeIsTold() {
    deadlines.startTry(100);
    advance(99);
    assertThat(heard).isEmpty();
    advance(1);
    assertThat(heard).containsExactly("try 100");
  }

  @Test
  void anAnswerThatHasBegunMayTakeItsTime() {
    deadlines.startTry(100);
    advance(99);
    deadlines.answered();
    advance(1000);
    assertThat(heard).isEmpty();
  }

  @Test
  void silenceIsCountedFromWhatCameLast() {
    deadlines.startIdle(100);
    advance(80);
    deadlines.touch();
    advance(99);
    assertThat(heard).isEmpty();
    advance(1);
    assertThat(heard).containsExactly("idle 180");
  }

  @Test
  void theWholeTryIsLimitedHoweverMuchComes() {
    deadlines.startDuration(Duration.ofMillis(100));
    advance(60);
    deadlines.touch();
    deadlines.answered();
    advance(40);
    assertThat(heard).containsExactly("duration 100");
  }

  @Test
  void whatIsNotLimitedHasNoTimer() {
    deadlines.startTry(0);
    deadlines.startIdle(0);
    deadlines.startDuration(Duration.ZERO);
    assertThat(time.pendingTimers()).isZero();
  }

  @Test
  void afterItsEndThereIsNone() {
    deadlines.startTry(100);
    deadlines.startIdle(100);
    deadlines.startDuration(Duration.ofMillis(100));
    deadlines.stop();
    assertThat(time.pendingTimers()).isZero();
    advance(1000);
    assertThat(heard).isEmpty();
  }
}
