package io.bifocal.dataplane.grid;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.grid.Http3Status.Broken;
import io.bifocal.dataplane.grid.Http3Status.Confirmed;
import io.bifocal.dataplane.grid.Http3Status.FailedRecently;
import io.bifocal.dataplane.grid.Http3Status.Pending;
import io.bifocal.xds.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The states of HTTP/3 towards an origin, in virtual time. */
class Http3StatusTrackerTest {
  private final VirtualTime time = new VirtualTime();
  private final Http3StatusTracker tracker = new Http3StatusTracker();

  @Test
  void nothingIsKnownAtFirst() {
    assertThat(status()).isEqualTo(new Pending());
  }

  @Test
  void itIsBrokenForASecondAndHasThenFailedRecently() {
    tracker.markBroken(time.nanoTime());
    time.advance(Duration.ofMillis(999));
    assertThat(status()).isInstanceOf(Broken.class);
    time.advance(Duration.ofMillis(1));
    assertThat(status()).isEqualTo(new FailedRecently(1));
  }

  @Test
  void eachBreakIsTwiceAsLongUpToThirtySixHours() {
    List<Long> seconds = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      tracker.markBroken(time.nanoTime());
      Broken broken = (Broken) status();
      Duration left = Duration.ofNanos(broken.until() - time.nanoTime());
      seconds.add(left.toSeconds());
      time.advance(left);
    }
    assertThat(seconds.subList(0, 6)).containsExactly(1L, 2L, 4L, 8L, 16L, 32L);
    assertThat(seconds.subList(16, 20)).containsExactly(65536L, 131072L, 131072L, 131072L);
  }

  @Test
  void aBreakWithinABreakProlongsNothing() {
    tracker.markBroken(time.nanoTime());
    time.advance(Duration.ofMillis(600));
    tracker.markBroken(time.nanoTime());
    time.advance(Duration.ofMillis(400));
    assertThat(status()).isEqualTo(new FailedRecently(1));
  }

  @Test
  void aHandshakeMakesTheNextBreakTheFirstAgain() {
    for (int i = 0; i < 3; i++) {
      tracker.markBroken(time.nanoTime());
      time.advance(Duration.ofSeconds(10));
    }
    tracker.markConfirmed();
    assertThat(status()).isEqualTo(new Confirmed());
    tracker.markBroken(time.nanoTime());
    time.advance(Duration.ofSeconds(1));
    assertThat(status()).isEqualTo(new FailedRecently(1));
  }

  @Test
  void aHandshakeEndsABreakAtOnce() {
    tracker.markBroken(time.nanoTime());
    tracker.markConfirmed();
    assertThat(status()).isEqualTo(new Confirmed());
  }

  @Test
  void refusedEarlyDataIsARecentFailureThatCountsAsNoBreak() {
    tracker.markConfirmed();
    tracker.markFailedRecently();
    assertThat(status()).isEqualTo(new FailedRecently(0));
    tracker.markBroken(time.nanoTime());
    time.advance(Duration.ofSeconds(1));
    assertThat(status()).isEqualTo(new FailedRecently(1));
  }

  private Http3Status status() {
    return tracker.at(time.nanoTime());
  }
}
