package io.bifocal.dataplane.http.filter.fault;

import io.bifocal.dataplane.http.filter.FilterStream;
import io.bifocal.xds.time.Loop;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** An answer's body that goes out in slices, twenty a second. */
final class SlowBody {
  private static final int SLICES = 20;
  private static final Duration PAUSE = Duration.ofMillis(1000 / SLICES);

  private final FilterStream stream;
  private final int slice;
  private final Deque<ByteBuf> waiting = new ArrayDeque<>();
  private long bytes;
  private Loop.@Nullable Timer timer;
  private boolean whole;
  private boolean paused;
  private boolean closed;

  SlowBody(FilterStream stream, long kibPerSecond) {
    this.stream = stream;
    this.slice = (int) Math.min(Integer.MAX_VALUE, Math.max(1, kibPerSecond * 1024 / SLICES));
  }

  /** A part that came, which is handed over. */
  void add(ByteBuf data, boolean end) {
    if (closed) {
      data.release();
      return;
    }
    waiting.add(data);
    bytes += data.readableBytes();
    whole |= end;
    if (!paused && !whole && bytes > stream.bufferLimit()) {
      paused = true;
      stream.readAnswer(false);
    }
    if (timer == null) {
      // Never within the call that brought it.
      timer = stream.loop().schedule(Duration.ZERO, this::send);
    }
  }

  /** No more comes; whether all is out already, or else the stream goes on when it is. */
  boolean end() {
    whole = true;
    return closed || waiting.isEmpty();
  }

  private void send() {
    timer = null;
    long left = slice;
    while (left > 0 && !waiting.isEmpty()) {
      ByteBuf part = next((int) Math.min(left, Integer.MAX_VALUE));
      left -= part.readableBytes();
      bytes -= part.readableBytes();
      stream.injectEncoded(part);
    }
    if (closed) {
      return;
    }
    if (paused && bytes <= stream.bufferLimit() / 2) {
      paused = false;
      stream.readAnswer(true);
    }
    if (!waiting.isEmpty()) {
      timer = stream.loop().schedule(PAUSE, this::send);
    } else if (whole) {
      stream.continueEncoding();
    } else {
      timer = stream.loop().schedule(PAUSE, this::rest);
    }
  }

  // At most so much of the first part that waits.
  private ByteBuf next(int most) {
    ByteBuf first = waiting.element();
    if (first.readableBytes() <= most) {
      return waiting.remove();
    }
    return first.readRetainedSlice(most);
  }

  // The pause behind the last slice is over.
  private void rest() {
    timer = null;
    if (!waiting.isEmpty() || whole) {
      send();
    }
  }

  void close() {
    closed = true;
    if (timer != null) {
      timer.cancel();
    }
    waiting.forEach(ByteBuf::release);
    waiting.clear();
  }
}
