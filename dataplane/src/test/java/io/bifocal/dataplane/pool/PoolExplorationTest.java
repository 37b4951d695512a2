package io.bifocal.dataplane.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.connect.ConnectFailure;
import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.host.Address;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Thousands of random lives of a pool: whoever asks hears one answer, no connection has two users,
 * limits hold, and in the end nothing is left: no socket, no timer, no place taken. A failure names
 * the seed that repeats it.
 */
class PoolExplorationTest {
  private static final int LIVES = 600;
  private static final int STEPS = 60;

  @ParameterizedTest(name = "tcp: {0}")
  @ValueSource(booleans = {false, true})
  void noOrderOfEventsBreaksAPool(boolean tcp) {
    int served = 0;
    int failed = 0;
    for (int seed = 0; seed < LIVES; seed++) {
      Life life = new Life(seed, tcp);
      try {
        life.live();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
      served += life.served;
      failed += life.failed;
    }
    assertThat(served).isGreaterThan(LIVES);
    assertThat(failed).isGreaterThan(LIVES);
  }

  private static final class Life {
    private final Random random;
    private final PoolBench bench;
    private final CircuitBreakers breakers;
    private final List<PoolBench.Asker> askers = new ArrayList<>();
    private final Set<UpstreamConnection> lent = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<PoolBench.Asker> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    private boolean draining;
    int served;
    int failed;

    Life(int seed, boolean tcp) {
      random = new Random(seed);
      bench = tcp ? PoolBench.tcp() : new PoolBench(CircuitBreakers.defaults());
      breakers =
          new CircuitBreakers(
              1 + random.nextInt(4), 1 + random.nextInt(6), 1 + random.nextInt(4), 3);
      bench.maxRequests(random.nextInt(3));
      bench.breakers(breakers);
    }

    void live() {
      for (int i = 0; i < STEPS; i++) {
        step();
        look();
      }
      bench.pool.drain();
      bench.time.advance(PoolBench.CONNECT_TIMEOUT);
      look();
      new ArrayList<>(lent).forEach(this::giveBack);
      // Whoever still waits is served by what is freed, or fails, within a few races' time.
      for (int i = 0; i < 50; i++) {
        bench.time.advance(PoolBench.CONNECT_TIMEOUT);
        look();
        new ArrayList<>(lent).forEach(this::giveBack);
      }
      look();
      assertThat(askers).as("everybody has heard").allMatch(seen::contains);
      assertThat(bench.pool.size()).as("a drained pool").isZero();
      bench.closeAndCheckNothingIsLeft();
      assertThat(bench.counter("upstream_cx_destroy"))
          .isEqualTo(
              bench.counter("upstream_cx_destroy_local")
                  + bench.counter("upstream_cx_destroy_remote"));
    }

    private void step() {
      switch (random.nextInt(10)) {
        case 0, 1, 2 -> askers.add(bench.ask());
        case 3 -> script(bench.first);
        case 4 -> script(bench.second);
        case 5 -> bench.time.advance(Duration.ofMillis(random.nextInt(700)));
        case 6 -> bench.time.run();
        case 7 -> {
          if (!askers.isEmpty()) {
            PoolBench.Asker any = askers.get(random.nextInt(askers.size()));
            any.ticket.cancel();
            if (any.connection == null && any.failure == null) {
              seen.add(any);
            }
          }
        }
        case 8 -> lent.stream().findAny().ifPresent(this::giveBack);
        default -> {
          if (random.nextInt(20) == 0) {
            draining = true;
            bench.pool.drain();
          } else if (random.nextInt(4) == 0) {
            bench.time.advance(PoolBench.IDLE_TIMEOUT.dividedBy(2));
          } else {
            lent.stream().findAny().ifPresent(bench::closeByPeer);
          }
        }
      }
    }

    private void script(Address address) {
      Duration after = Duration.ofMillis(random.nextInt(500));
      switch (random.nextInt(4)) {
        case 0 -> bench.network.refuses(address, after);
        case 1 -> bench.network.fails(address, after, new ConnectFailure(Kind.LOCAL, "no socket"));
        case 2 -> bench.network.silent(address);
        default -> bench.network.connects(address, after);
      }
    }

    private void giveBack(UpstreamConnection connection) {
      lent.remove(connection);
      switch (random.nextInt(4)) {
        case 0 -> connection.discard();
        case 1 -> connection.retire();
        default -> connection.release();
      }
    }

    private void look() {
      for (PoolBench.Asker asker : askers) {
        if (asker.failure != null && seen.add(asker)) {
          failed++;
        }
        if (asker.connection != null && seen.add(asker)) {
          served++;
          assertThat(lent.add(asker.connection)).as("one user at a time").isTrue();
        }
      }
      assertThat(breakers.pendingRequests().inUse())
          .isEqualTo((int) bench.gauge("upstream_rq_pending_active"))
          .isBetween(0, breakers.pendingRequests().max());
      assertThat(breakers.connections().inUse())
          .isEqualTo(bench.pool.size())
          .isEqualTo((int) bench.gauge("upstream_cx_active"))
          .isBetween(0, breakers.connections().max());
      assertThat(breakers.requests().inUse())
          .isEqualTo((int) bench.gauge("upstream_rq_active"))
          .isEqualTo(bench.host.stats().rqActive().value())
          .isBetween(0, breakers.requests().max());
      if (draining && lent.isEmpty() && breakers.pendingRequests().inUse() == 0) {
        assertThat(bench.pool.size()).as("a draining pool keeps nothing").isZero();
      }
    }
  }
}
