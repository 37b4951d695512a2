package io.bifocal.dataplane.cli.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class DurationConverterTest {
  private final DurationConverter converter = new DurationConverter();

  @Test
  void aNumberHasAUnit() {
    assertThat(converter.convert("300ms")).isEqualTo(Duration.ofMillis(300));
    assertThat(converter.convert("0.3s")).isEqualTo(Duration.ofMillis(300));
    assertThat(converter.convert("0.25ms")).isEqualTo(Duration.ofNanos(250_000));
    assertThat(converter.convert("2m")).isEqualTo(Duration.ofMinutes(2));
    assertThat(converter.convert("0s")).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "5", "ms", "-1s", "1h", "1 s", "1e3ms", "1.s", "99999999999s"})
  void anythingElseIsRefusedWithAnExample(String text) {
    assertThatThrownBy(() -> converter.convert(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("300ms");
  }
}
