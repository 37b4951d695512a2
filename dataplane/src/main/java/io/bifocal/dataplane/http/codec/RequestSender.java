package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.stream.WireBytes;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/** The way out for one request. To be used on the connection's loop; what is written is owned. */
public interface RequestSender {
  /**
   * What has gone over the wire for it; until the next exchange, where the connection serves them
   * in turn.
   */
  WireBytes bytes();

  void writeHead(RequestHead head, boolean end);

  void writeBody(ByteBuf data, boolean end);

  /** The request's end, with fields behind its body; where they cannot be sent, its end alone. */
  void writeTrailers(HttpHeaders trailers);

  void flush();

  boolean isWritable();

  /** Stops or goes on reading the answer. */
  void readResponse(boolean on);

  /** Our end of the connection, where that can be said. */
  @Nullable Address localAddress();

  /** What the peer said to the reset that the receiver heard of, in words for logs; or empty. */
  default String resetDetail() {
    return "";
  }

  /** Whether both messages have ended and the connection can carry another exchange. */
  boolean isReusable();

  /**
   * Forgets the receiver: it hears nothing more. What has not ended is given up, where that leaves
   * the connection fit for others.
   */
  void detach();
}
