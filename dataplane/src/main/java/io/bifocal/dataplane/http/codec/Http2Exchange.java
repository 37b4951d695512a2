package io.bifocal.dataplane.http.codec;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Headers;

/** One stream of a connection of HTTP/2, on either side: what comes in for it. */
interface Http2Exchange {
  /** A head, or the fields behind a body. */
  void onHeaders(Http2Headers headers, boolean end);

  /**
   * A part of the body.
   *
   * @return how many bytes of it count as read
   */
  int onData(ByteBuf data, boolean end);

  /** What was at hand has been read. */
  void onReadComplete();

  void onWritabilityChanged(boolean writable);

  /** No more comes: who still waits hears why. */
  void fail(ResetReason reason);
}
