package io.bifocal.dataplane.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.http.Deadlines.Kind;
import io.bifocal.xds.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeadlinesTest {
  private final VirtualTime time = new VirtualTime();
  private final List<String> heard = new ArrayList<>();
  private final Deadlines deadlines = new Deadlines(time).of(this::hear);

  private void hear(Kind kind) {
    heard.add(kind + " " + time.elapsed().toMillis());
  }

  private void set(Kind kind, int millis) {
    deadlines.set(kind, time.nanoTime(), Duration.ofMillis(millis).toNanos());
  }

  private void advance(int millis) {
    time.advance(Duration.ofMillis(millis));
  }

  @Test
  void eachIsToldWhenItIsDueAndOnce() {
    set(Kind.ROUTE, 200);
    set(Kind.REQUEST, 100);
    advance(1000);
    assertThat(heard).containsExactly("REQUEST 100", "ROUTE 200");
  }

  @Test
  void oneThatIsSetAnewIsDueLater() {
    set(Kind.STREAM_IDLE, 100);
    advance(90);
    set(Kind.STREAM_IDLE, 100);
    advance(99);
    assertThat(heard).isEmpty();
    advance(1);
    assertThat(heard).containsExactly("STREAM_IDLE 190");
  }

  @Test
  void movingOneOnTakesNoOtherTimer() {
    for (int i = 0; i < 50; i++) {
      set(Kind.STREAM_IDLE, 100);
      advance(1);
    }
    assertThat(time.pendingTimers()).isEqualTo(1);
  }

  @Test
  void zeroIsForEver() {
    set(Kind.ROUTE, 100);
    set(Kind.ROUTE, 0);
    advance(1000);
    assertThat(heard).isEmpty();
  }

  @Test
  void aClearedOneIsNotTold() {
    set(Kind.REQUEST, 100);
    deadlines.clear(Kind.REQUEST);
    advance(1000);
    assertThat(heard).isEmpty();
  }

  @Test
  void theNextOwnerHearsNothingOfTheLastOnes() {
    set(Kind.ROUTE, 100);
    deadlines.clear();
    Deadlines unused = deadlines.of(this::hear);
    advance(50);
    set(Kind.STREAM_IDLE, 100);
    advance(1000);
    assertThat(heard).containsExactly("STREAM_IDLE 150");
  }

  @Test
  void afterTheEndThereIsNoTimer() {
    set(Kind.ROUTE, 100);
    deadlines.close();
    assertThat(time.pendingTimers()).isZero();
  }

  @Test
  void whoIsToldMayEndThem() {
    Deadlines[] own = new Deadlines[1];
    own[0] =
        new Deadlines(time)
            .of(
                kind -> {
                  hear(kind);
                  own[0].close();
                });
    own[0].set(Kind.REQUEST, 0, 1);
    own[0].set(Kind.ROUTE, 0, 1);
    advance(1);
    assertThat(heard).hasSize(1);
    assertThat(time.pendingTimers()).isZero();
  }

  @Test
  void oneThatIsSetAfterTheEndStartsNothing() {
    deadlines.close();
    set(Kind.CONNECTION_IDLE, 100);
    assertThat(time.pendingTimers()).isZero();
  }
}
