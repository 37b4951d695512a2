package io.bifocal.api.constraint;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GoTextTest {
  @ParameterizedTest
  @CsvSource({
    "0,0,0s",
    "0,999,999ns",
    "0,2500,2.5µs",
    "0,1000000,1ms",
    "0,250500000,250.5ms",
    "1,500000000,1.5s",
    "60,0,1m0s",
    "61,10000000,1m1.01s",
    "5400,0,1h30m0s",
    "9000000000,0,2500000h0m0s"
  })
  void durationsAreWrittenWithUnits(long seconds, int nanos, String text) {
    assertThat(GoText.of(Duration.newBuilder().setSeconds(seconds).setNanos(nanos).build()))
        .isEqualTo(text);
  }

  @Test
  void numbersHaveNoNeedlessZeros() {
    assertThat(GoText.list(List.of(1.0, 0.5, 100.0f, 7))).isEqualTo("[1 0.5 100 7]");
  }

  @Test
  void stringsAreQuotedWithEscapes() {
    assertThat(GoText.quoted("a\"\\\n\u0001\u007fé")).isEqualTo("\"a\\\"\\\\\\n\\x01\\x7fé\"");
  }
}
