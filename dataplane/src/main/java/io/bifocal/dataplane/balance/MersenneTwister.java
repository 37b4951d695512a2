package io.bifocal.dataplane.balance;

/**
 * MT19937, by which Envoy shuffles hosts for a hash. Source: Matsumoto and Nishimura, "Mersenne
 * Twister: A 623-dimensionally equidistributed uniform pseudorandom number generator".
 */
final class MersenneTwister {
  private static final int SIZE = 624;
  private static final int PERIOD = 397;

  private final int[] state = new int[SIZE];
  private int next = SIZE;

  MersenneTwister(int seed) {
    state[0] = seed;
    for (int i = 1; i < SIZE; i++) {
      state[i] = 1812433253 * (state[i - 1] ^ (state[i - 1] >>> 30)) + i;
    }
  }

  /** 32 bits, as an unsigned number. */
  long next() {
    if (next == SIZE) {
      twist();
    }
    int y = state[next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9D2C5680;
    y ^= (y << 15) & 0xEFC60000;
    y ^= y >>> 18;
    return Integer.toUnsignedLong(y);
  }

  /** A number from 0 to below {@code bound}, each as likely. */
  int below(int bound) {
    long each = (1L << 32) / bound;
    long number = bound;
    while (number >= bound) {
      number = next() / each;
    }
    return (int) number;
  }

  private void twist() {
    for (int i = 0; i < SIZE; i++) {
      int y = (state[i] & 0x80000000) | (state[(i + 1) % SIZE] & 0x7FFFFFFF);
      state[i] = state[(i + PERIOD) % SIZE] ^ (y >>> 1) ^ ((y & 1) == 0 ? 0 : 0x9908B0DF);
    }
    next = 0;
  }
}
