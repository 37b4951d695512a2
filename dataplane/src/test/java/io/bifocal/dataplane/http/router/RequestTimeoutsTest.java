package io.bifocal.dataplane.http.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.http.route.ClusterChoice;
import io.bifocal.dataplane.http.route.RouteAction;
import io.bifocal.dataplane.http.route.Timeouts;
import io.bifocal.dataplane.http.route.Timeouts.GrpcBound;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RequestTimeoutsTest {
  private final HttpHeaders headers = new DefaultHttpHeaders();

  private RequestTimeouts of(int routeMillis, @Nullable GrpcBound bound) {
    Timeouts timeouts = new Timeouts(Duration.ofMillis(routeMillis), null, null, null, bound);
    RouteAction.Forward route =
        RouteAction.Forward.of(new ClusterChoice.Named("a", null), timeouts);
    return new RequestTimeouts(route, headers, RouterSettings.DEFAULT);
  }

  private @Nullable String told() {
    return headers.get("x-envoy-expected-rq-timeout-ms");
  }

  @Test
  void theUpstreamIsToldHowLongItHas() {
    assertThat(of(1500, null).whole).isEqualTo(1500);
    assertThat(told()).isEqualTo("1500");
  }

  @Test
  void withoutALimitNothingIsTold() {
    assertThat(of(0, null).whole).isZero();
    assertThat(told()).isNull();
  }

  @Test
  void aRequestSaysHowLongItMayTakeAndItsCommandsGoNoFurther() {
    headers.add("x-envoy-upstream-rq-timeout-ms", "300");
    headers.add("x-envoy-upstream-rq-per-try-timeout-ms", "100");
    headers.add("x-envoy-upstream-rq-timeout-alt-response", "1");
    RequestTimeouts timeouts = of(1500, null);
    assertThat(timeouts.whole).isEqualTo(300);
    assertThat(timeouts.perTry).isEqualTo(100);
    assertThat(timeouts.status).isEqualTo(204);
    assertThat(headers.names()).containsExactly("x-envoy-expected-rq-timeout-ms");
    assertThat(told()).as("the try's").isEqualTo("100");
  }

  @Test
  void whatCannotBeReadChangesNothing() {
    headers.add("x-envoy-upstream-rq-timeout-ms", "soon");
    assertThat(of(1500, null).whole).isEqualTo(1500);
  }

  @Test
  void aTryMayTakeNoLongerThanTheWhole() {
    headers.add("x-envoy-upstream-rq-per-try-timeout-ms", "1500");
    assertThat(of(1500, null).perTry).as("no limit of its own").isZero();
  }

  @Test
  void aLaterTryIsToldWhatIsLeft() {
    RequestTimeouts timeouts = of(1500, null);
    timeouts.tell(headers, 400);
    assertThat(told()).isEqualTo("1100");
    timeouts.tell(headers, 1500);
    assertThat(told()).as("zero would be for ever").isEqualTo("1");
  }

  @Test
  void aCallsOwnTimeoutCountsUpToTheMost() {
    headers.add("content-type", "application/grpc");
    headers.add("grpc-timeout", "5S");
    GrpcBound bound = new GrpcBound(Duration.ofSeconds(3), Duration.ofMillis(500));
    assertThat(of(1500, bound).whole).isEqualTo(3000);
    assertThat(headers.get("grpc-timeout")).isEqualTo("3000m");
  }

  @Test
  void theOffsetIsTakenOffUnlessNothingWouldBeLeft() {
    headers.add("content-type", "application/grpc+proto");
    headers.add("grpc-timeout", "2S");
    assertThat(of(1500, new GrpcBound(Duration.ZERO, Duration.ofMillis(500))).whole)
        .isEqualTo(1500);
    headers.set("grpc-timeout", "2S");
    assertThat(of(1500, new GrpcBound(Duration.ZERO, Duration.ofSeconds(2))).whole).isEqualTo(2000);
  }

  @Test
  void whatIsNoCallHasTheRoutes() {
    headers.add("grpc-timeout", "5S");
    assertThat(of(1500, new GrpcBound(Duration.ZERO, Duration.ZERO)).whole).isEqualTo(1500);
  }

  @Test
  void theRequestMayBoundItsTries() {
    assertThat(of(0, null).stream(Duration.ofSeconds(1))).hasSeconds(1);
    headers.add("x-envoy-upstream-stream-duration-ms", "250");
    assertThat(of(0, null).stream(Duration.ofSeconds(1))).hasMillis(250);
  }
}
