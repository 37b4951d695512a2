package io.bifocal.dataplane.http.codec;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;

/** Takes one answer as it comes in. All calls come on the connection's loop. */
public interface ResponseReceiver {
  void onHead(int status, HttpHeaders headers, boolean end);

  /** Before the answer: 100, 102, 103 or 104, as often as the peer likes. */
  default void onInformational(int status, HttpHeaders headers) {}

  /** A part of the body; the receiver owns it. */
  void onBody(ByteBuf data, boolean end);

  /** The end, with fields that came behind the body. */
  void onTrailers(HttpHeaders trailers);

  /** What was at hand has been read: time to flush. */
  void onReadComplete();

  /** No more comes. */
  void onReset(ResetReason reason);

  /** The request's way out has room again, or none any more. */
  void onWritabilityChanged(boolean writable);
}
