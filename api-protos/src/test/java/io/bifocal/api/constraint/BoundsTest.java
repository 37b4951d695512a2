package io.bifocal.api.constraint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Comparator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BoundsTest {
  private static ValueCheck bounds(
      @Nullable Integer gt, @Nullable Integer gte, @Nullable Integer lt, @Nullable Integer lte) {
    return new Bounds<>(gt, gte, lt, lte, Comparator.<Integer>naturalOrder()).check();
  }

  @Test
  void aLowerBoundBelowTheUpperMeansInside() {
    ValueCheck check = bounds(1, null, null, 3);
    assertThat(check.wrong(2)).isNull();
    assertThat(check.wrong(3)).isNull();
    assertThat(check.wrong(1)).isEqualTo("value must be inside range (1, 3]");
    assertThat(check.wrong(4)).isEqualTo("value must be inside range (1, 3]");
  }

  @Test
  void aLowerBoundAboveTheUpperMeansOutside() {
    ValueCheck check = bounds(null, 3, 1, null);
    assertThat(check.wrong(0)).isNull();
    assertThat(check.wrong(3)).isNull();
    assertThat(check.wrong(1)).isEqualTo("value must be outside range [1, 3)");
    assertThat(check.wrong(2)).isEqualTo("value must be outside range [1, 3)");
  }

  @Test
  void oneBoundStandsAlone() {
    assertThat(bounds(null, null, 3, null).wrong(3)).isEqualTo("value must be less than 3");
    assertThat(bounds(null, null, 3, null).wrong(2)).isNull();
    assertThat(bounds(null, null, null, null)).isSameAs(ValueCheck.NONE);
  }
}
