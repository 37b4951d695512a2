package io.bifocal.dataplane.transport;

import java.time.Duration;

/**
 * How QUIC is spoken to an upstream. Source: {@code envoy.config.core.v3.QuicProtocolOptions}.
 *
 * @param maxConcurrentStreams requests at once on one connection, if the peer does not want fewer
 * @param streamWindow {@code initial_stream_window_size}, in bytes
 * @param connectionWindow {@code initial_connection_window_size}, in bytes
 * @param idleTimeout {@code idle_network_timeout}: of a connection over which nothing comes
 */
public record QuicOptions(
    int maxConcurrentStreams, long streamWindow, long connectionWindow, Duration idleTimeout) {
  /** Envoy's, as of 1.40. */
  public static final QuicOptions DEFAULT =
      new QuicOptions(100, 16 << 20, 24 << 20, Duration.ofMinutes(5));
}
