package io.bifocal.dataplane.transport.quic;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.transport.QuicOptions.KeepAlive;
import io.bifocal.xds.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When a peer is asked whether it lives, and when it is taken for dead. */
class PeerWatchTest implements PeerWatch.Line {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final VirtualTime time = new VirtualTime();
  private final List<String> seen = new ArrayList<>();
  private boolean waiting;

  @Override
  public boolean isWaiting() {
    return waiting;
  }

  @Override
  public void ping() {
    seen.add("ping at " + seconds());
  }

  @Override
  public void onSilence() {
    seen.add("dead at " + seconds());
  }

  private long seconds() {
    return Duration.ofNanos(time.nanoTime()).toSeconds();
  }

  private PeerWatch watch(KeepAlive keepAlive) {
    PeerWatch watch = new PeerWatch(keepAlive);
    watch.start(time, this);
    return watch;
  }

  private PeerWatch watch() {
    return watch(KeepAlive.DEFAULT);
  }

  @Test
  void whoAcknowledgesNoRequestIsDead() {
    PeerWatch watch = watch();
    waiting = true;
    watch.asked();
    time.advance(Duration.ofMinutes(10));
    assertThat(seen).containsExactly("dead at 5");
  }

  @Test
  void soIsWhoAcknowledgesNoneOfTheNextOnes() {
    PeerWatch watch = watch();
    waiting = true;
    watch.asked();
    watch.heard();
    time.advance(SECOND.multipliedBy(3));
    watch.asked();
    time.advance(SECOND.multipliedBy(2));
    watch.asked();
    time.advance(Duration.ofMinutes(10));
    assertThat(seen).containsExactly("dead at 8");
  }

  @Test
  void whoSaysAnythingLives() {
    PeerWatch watch = watch();
    waiting = true;
    for (int i = 0; i < 100; i++) {
      watch.asked();
      time.advance(Duration.ofMillis(3900));
      watch.heard();
    }
    assertThat(seen).isEmpty();
  }

  @Test
  void whoIsWaitedForIsAskedAgain() {
    PeerWatch watch = watch();
    waiting = true;
    watch.asked();
    watch.heard();
    time.advance(Duration.ofSeconds(17));
    assertThat(seen).containsExactly("ping at 16");
    watch.heard();
    time.advance(Duration.ofMinutes(1));
    assertThat(seen).containsExactly("ping at 16", "ping at 33", "dead at 38");
  }

  @Test
  void oftenerAtTheBeginningWhereThatIsWanted() {
    PeerWatch watch = watch(new KeepAlive(Duration.ofSeconds(2), Duration.ofSeconds(7)));
    waiting = true;
    watch.asked();
    watch.heard();
    for (int pings = 0; seconds() < 40; ) {
      time.advance(SECOND.dividedBy(2));
      if (seen.size() > pings) {
        pings = seen.size();
        watch.heard();
      }
    }
    // Within a second after a ping nobody looks.
    assertThat(seen)
        .containsExactly(
            "ping at 3", "ping at 8", "ping at 16", "ping at 24", "ping at 32", "ping at 40");
  }

  @Test
  void whomNobodyWaitsForIsLeftInPeace() {
    PeerWatch watch = watch();
    watch.asked();
    watch.heard();
    time.advance(Duration.ofHours(1));
    assertThat(seen).isEmpty();
  }

  @Test
  void norIsAnybodyAskedWhereThatIsOff() {
    PeerWatch watch = watch(new KeepAlive(Duration.ZERO, Duration.ZERO));
    waiting = true;
    watch.asked();
    watch.heard();
    time.advance(Duration.ofHours(1));
    assertThat(seen).isEmpty();
    watch.asked();
    time.advance(Duration.ofHours(1));
    assertThat(seen).singleElement().asString().startsWith("dead");
  }

  @Test
  void whereADatagramFoundNobodyThePeerHasALittleTime() {
    PeerWatch watch = watch();
    watch.refused();
    assertThat(seen).containsExactly("ping at 0");
    time.advance(Duration.ofSeconds(10));
    assertThat(seen).containsExactly("ping at 0", "dead at 2");
  }

  @Test
  void whoAnswersTheQuestionLives() {
    PeerWatch watch = watch();
    watch.refused();
    watch.heard();
    time.advance(Duration.ofHours(1));
    assertThat(seen).containsExactly("ping at 0");
  }

  @Test
  void aClosedConnectionIsNotWatched() {
    PeerWatch watch = watch();
    waiting = true;
    watch.asked();
    watch.stop();
    watch.asked();
    watch.refused();
    time.advance(Duration.ofHours(1));
    assertThat(seen).isEmpty();
  }
}
