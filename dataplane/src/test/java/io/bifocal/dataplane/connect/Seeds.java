package io.bifocal.dataplane.connect;

import java.util.concurrent.ThreadLocalRandom;

/**
 * Runs something random over many seeds: 0, 1, 2, … up to a number that takes a few seconds, or,
 * under {@code CI=true}, to one that takes a minute or two; so that every run of a commit is the
 * same. {@code -Dbifocal.seeds=random} begins somewhere else each time. A failure names its seed,
 * and {@code -Dbifocal.seed=} plays that one alone.
 *
 * @param explorer the test class, for the command that is printed
 * @param ordinary how many seeds an ordinary run plays
 * @param continuous how many a run under {@code CI=true} plays
 */
record Seeds(Class<?> explorer, int ordinary, int continuous) {
  private static final String PROPERTY = "bifocal.seed";

  /** Plays one seed. */
  @FunctionalInterface
  interface Player {
    /** Says how many races that were. */
    long play(long seed);
  }

  /** Whether one seed was asked for. */
  boolean isSingle() {
    return System.getProperty(PROPERTY) != null;
  }

  /** Plays as many seeds as are due; says on standard output how many races they were. */
  void play(Player player) {
    String only = System.getProperty(PROPERTY);
    if (only != null) {
      played(player, Long.parseLong(only));
      return;
    }
    int seeds = Boolean.parseBoolean(System.getenv("CI")) ? continuous : ordinary;
    boolean random = "random".equals(System.getProperty("bifocal.seeds"));
    long first = random ? ThreadLocalRandom.current().nextLong(1L << 52) : 0;
    long began = System.nanoTime();
    long races = 0;
    for (int i = 0; i < seeds; i++) {
      races += played(player, first + i);
    }
    double seconds = (System.nanoTime() - began) / 1e9;
    System.out.printf(
        "%s: %,d races of %,d seeds from %d in %.1f s, %,.0f races/s%n",
        explorer.getSimpleName(), races, seeds, first, seconds, races / seconds);
  }

  private long played(Player player, long seed) {
    try {
      return player.play(seed);
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(
          "seed %d; again:%nmvn -pl dataplane -am test -Dtest=%s -D%s=%d -Dsurefire.failIfNoSpecifiedTests=false%n%s"
              .formatted(seed, explorer.getSimpleName(), PROPERTY, seed, e.getMessage()),
          e);
    }
  }
}
