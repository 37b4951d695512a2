package io.bifocal.dataplane.observe;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * Lines on their way from one worker to the writer: a ring of bytes that one thread fills and
 * another one empties, without a lock. A line that does not fit is dropped whole and counted.
 */
final class LineRing {
  /** What empties the ring. */
  @FunctionalInterface
  interface Drain {
    void write(ByteBuffer bytes);
  }

  private static final VarHandle POSITION;

  static {
    try {
      POSITION = MethodHandles.lookup().findVarHandle(Position.class, "value", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** A count that one thread moves forward and another one watches. */
  private static final class Position {
    @SuppressWarnings("UnusedVariable") // through POSITION
    private long value;

    long get() {
      return (long) POSITION.getAcquire(this);
    }

    void set(long to) {
      POSITION.setRelease(this, to);
    }
  }

  private final byte[] bytes;
  private final int mask;
  private final Position filled = new Position();
  private final Position emptied = new Position();
  private final Position lines = new Position();
  private final Position dropped = new Position();

  /**
   * Makes an empty ring.
   *
   * @param capacity in bytes, a power of two
   */
  LineRing(int capacity) {
    if (Integer.bitCount(capacity) != 1) {
      throw new IllegalArgumentException("not a power of two: " + capacity);
    }
    this.bytes = new byte[capacity];
    this.mask = capacity - 1;
  }

  /** Adds a line, as UTF-8; false if it was dropped. By the filling thread. */
  boolean offer(CharSequence line) {
    long start = filled.get();
    long limit = emptied.get() + bytes.length;
    long at = start;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (limit - at < 4) {
        dropped.set(dropped.get() + 1);
        return false;
      }
      if (c < 0x80) {
        put(at++, c);
      } else if (c < 0x800) {
        put(at++, 0xc0 | (c >> 6));
        put(at++, tail(c, 0));
      } else {
        int point = c;
        if (Character.isHighSurrogate(c)
            && i + 1 < line.length()
            && Character.isLowSurrogate(line.charAt(i + 1))) {
          point = Character.toCodePoint(c, line.charAt(++i));
        } else if (Character.isSurrogate(c)) {
          point = 0xfffd;
        }
        at = beyondTwoBytes(point, at);
      }
    }
    lines.set(lines.get() + 1);
    filled.set(at);
    return true;
  }

  private long beyondTwoBytes(int point, long from) {
    long at = from;
    if (point < 0x10000) {
      put(at++, 0xe0 | (point >> 12));
    } else {
      put(at++, 0xf0 | (point >> 18));
      put(at++, tail(point, 12));
    }
    put(at++, tail(point, 6));
    put(at++, tail(point, 0));
    return at;
  }

  private void put(long at, int octet) {
    bytes[(int) at & mask] = (byte) octet;
  }

  /** An octet that continues a character. */
  private static int tail(int point, int shift) {
    return 0x80 | ((point >> shift) & 0x3f);
  }

  /** Bytes that wait to be written. */
  int pending() {
    return (int) (filled.get() - emptied.get());
  }

  /** Lines ever added. */
  long lines() {
    return lines.get();
  }

  /** Lines ever dropped. */
  long dropped() {
    return dropped.get();
  }

  /** Hands out whole lines that wait, in at most two pieces. By the emptying thread. */
  void drain(Drain drain) {
    long end = filled.get();
    long at = emptied.get();
    while (at < end) {
      int from = (int) at & mask;
      int length = (int) Math.min(end - at, bytes.length - from);
      drain.write(ByteBuffer.wrap(bytes, from, length));
      at += length;
    }
    emptied.set(end);
  }
}
