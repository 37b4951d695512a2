package io.bifocal.dataplane.http.router;

import static io.bifocal.dataplane.http.router.RouterBench.headers;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.http.route.RetryPolicy.Condition;
import io.bifocal.dataplane.http.router.LostTry.Loss;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RetryConditionsTest {
  private final RouterBench bench = new RouterBench();

  private RetryConditions on(Condition... conditions) {
    return requireNonNull(RetryConditions.of(RouterBench.policy(1, conditions), bench.head()));
  }

  private @Nullable RetryConditions asked(String... headers) {
    bench.request.add(headers(headers));
    return RetryConditions.of(null, bench.head());
  }

  @Test
  void nothingIsTriedAgainUnlessSomebodyAsks() {
    assertThat(RetryConditions.of(null, bench.head())).isNull();
    assertThat(RetryConditions.of(RouterBench.policy(1), bench.head())).isNull();
  }

  @Test
  void statusesByTheirKinds() {
    assertThat(on(Condition.FIVE_XX).onHead(500, headers())).isTrue();
    assertThat(on(Condition.FIVE_XX).onHead(600, headers())).isFalse();
    assertThat(on(Condition.GATEWAY_ERROR).onHead(500, headers())).isFalse();
    assertThat(on(Condition.GATEWAY_ERROR).onHead(504, headers())).isTrue();
    assertThat(on(Condition.RETRIABLE_4XX).onHead(409, headers())).isTrue();
    assertThat(on(Condition.RETRIABLE_4XX).onHead(404, headers())).isFalse();
    assertThat(on(Condition.RETRIABLE_STATUS_CODES).onHead(418, headers())).isTrue();
    assertThat(on(Condition.FIVE_XX).onHead(418, headers())).isFalse();
  }

  @Test
  void whatIsLimitedIsAskedAgainOnlyWhereThatIsWanted() {
    assertThat(on(Condition.FIVE_XX).onHead(503, headers("x-envoy-ratelimited", "true"))).isFalse();
    assertThat(on(Condition.ENVOY_RATE_LIMITED).onHead(429, headers("x-envoy-ratelimited", "true")))
        .isTrue();
  }

  @Test
  void callsByTheirStatus() {
    assertThat(on(Condition.UNAVAILABLE).onHead(200, headers("grpc-status", "14"))).isTrue();
    assertThat(on(Condition.UNAVAILABLE).onHead(200, headers("grpc-status", "13"))).isFalse();
    assertThat(on(Condition.CANCELLED).onHead(200, headers())).isFalse();
  }

  @Test
  void lossesByWhetherAnythingWasSent() {
    assertThat(on(Condition.RESET).onLoss(Loss.OTHER, true)).isTrue();
    assertThat(on(Condition.RESET_BEFORE_REQUEST).onLoss(Loss.OTHER, true)).isFalse();
    assertThat(on(Condition.RESET_BEFORE_REQUEST).onLoss(Loss.OTHER, false)).isTrue();
    assertThat(on(Condition.CONNECT_FAILURE).onLoss(Loss.CONNECT_FAILURE, false)).isTrue();
    assertThat(on(Condition.CONNECT_FAILURE).onLoss(Loss.OTHER, true)).isFalse();
    assertThat(on(Condition.REFUSED_STREAM).onLoss(Loss.REFUSED_STREAM, true)).isTrue();
  }

  @Test
  void whatThereWasNoRoomForIsNotTriedAgain() {
    assertThat(on(Condition.FIVE_XX, Condition.RESET).onLoss(Loss.OVERFLOW, false)).isFalse();
  }

  @Test
  void aRequestAsksForItselfAndItsCommandsGoNoFurther() {
    RetryConditions conditions =
        asked(
            "x-envoy-retry-on", "retriable-status-codes, gateway-error",
            "x-envoy-max-retries", "7",
            "x-envoy-retriable-status-codes", "417,none",
            "x-kept", "1");
    assertThat(requireNonNull(conditions).retries()).isEqualTo(7);
    assertThat(conditions.onHead(417, headers())).isTrue();
    assertThat(conditions.onHead(502, headers())).isTrue();
    assertThat(conditions.onHead(500, headers())).isFalse();
    assertThat(bench.request.names()).containsExactly("x-kept");
  }

  @Test
  void wordsThatNobodyKnowsAskForNothing() {
    assertThat(requireNonNull(asked("x-envoy-retry-on", "nonsense")).onHead(503, headers()))
        .isFalse();
  }
}
