package io.bifocal.dataplane.http.codec;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;

/** Takes one request as it comes in. All calls come on the connection's loop. */
public interface RequestReceiver {
  void onHead(RequestHead head, boolean end);

  /** A part of the body; the receiver owns it. */
  void onBody(ByteBuf data, boolean end);

  /** The end, with fields that came behind the body. */
  void onTrailers(HttpHeaders trailers);

  /** What was at hand has been read: time to flush. */
  void onReadComplete();

  /**
   * Nothing more comes. When the connection is gone nothing can be answered; after a protocol error
   * it can, if the answer has not begun, within this call.
   */
  void onReset(ResetReason reason);

  /** The answer's way out has room again, or none any more. */
  void onWritabilityChanged(boolean writable);
}
