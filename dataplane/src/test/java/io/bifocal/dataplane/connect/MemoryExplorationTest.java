package io.bifocal.dataplane.connect;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.EnumMultiset;
import com.google.common.collect.Multiset;
import io.bifocal.dataplane.connect.MemoryChecks.Check;
import org.junit.jupiter.api.Test;

/** Random sequences of races that share a memory, over networks that change. */
class MemoryExplorationTest {
  private static final Seeds SEEDS = new Seeds(MemoryExplorationTest.class, 1_000, 12_000);

  @Test
  void nothingAUserReliesOnIsEverBroken() {
    Multiset<Check> tally = EnumMultiset.create(Check.class);
    SEEDS.play(seed -> new MemoryLife(seed, tally).live());
    if (!SEEDS.isSingle()) {
      assertThat(tally.elementSet())
          .as("each applies now and then")
          .containsExactly(Check.values());
      System.out.println(tally);
    }
  }
}
