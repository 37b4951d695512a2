package io.bifocal.dataplane.http.router;

import static io.bifocal.dataplane.http.router.RouterBench.headers;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.http.route.RetryPolicy;
import io.bifocal.dataplane.http.route.RetryPolicy.Condition;
import io.bifocal.dataplane.http.route.RetryPolicy.RateLimitedBackOff;
import io.bifocal.dataplane.http.route.RetryPolicy.ResetHeader;
import io.bifocal.dataplane.http.router.RetryState.Verdict;
import io.bifocal.dataplane.pool.CircuitBreakers;
import io.bifocal.dataplane.runtime.ScriptedRuntime;
import io.netty.util.AsciiString;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RetryStateTest {
  private final RouterBench bench = new RouterBench();
  private final CircuitBreakers breakers = new CircuitBreakers(9, 9, 9, 1);
  private final ScriptedRuntime runtime = new ScriptedRuntime();
  private final List<Duration> retried = new ArrayList<>();

  private RetryState state(RetryPolicy policy) {
    RetryConditions conditions = requireNonNull(RetryConditions.of(policy, bench.head()));
    return new RetryState(
        conditions,
        policy,
        bench.charges(),
        breakers.retries(),
        bench.time,
        runtime,
        afterTimeout -> retried.add(bench.time.elapsed()));
  }

  @Test
  void anAnswerThatIsGoodEnoughIsKept() {
    RetryState state = state(RouterBench.policy(2, Condition.FIVE_XX));
    assertThat(state.onHead(200, headers())).isEqualTo(Verdict.NO);
    assertThat(bench.time.pendingTimers()).isZero();
  }

  @Test
  void theWaitGrowsUpToItsLimitAndIsNeverLonger() {
    RetryState state = state(RouterBench.policy(6, Condition.FIVE_XX));
    for (int limit : new int[] {10, 20, 40, 40, 40, 40}) {
      Duration before = bench.time.elapsed();
      assertThat(state.onHead(503, headers())).isEqualTo(Verdict.YES);
      bench.time.advance(Duration.ofMillis(limit));
      assertThat(retried.remove(0)).isBetween(before, before.plusMillis(limit));
      assertThat(retried).isEmpty();
    }
    assertThat(state.onHead(503, headers()))
        .as("six were allowed")
        .isEqualTo(Verdict.LIMIT_EXCEEDED);
    assertThat(bench.counted("upstream_rq_retry")).isEqualTo(6);
    assertThat(bench.counted("upstream_rq_retry_limit_exceeded")).isEqualTo(1);
    assertThat(bench.counted("upstream_rq_retry_backoff_exponential")).isEqualTo(6);
  }

  @Test
  void aRetryHoldsItsPlaceUntilItIsKnownWhatBecameOfIt() {
    RetryState state = state(RouterBench.policy(2, Condition.FIVE_XX));
    assertThat(state.onHead(503, headers())).isEqualTo(Verdict.YES);
    bench.time.advance(Duration.ofSeconds(1));
    assertThat(breakers.retries().inUse()).isEqualTo(1);
    assertThat(state.onHead(200, headers())).isEqualTo(Verdict.NO);
    assertThat(breakers.retries().inUse()).isZero();
    assertThat(bench.counted("upstream_rq_retry_success")).isEqualTo(1);
  }

  @Test
  void withoutAPlaceThereIsNone() {
    assertThat(breakers.retries().tryAcquire()).isTrue();
    RetryState state = state(RouterBench.policy(2, Condition.FIVE_XX));
    assertThat(state.onHead(503, headers())).isEqualTo(Verdict.OVERFLOW);
    assertThat(bench.counted("upstream_rq_retry_overflow")).isEqualTo(1);
    assertThat(bench.time.pendingTimers()).isZero();
  }

  @Test
  void theRuntimeSaysWhereTheWaitBeginsUnlessThePolicyDoes() {
    runtime.set("upstream.base_retry_backoff_ms", "2");
    RetryState asUsual =
        new RetryState(
            requireNonNull(
                RetryConditions.of(RouterBench.policy(1, Condition.FIVE_XX), bench.head())),
            null,
            bench.charges(),
            breakers.retries(),
            bench.time,
            runtime,
            afterTimeout -> retried.add(bench.time.elapsed()));
    assertThat(asUsual.onHead(503, headers())).isEqualTo(Verdict.YES);
    bench.time.advance(Duration.ofMillis(2));
    assertThat(retried).hasSize(1);
  }

  @Test
  void theRuntimeMayTakeRetriesAway() {
    runtime.set("upstream.use_retry", "0");
    RetryState state = state(RouterBench.policy(2, Condition.FIVE_XX));
    assertThat(state.onHead(503, headers())).isEqualTo(Verdict.NO);
    assertThat(breakers.retries().inUse()).isZero();
    assertThat(bench.counted("upstream_rq_retry")).isZero();
    runtime.set("upstream.use_retry", "100");
    assertThat(state.onHead(503, headers())).isEqualTo(Verdict.YES);
  }

  @Test
  void whoGivesUpWaitsNoLonger() {
    RetryState state = state(RouterBench.policy(2, Condition.FIVE_XX));
    assertThat(state.onHead(503, headers())).isEqualTo(Verdict.YES);
    state.cancel();
    assertThat(bench.time.pendingTimers()).isZero();
    assertThat(breakers.retries().inUse()).isZero();
  }

  private static RetryPolicy rateLimited(boolean timestamp) {
    return RouterBench.policy(
        9,
        new RateLimitedBackOff(
            List.of(
                new ResetHeader(AsciiString.cached("retry-after"), false),
                new ResetHeader(AsciiString.cached("x-ratelimit-reset"), timestamp)),
            Duration.ofSeconds(60)),
        List.of(),
        0,
        Condition.FIVE_XX);
  }

  @Test
  void anAnswerSaysWhenToComeAgain() {
    RetryState state = state(rateLimited(false));
    assertThat(state.onHead(503, headers("retry-after", "2"))).isEqualTo(Verdict.YES);
    bench.time.advance(Duration.ofMillis(1999));
    assertThat(retried).as("not before").isEmpty();
    bench.time.advance(Duration.ofMillis(1001));
    assertThat(retried).as("at most half as long again").hasSize(1);
    assertThat(bench.counted("upstream_rq_retry_backoff_ratelimited")).isEqualTo(1);
    assertThat(bench.counted("upstream_rq_retry_backoff_exponential")).isZero();
  }

  @Test
  void orAtWhatTime() {
    RetryState state = state(rateLimited(true));
    long then = bench.time.wallTime().getEpochSecond() + 3;
    assertThat(state.onHead(503, headers("x-ratelimit-reset", Long.toString(then))))
        .isEqualTo(Verdict.YES);
    bench.time.advance(Duration.ofMillis(2999));
    assertThat(retried).isEmpty();
    bench.time.advance(Duration.ofMillis(1502));
    assertThat(retried).hasSize(1);
  }

  @Test
  void whatCannotBeReadOrIsTooLongIsNotWaitedFor() {
    RetryState state = state(rateLimited(false));
    for (String asked : List.of("61", "soon", "-1", "")) {
      assertThat(state.onHead(503, headers("retry-after", asked))).as(asked).isEqualTo(Verdict.YES);
      bench.time.advance(Duration.ofMillis(40));
      assertThat(retried).as(asked).hasSize(1);
      retried.clear();
    }
    assertThat(bench.counted("upstream_rq_retry_backoff_ratelimited")).isZero();
  }
}
