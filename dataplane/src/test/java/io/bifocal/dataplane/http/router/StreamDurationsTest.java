package io.bifocal.dataplane.http.router;

import static io.bifocal.dataplane.http.router.RouterBench.headers;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.http.route.Timeouts;
import io.bifocal.dataplane.http.route.Timeouts.GrpcBound;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StreamDurationsTest {
  private static final long MANAGERS = Duration.ofSeconds(9).toNanos();

  private static Duration of(
      @Nullable Duration stream, @Nullable GrpcBound bound, String... headers) {
    Timeouts timeouts = new Timeouts(Duration.ZERO, null, stream, bound, null);
    return Duration.ofNanos(StreamDurations.of(timeouts, headers(headers), MANAGERS));
  }

  private static GrpcBound bound(int most, int offset) {
    return new GrpcBound(Duration.ofSeconds(most), Duration.ofSeconds(offset));
  }

  @Test
  void theRoutesCountsBeforeTheManagers() {
    assertThat(of(null, null)).isEqualTo(Duration.ofSeconds(9));
    assertThat(of(Duration.ofSeconds(2), null)).isEqualTo(Duration.ofSeconds(2));
    assertThat(of(Duration.ZERO, null)).as("for ever").isZero();
  }

  @Test
  void aCallAsksForItsOwn() {
    assertThat(of(null, bound(0, 0), "grpc-timeout", "3S")).isEqualTo(Duration.ofSeconds(3));
    assertThat(of(null, null, "grpc-timeout", "3S")).as("where it may").hasSeconds(9);
  }

  @Test
  void upToTheMostAndLessTheOffset() {
    assertThat(of(null, bound(5, 0), "grpc-timeout", "1M")).isEqualTo(Duration.ofSeconds(5));
    assertThat(of(null, bound(0, 1), "grpc-timeout", "3S")).isEqualTo(Duration.ofSeconds(2));
    assertThat(of(null, bound(0, 4), "grpc-timeout", "3S"))
        .as("nothing is left: at once")
        .isEqualTo(Duration.ofNanos(1));
    assertThat(of(null, bound(5, 0), "grpc-timeout", "0S")).isEqualTo(Duration.ofNanos(1));
  }

  @Test
  void theUpstreamOfACallIsToldOfIt() {
    assertThat(told(null, bound(5, 1), "1M")).isEqualTo("4000m");
    assertThat(told(Duration.ofSeconds(2), null, "1M")).isEqualTo("2000m");
    assertThat(told(Duration.ZERO, bound(5, 0), "soon")).as("for ever").isEqualTo("soon");
    assertThat(told(null, null, "1M")).isEqualTo("1M");
  }

  private static @Nullable String told(
      @Nullable Duration stream, @Nullable GrpcBound bound, String asked) {
    HttpHeaders headers = headers("content-type", "application/grpc", "grpc-timeout", asked);
    var unused =
        StreamDurations.of(
            new Timeouts(Duration.ZERO, null, stream, bound, null), headers, MANAGERS);
    return headers.get("grpc-timeout");
  }

  @Test
  void whatCannotBeReadAsksForNothing() {
    for (String asked : new String[] {"", "S", "3", "3x", "-3S", "123456789S"}) {
      assertThat(of(null, bound(5, 0), "grpc-timeout", asked)).as(asked).hasSeconds(9);
    }
  }
}
