package io.bifocal.dataplane.http.codec;

import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import org.jspecify.annotations.Nullable;

/** One side of a connection of HTTP/2: what comes in for the connection as a whole. */
interface Http2Codec extends Http2Pings.Line {
  /** The peer opens a stream; null when it is not to be listened to. */
  @Nullable Http2Exchange accept(Http2Stream stream);

  boolean isWritable(Http2Stream stream);

  /** The peer gave a stream up. */
  void onReset();

  void onSettings(Http2Settings settings);

  void onPingAnswered();

  /**
   * The peer is going away.
   *
   * @param lastStreamId of the streams that it has looked at
   */
  void onGoAway(int lastStreamId);

  default void onPriority() throws Http2Exception {}

  /**
   * There is more room, already counted in, for what is sent.
   *
   * @param id of the stream, 0 for the connection
   */
  default void onWindowUpdate(int id, int increment) throws Http2Exception {}

  /** Why a stream is closed, unless it has come to its end. */
  ResetReason closed(Http2Stream stream);

  /** An exchange's stream is closed. */
  void onStreamClosed();
}
