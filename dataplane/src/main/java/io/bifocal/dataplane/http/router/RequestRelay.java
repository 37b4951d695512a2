package io.bifocal.dataplane.http.router;

import io.bifocal.xds.time.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * A request's body on its way: what comes goes to the tries under way and to the mirrors, and is
 * kept for the tries to come.
 */
final class RequestRelay {
  final RequestBody body;
  private final Loop loop;
  private final DownstreamStream downstream;
  private final Tries tries;
  // Null when there are none.
  private @Nullable Mirrors mirrors;
  private long endNanos;
  private boolean stopped;

  RequestRelay(RequestBody body, Loop loop, DownstreamStream downstream, Tries tries) {
    this.body = body;
    this.loop = loop;
    this.downstream = downstream;
    this.tries = tries;
    this.endNanos = body.ended() ? loop.nanoTime() : -1;
  }

  /** Who gets a copy. */
  void mirror(Mirrors copies) {
    mirrors = copies;
  }

  /** Nanoseconds since the request was whole; negative when it is not. */
  long sinceEnd(long now) {
    return endNanos < 0 ? -1 : now - endNanos;
  }

  /** The next part. */
  void onBody(ByteBuf data, boolean end) {
    if (end) {
      endNanos = loop.nanoTime();
    }
    if (mirrors != null) {
      mirrors.onBody(data, end);
    }
    if (tries.allConnected()) {
      send(data, end);
    } else {
      hold(data, end);
    }
    if (end) {
      tries.requestEnded();
    }
  }

  private void send(ByteBuf data, boolean end) {
    body.keep(data, end);
    downstream.info().lastUpstreamTxNanos = loop.nanoTime();
    for (int i = tries.size() - 1; i > 0 && !stopped; i--) {
      tries.get(i).send(data.retainedDuplicate(), end);
    }
    if (stopped) { // a filter has answered
      data.release();
      return;
    }
    tries.get(0).send(data, end);
    if (!tries.allWritable()) {
      downstream.readRequest(false);
    }
  }

  private void hold(ByteBuf data, boolean end) {
    for (int i = 0; i < tries.size(); i++) {
      if (tries.get(i).takesBody()) {
        tries.get(i).send(data.retainedDuplicate(), end);
      }
    }
    if (stopped) {
      data.release();
      return;
    }
    body.hold(data, end);
    if (body.full()) {
      downstream.readRequest(false);
    }
  }

  /** The end, with fields behind the body. */
  void onTrailers(HttpHeaders trailers) {
    endNanos = loop.nanoTime();
    if (mirrors != null) {
      mirrors.onTrailers(trailers);
    }
    body.trailers(trailers);
    for (int i = 0; i < tries.size(); i++) {
      if (tries.get(i).takesBody()) {
        tries.get(i).sendTrailers(trailers);
      }
    }
    tries.requestEnded();
  }

  /** What the client had sent has been read. */
  void flush() {
    if (mirrors != null) {
      mirrors.onReadComplete();
    }
    for (int i = 0; i < tries.size(); i++) {
      tries.get(i).flush();
    }
  }

  /** Nobody needs what has come, nor what is still to come. */
  void stop() {
    stopped = true;
    if (mirrors != null && !body.ended()) {
      mirrors.cancel();
    }
    body.forget();
  }
}
