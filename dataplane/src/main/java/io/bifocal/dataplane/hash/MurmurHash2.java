package io.bifocal.dataplane.hash;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The 64-bit MurmurHash2, with the seed of the GNU C++ library. Source: Austin Appleby's public
 * domain description, MurmurHash64A.
 */
public final class MurmurHash2 {
  private static final long SEED = 0xC70F6907L;
  private static final long FACTOR = 0xC6A4A7935BD1E995L;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private MurmurHash2() {}

  /** The hash, to be read as an unsigned number. */
  public static long hash(byte[] input) {
    long hash = SEED ^ (input.length * FACTOR);
    int whole = input.length & ~7;
    for (int i = 0; i < whole; i += Long.BYTES) {
      long part = (long) LONGS.get(input, i) * FACTOR;
      hash = (hash ^ (mixed(part) * FACTOR)) * FACTOR;
    }
    if (whole < input.length) {
      long rest = 0;
      for (int i = input.length - 1; i >= whole; i--) {
        rest = rest << 8 | Byte.toUnsignedLong(input[i]);
      }
      hash = (hash ^ rest) * FACTOR;
    }
    return mixed(mixed(hash) * FACTOR);
  }

  private static long mixed(long value) {
    return value ^ (value >>> 47);
  }
}
