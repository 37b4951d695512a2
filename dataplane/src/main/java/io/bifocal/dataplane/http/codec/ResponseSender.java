package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.stream.WireBytes;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;

/** The way out for one answer. To be used on the connection's loop; what is written is owned. */
public interface ResponseSender {
  /**
   * What has gone over the wire for it; until the next exchange, where the connection serves them
   * in turn.
   */
  WireBytes bytes();

  /** In which it goes out. */
  Protocol protocol();

  /** What comes before an answer: {@code 100 Continue} and its like. */
  void writeInformational(int status, HttpHeaders headers);

  void writeHead(int status, HttpHeaders headers, boolean end);

  void writeBody(ByteBuf data, boolean end);

  /** The answer's end, with fields behind its body; where they cannot be sent, its end alone. */
  void writeTrailers(HttpHeaders trailers);

  /** Sends what was written; once per batch. */
  void flush();

  /** Whether there is room; else the receiver hears when there is. */
  boolean isWritable();

  /** Stops or goes on reading the request's body. */
  void readRequest(boolean on);

  /**
   * Ends the connection after the answer, unless it carries others. To be called before the
   * answer's end.
   */
  void closeAfterwards();

  /** Whoever has written the whole answer is done with it: the next one's turn. */
  default void done() {}

  /** Gives the answer up: the peer must see that it is incomplete. */
  void reset();
}
