package io.bifocal.conformance.stress;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;

/**
 * What follows from a request's number: how long its bodies are, and each of their bytes. So both
 * ends know what must arrive without having met.
 */
final class Numbered {
  private static final int LARGEST_ANSWER = 40_000;
  private static final int LARGEST_REQUEST = 60_000;

  /** How long an answer is that is there to be read slowly. */
  static final int LARGE = 4 << 20;

  /** What suites watch over with the leak detector is too slow for a load. */
  static final ByteBufAllocator ALLOCATOR = new UnpooledByteBufAllocator(false, true);

  private Numbered() {}

  /** {@code /cluster/act/number}. */
  static int ofPath(String path) {
    return Integer.parseInt(path.substring(path.lastIndexOf('/') + 1));
  }

  static int answerLength(int number) {
    return number % 3 == 0 ? Math.floorMod(number * 7919, LARGEST_ANSWER) : 100;
  }

  /** Of three requests out of four nothing: they are GETs. */
  static int requestLength(int number) {
    return number % 4 == 0 ? 1 + Math.floorMod(number * 104_729, LARGEST_REQUEST) : 0;
  }

  static byte at(int number, int index) {
    return (byte) (number * 31 + index * 7 + (index >> 8));
  }

  static ByteBuf bytes(int number, int length) {
    return bytes(number, 0, length);
  }

  /** Those from an index on. */
  static ByteBuf bytes(int number, int from, int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = at(number, from + i);
    }
    return Unpooled.wrappedBuffer(bytes);
  }

  /** Checks the bytes of one body as they come. */
  static final class Reader {
    private final int number;
    private int received;
    private boolean wrong;

    Reader(int number) {
      this.number = number;
    }

    void read(ByteBuf content) {
      for (int i = content.readerIndex(); i < content.writerIndex(); i++) {
        wrong |= content.getByte(i) != at(number, received++);
      }
    }

    boolean isEmpty() {
      return received == 0;
    }

    /** So many came, each the right one. */
    boolean is(int length) {
      return received == length && !wrong;
    }
  }
}
