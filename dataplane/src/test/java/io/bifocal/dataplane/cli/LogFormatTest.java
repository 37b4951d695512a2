package io.bifocal.dataplane.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bifocal.api.ConfigException;
import org.junit.jupiter.api.Test;

class LogFormatTest {
  @Test
  void envoysDefaultBecomesAPatternOfLogback() throws Exception {
    assertThat(LogFormat.toLogback("[%Y-%m-%d %T.%e][%t][%l][%n] %v", false))
        .isEqualTo(
            "[%d{yyyy}-%d{MM}-%d{dd} %d{HH:mm:ss}.%d{SSS}][%thread][%level][%logger{0}]"
                + " %msg%n%ex");
  }

  @Test
  void whatLogbackWouldReadAsItsOwnIsEscaped() throws Exception {
    assertThat(LogFormat.toLogback("(%%) %v", false)).startsWith("\\(\\%\\) %msg");
  }

  @Test
  void newlinesInAMessageCanBeEscaped() throws Exception {
    assertThat(LogFormat.toLogback("%v", true)).startsWith("%replace(%msg)");
  }

  @Test
  void aFlagWithoutCounterpartIsNamed() {
    assertThatThrownBy(() -> LogFormat.toLogback("%Q", false))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("%Q");
    assertThatThrownBy(() -> LogFormat.toLogback("%", false)).isInstanceOf(ConfigException.class);
  }
}
