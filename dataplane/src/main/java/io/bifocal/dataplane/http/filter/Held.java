package io.bifocal.dataplane.http.filter;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;

/** Parts of a body that wait at a filter. */
final class Held {
  private final ArrayDeque<ByteBuf> parts = new ArrayDeque<>(4);
  private long bytes;
  private boolean ended;

  /** Takes a part that is handed over. */
  void add(ByteBuf part, boolean end) {
    bytes += part.readableBytes();
    ended |= end;
    if (part.isReadable()) {
      parts.add(part);
    } else {
      part.release();
    }
  }

  long bytes() {
    return bytes;
  }

  boolean isEmpty() {
    return parts.isEmpty() && !ended;
  }

  /** Where parts go. */
  @FunctionalInterface
  interface Target {
    void accept(ByteBuf part, boolean end);
  }

  /** Hands everything over, at least an empty part when it is the end. */
  void drainTo(Target target) {
    boolean last = ended;
    ended = false;
    bytes = 0;
    if (parts.isEmpty() && last) {
      target.accept(Unpooled.EMPTY_BUFFER, true);
      return;
    }
    for (ByteBuf part = parts.poll(); part != null; part = parts.poll()) {
      target.accept(part, last && parts.isEmpty());
    }
  }

  void release() {
    for (ByteBuf part = parts.poll(); part != null; part = parts.poll()) {
      part.release();
    }
  }
}
