package io.bifocal.dataplane.pool;

import java.time.Duration;

/**
 * How HTTP/2 is spoken upstream. Source: {@code envoy.config.core.v3.Http2ProtocolOptions}.
 *
 * @param maxConcurrentStreams on one connection, if the peer does not want fewer
 * @param streamWindow {@code initial_stream_window_size}: bytes of one answer that may be on their
 *     way or wait here
 * @param connectionWindow {@code initial_connection_window_size}: the same for all of a connection
 * @param hpackTableSize in bytes, for both directions; 0 for none
 * @param maxControlFrames {@code max_outbound_control_frames}: how many of our answers to a peer's
 *     frames may wait to be written
 * @param maxEmptyFrames {@code max_consecutive_inbound_frames_with_empty_payload}
 * @param streamErrors {@code override_stream_error_on_invalid_http_message}: whether a malformed
 *     answer ends its stream alone, not its connection
 * @param keepAlive how a silent peer is found out
 * @param limits of an answer's head
 */
public record Http2Options(
    int maxConcurrentStreams,
    int streamWindow,
    int connectionWindow,
    int hpackTableSize,
    int maxControlFrames,
    int maxEmptyFrames,
    boolean streamErrors,
    KeepAlive keepAlive,
    ResponseLimits limits) {

  /** Envoy's, as of 1.40. */
  public static final Http2Options DEFAULT =
      new Http2Options(1024, 16 << 20, 24 << 20, 4096, 1000, 1, false, KeepAlive.NONE);

  /** With Envoy's limits of an answer's head. */
  public Http2Options(
      int maxConcurrentStreams,
      int streamWindow,
      int connectionWindow,
      int hpackTableSize,
      int maxControlFrames,
      int maxEmptyFrames,
      boolean streamErrors,
      KeepAlive keepAlive) {
    this(
        maxConcurrentStreams,
        streamWindow,
        connectionWindow,
        hpackTableSize,
        maxControlFrames,
        maxEmptyFrames,
        streamErrors,
        keepAlive,
        ResponseLimits.HTTP_2);
  }

  /** The same within other limits. */
  public Http2Options within(ResponseLimits others) {
    return new Http2Options(
        maxConcurrentStreams,
        streamWindow,
        connectionWindow,
        hpackTableSize,
        maxControlFrames,
        maxEmptyFrames,
        streamErrors,
        keepAlive,
        others);
  }

  /**
   * {@code connection_keepalive}: pings.
   *
   * @param interval between them; zero for none
   * @param timeout how long an answer, or any other frame, may take
   * @param jitterPercent how much may be added to an interval, by chance
   * @param idleInterval how long a connection may be without a use before the next use is preceded
   *     by a ping; zero for ever
   */
  public record KeepAlive(
      Duration interval, Duration timeout, double jitterPercent, Duration idleInterval) {
    public static final KeepAlive NONE =
        new KeepAlive(Duration.ZERO, Duration.ZERO, 15, Duration.ZERO);
  }
}
