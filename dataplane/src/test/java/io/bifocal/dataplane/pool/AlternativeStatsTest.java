package io.bifocal.dataplane.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;
import org.junit.jupiter.api.Test;

/** The names that requests bring for statistics of their own. */
class AlternativeStatsTest {
  private final Scope cluster = new StatsStore(1).root().scope("cluster");
  private final UpstreamStats stats = new UpstreamStats(cluster, 0);

  private long overflown() {
    return cluster.counter("upstream_alt_stat_overflow").value();
  }

  @Test
  void aNameIsKeptAndCountsWhatItWasGiven() {
    CodeStats first = stats.alternative("a");
    assertThat(first).isNotNull().isSameAs(stats.alternative("a"));
    assertThat(stats.alternative("b")).isNotSameAs(first);
    assertThat(overflown()).isZero();
  }

  @Test
  void aHundredNamesAreKeptAndEachRequestWithAnotherOneIsCounted() {
    for (int i = 0; i < 100; i++) {
      assertThat(stats.alternative("name" + i)).as("name " + i).isNotNull();
    }
    assertThat(overflown()).isZero();
    assertThat(stats.alternative("one too many")).isNull();
    assertThat(stats.alternative("one too many")).isNull();
    assertThat(overflown()).isEqualTo(2);
    assertThat(stats.alternative("name0")).as("those that are known stay").isNotNull();
    assertThat(overflown()).isEqualTo(2);
  }
}
