package io.bifocal.dataplane.init;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FirstAnswerTest {
  private final FirstAnswer answer = new FirstAnswer();
  private final List<String> told = new ArrayList<>();

  @Test
  void isWaitedForOnce() {
    answer.whenHere(
        () -> {
          told.add("one");
          answer.whenHere(() -> told.add("at once"));
        });
    answer.whenHere(() -> told.add("two"));
    assertThat(answer.isHere()).isFalse();
    assertThat(told).isEmpty();
    answer.came();
    answer.came();
    assertThat(answer.isHere()).isTrue();
    assertThat(told).containsExactly("one", "at once", "two");
  }
}
