package io.bifocal.dataplane.transport;

import java.time.Duration;

/**
 * How QUIC is spoken to an upstream. Source: {@code envoy.config.core.v3.QuicProtocolOptions}.
 *
 * @param maxConcurrentStreams requests at once on one connection, if the peer does not want fewer
 * @param streamWindow {@code initial_stream_window_size}, in bytes
 * @param connectionWindow {@code initial_connection_window_size}, in bytes
 * @param idleTimeout {@code idle_network_timeout}: of a connection over which nothing comes
 * @param keepAlive {@code connection_keepalive}
 */
public record QuicOptions(
    int maxConcurrentStreams,
    long streamWindow,
    long connectionWindow,
    Duration idleTimeout,
    KeepAlive keepAlive) {
  /** Envoy's, as of 1.40. */
  public static final QuicOptions DEFAULT =
      new QuicOptions(100, 16 << 20, 24 << 20, Duration.ofMinutes(5), KeepAlive.DEFAULT);

  /**
   * How often a silent peer is asked for a sign of life while an answer is awaited. Source: {@code
   * envoy.config.core.v3.QuicKeepAliveSettings}.
   *
   * @param initial the first interval, each further one being twice as long; zero to begin with
   *     {@code max}
   * @param max the longest interval; zero for never
   */
  public record KeepAlive(Duration initial, Duration max) {
    /** That of Envoy's library. */
    public static final KeepAlive DEFAULT = new KeepAlive(Duration.ZERO, Duration.ofSeconds(15));

    public Duration first() {
      return initial.isZero() || initial.compareTo(max) > 0 ? max : initial;
    }

    /** What follows on an interval. */
    public Duration after(Duration interval) {
      Duration twice = interval.multipliedBy(2);
      return twice.compareTo(max) < 0 ? twice : max;
    }
  }
}
