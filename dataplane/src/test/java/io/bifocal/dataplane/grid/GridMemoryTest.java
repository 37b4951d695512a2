package io.bifocal.dataplane.grid;

import static io.bifocal.dataplane.grid.GridBench.ALTERNATE;
import static io.bifocal.dataplane.grid.GridBench.H3;
import static io.bifocal.dataplane.grid.GridBench.REFUSED;
import static io.bifocal.dataplane.grid.GridBench.TCP;
import static io.bifocal.dataplane.grid.GridBench.ms;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.connect.ConnectSettings;
import io.bifocal.dataplane.grid.GridBench.Asker;
import io.bifocal.dataplane.pool.Http3Use;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which family HTTP/3 works over is learnt once, and for all workers. */
class GridMemoryTest {
  private final GridBench bench = new GridBench();

  @AfterEach
  void nothingIsLeft() {
    bench.closeAndCheckNothingIsLeft();
  }

  @Test
  void theFirstRequestPaysForADeadFamilyAndTheSecondPaysNothing() {
    bench.pools.ready(ALTERNATE, ms(20)).ready(TCP, ms(40));
    Asker first = bench.ask();
    bench.advance(320);
    assertThat(first.answeredAt).isEqualTo(320);
    Asker second = bench.ask();
    assertThat(second.served).isEqualTo(ALTERNATE);
    assertThat(second.answeredAt).isEqualTo(320);
  }

  @Test
  void anotherWorkersFirstRequestPaysARoundTripOnly() {
    bench.pools.ready(ALTERNATE, ms(20)).ready(TCP, ms(40));
    var unused = bench.ask();
    bench.advance(320);
    bench.over(bench.host); // a grid with pools of its own
    Asker other = bench.ask();
    bench.advance(100);
    assertThat(other.served).isEqualTo(ALTERNATE);
    assertThat(other.answeredAt).isEqualTo(340);
  }

  @Test
  void itIsLearntAlsoWhereTcpServed() {
    bench.pools.ready(ALTERNATE, ms(50)).ready(TCP, ms(5));
    Asker first = bench.ask();
    bench.advance(400);
    assertThat(first.served).isEqualTo(TCP);
    assertThat(bench.ask().served).isEqualTo(ALTERNATE);
  }

  @Test
  void aFailureIsLearntAsASilenceIs() {
    bench.pools.fails(H3, ms(5), REFUSED).ready(ALTERNATE, ms(20));
    var unused = bench.ask();
    bench.advance(25);
    assertThat(bench.ask().served).isEqualTo(ALTERNATE);
    assertThat(bench.asked()).containsExactly(H3 + " 0", ALTERNATE + " 5", ALTERNATE + " 25");
  }

  @Test
  void theDeadFamilyIsTriedAgainBesideARequestAndHeals() {
    bench.pools.ready(ALTERNATE, ms(20));
    var unused = bench.ask();
    bench.advance(6000);
    bench.pools.ready(H3, ms(30));
    Asker beside = bench.ask();
    assertThat(beside.served).as("it does not wait").isEqualTo(ALTERNATE);
    assertThat(bench.asked()).last().isEqualTo(H3 + " 6000");
    bench.advance(30);
    assertThat(bench.ask().served).isEqualTo(H3);
  }

  @Test
  void aHostThatChangesBesideARequestTakesNoRetryAway() {
    bench.pools.ready(ALTERNATE, ms(20));
    var unused = bench.ask();
    bench.advance(6000);
    var unusedTcp = bench.ask(Http3Use.FORBIDDEN); // silent: it waits
    bench.grid.update(bench.host);
    var unusedNext = bench.ask();
    assertThat(bench.asked()).last().isEqualTo(H3 + " 6000");
  }

  @Test
  void whatStaysDeadIsTriedLessAndLessOften() {
    bench.pools.ready(ALTERNATE, ms(20)).fails(H3, ms(1000), REFUSED);
    for (int second = 0; second < 60; second++) {
      var unused = bench.ask();
      bench.advance(1000);
    }
    assertThat(bench.asked().stream().filter(asked -> asked.startsWith(H3)).toList())
        .containsExactly(H3 + " 0", H3 + " 6000", H3 + " 17000", H3 + " 38000");
  }

  @Test
  void aConnectionThatIsThereTeachesNothing() {
    bench.pools.readyAtOnce(H3);
    assertThat(bench.ask().served).isEqualTo(H3);
    assertThat(bench.memory.size()).isZero();
  }

  @Test
  void withoutMemoryEachRequestPaysAsWithEnvoy() {
    bench.grid = bench.grid("", ConnectSettings.envoys());
    bench.pools.ready(ALTERNATE, ms(20));
    var unused = bench.ask();
    bench.advance(1000);
    Asker second = bench.ask();
    bench.advance(1000);
    assertThat(second.answeredAt).isEqualTo(1300);
  }
}
