package io.bifocal.dataplane.http.router;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayDeque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * What of a request's body has come: it waits for a connection, and is kept for another try while
 * it is small enough.
 */
final class RequestBody {
  private final long limit;
  // Most requests have nothing that must wait.
  private @Nullable ArrayDeque<ByteBuf> parts;
  private boolean keep;
  private long bytes;
  private boolean ended;
  private @Nullable HttpHeaders trailers;

  /**
   * @param limit of what is kept, in bytes
   */
  RequestBody(long limit, boolean ended) {
    this.limit = limit;
    this.ended = ended;
  }

  boolean ended() {
    return ended;
  }

  /** Whether there is nothing to send behind the head, as far as has come. */
  boolean isEmpty() {
    return !hasParts() && trailers == null;
  }

  private boolean hasParts() {
    return parts != null && !parts.isEmpty();
  }

  /** Its end, with fields behind it. */
  void trailers(HttpHeaders fields) {
    ended = true;
    trailers = fields;
  }

  /** There may be another try. */
  void keepForRetries() {
    keep = true;
  }

  /** Whether all that has come could be sent again. */
  boolean replayable() {
    return keep;
  }

  boolean full() {
    return bytes > limit;
  }

  /** Whether so many bytes more could be kept, where what comes is kept. */
  boolean hasRoomFor(int more) {
    return !keep || bytes + more <= limit;
  }

  /**
   * It is too large to be sent again.
   *
   * @param sent whether all that has come has been sent to all who need it
   */
  void giveUpReplay(boolean sent) {
    if (sent) {
      forget();
    } else {
      keep = false;
    }
  }

  /** A part that cannot be sent yet, or not by all. */
  void hold(ByteBuf data, boolean end) {
    ended |= end;
    bytes += data.readableBytes();
    add(data);
  }

  private void add(ByteBuf part) {
    if (parts == null) {
      parts = new ArrayDeque<>(2);
    }
    parts.add(part);
  }

  private @Nullable ByteBuf poll() {
    return parts == null ? null : parts.poll();
  }

  /** A part that is sent now: another try may need it. */
  void keep(ByteBuf data, boolean end) {
    ended |= end;
    if (keep) {
      bytes += data.readableBytes();
      add(data.retainedDuplicate());
    }
  }

  /** Sends what has come so far. */
  void send(UpstreamRequest to) {
    if (!keep) {
      for (ByteBuf part = poll(); part != null; part = poll()) {
        to.send(part, ended && isEmpty());
      }
    } else if (parts != null) {
      Iterator<ByteBuf> all = parts.iterator();
      while (!to.isOver() && all.hasNext()) {
        ByteBuf part = all.next();
        to.send(part.retainedDuplicate(), ended && trailers == null && !all.hasNext());
      }
    }
    if (trailers != null && !to.isOver()) {
      to.sendTrailers(trailers);
    }
  }

  /** All of it, for another request. */
  ByteBuf take() {
    ArrayDeque<ByteBuf> whole = parts;
    if (whole == null || whole.isEmpty()) {
      return Unpooled.EMPTY_BUFFER;
    }
    ByteBuf[] all = whole.toArray(new ByteBuf[0]);
    whole.clear();
    return Unpooled.wrappedBuffer(all);
  }

  /** There will be no other try. */
  void forget() {
    keep = false;
    for (ByteBuf part = poll(); part != null; part = poll()) {
      part.release();
    }
  }
}
