package io.bifocal.dataplane.hash;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The 64-bit xxHash. Envoy shows the versions of resources by it, so that a dashboard can compare
 * the versions of many proxies as numbers, and chooses hosts by it.
 *
 * <p>Source: the xxHash specification 0.2, "XXH64 Algorithm Description".
 */
public final class XxHash64 {
  private static final long PRIME_1 = 0x9E3779B185EBCA87L;
  private static final long PRIME_2 = 0xC2B2AE3D27D4EB4FL;
  private static final long PRIME_3 = 0x165667B19E3779F9L;
  private static final long PRIME_4 = 0x85EBCA77C2B2AE63L;
  private static final long PRIME_5 = 0x27D4EB2F165667C5L;
  private static final long PRIME_1_PLUS_2 = 0x60EA27EEADC0B5D6L; // modulo 2^64
  private static final int STRIPE = 32;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private XxHash64() {}

  /** The hash with seed 0, to be read as an unsigned number. */
  public static long hash(byte[] input) {
    return hash(input, 0);
  }

  /** The hash of a text of which each character is a byte. */
  public static long hash(String input) {
    return hash(input.getBytes(StandardCharsets.ISO_8859_1), 0);
  }

  /** The hash, to be read as an unsigned number. */
  public static long hash(byte[] input, long seed) {
    int at = 0;
    long hash;
    if (input.length < STRIPE) {
      hash = seed + PRIME_5;
    } else {
      long[] lanes = {seed + PRIME_1_PLUS_2, seed + PRIME_2, seed, seed - PRIME_1};
      for (; at + STRIPE <= input.length; at += STRIPE) {
        for (int lane = 0; lane < lanes.length; lane++) {
          lanes[lane] = round(lanes[lane], (long) LONGS.get(input, at + Long.BYTES * lane));
        }
      }
      hash =
          Long.rotateLeft(lanes[0], 1)
              + Long.rotateLeft(lanes[1], 7)
              + Long.rotateLeft(lanes[2], 12)
              + Long.rotateLeft(lanes[3], 18);
      for (long lane : lanes) {
        hash = (hash ^ round(0, lane)) * PRIME_1 + PRIME_4;
      }
    }
    hash += input.length;
    for (; at + Long.BYTES <= input.length; at += Long.BYTES) {
      hash ^= round(0, (long) LONGS.get(input, at));
      hash = Long.rotateLeft(hash, 27) * PRIME_1 + PRIME_4;
    }
    if (at + Integer.BYTES <= input.length) {
      hash ^= Integer.toUnsignedLong((int) INTS.get(input, at)) * PRIME_1;
      hash = Long.rotateLeft(hash, 23) * PRIME_2 + PRIME_3;
      at += Integer.BYTES;
    }
    for (; at < input.length; at++) {
      hash ^= Byte.toUnsignedLong(input[at]) * PRIME_5;
      hash = Long.rotateLeft(hash, 11) * PRIME_1;
    }
    hash = (hash ^ (hash >>> 33)) * PRIME_2;
    hash = (hash ^ (hash >>> 29)) * PRIME_3;
    return hash ^ (hash >>> 32);
  }

  private static long round(long lane, long input) {
    return Long.rotateLeft(lane + input * PRIME_2, 31) * PRIME_1;
  }
}
