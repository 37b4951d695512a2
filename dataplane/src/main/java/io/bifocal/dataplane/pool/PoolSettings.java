package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.connect.ConnectSettings;
import io.bifocal.dataplane.connect.RacePlan.Purpose;
import io.bifocal.dataplane.connect.SocketSettings;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.QuicOptions;
import io.bifocal.dataplane.transport.TransportSocketFactory;
import java.time.Duration;

/**
 * What the pools of one cluster obey.
 *
 * @param cluster its name, for logs and events
 * @param connectTimeout over a whole race
 * @param idleTimeout of a connection that nobody uses; zero for ever
 * @param maxDuration of a connection, after which nothing new begins on it; zero for ever
 * @param maxRequestsPerConnection 0 for any number
 * @param bufferLimit {@code per_connection_buffer_limit_bytes}
 * @param preconnect connections for each request that is under way or waits; 1 for no more
 * @param breakers the cluster's limits, shared by all workers
 * @param connect how races are run
 * @param sockets what every connection's socket is given
 * @param transport what is between the connections and their users
 * @param protocol what is spoken to get requests answered
 * @param http2 how HTTP/2 is spoken, where it is; of HTTP/3 the limits
 * @param quic how QUIC is spoken, where it is
 * @param purpose who waits for its connections
 */
public record PoolSettings(
    String cluster,
    Duration connectTimeout,
    Duration idleTimeout,
    Duration maxDuration,
    int maxRequestsPerConnection,
    int bufferLimit,
    double preconnect,
    CircuitBreakers breakers,
    ConnectSettings connect,
    SocketSettings sockets,
    TransportSocketFactory.PerWorker transport,
    ApplicationProtocol protocol,
    Http2Options http2,
    QuicOptions quic,
    Purpose purpose) {

  /** HTTP/1.1, and races as Envoy runs them, over plain sockets. */
  public PoolSettings(
      String cluster,
      Duration connectTimeout,
      Duration idleTimeout,
      int maxRequestsPerConnection,
      int bufferLimit,
      CircuitBreakers breakers) {
    this(
        cluster,
        connectTimeout,
        idleTimeout,
        Duration.ZERO,
        maxRequestsPerConnection,
        bufferLimit,
        1,
        breakers,
        ConnectSettings.envoys(),
        SocketSettings.DEFAULT,
        TransportSocketFactory.PerWorker.PLAIN,
        ApplicationProtocol.HTTP_1_1,
        Http2Options.DEFAULT,
        QuicOptions.DEFAULT,
        Purpose.SERVE);
  }

  /** The same for one of several pools that are raced with one another. */
  public PoolSettings entering(ApplicationProtocol other) {
    return new PoolSettings(
        cluster,
        connectTimeout,
        idleTimeout,
        maxDuration,
        maxRequestsPerConnection,
        bufferLimit,
        preconnect,
        breakers,
        connect,
        sockets,
        transport,
        other,
        http2,
        quic,
        Purpose.ENTRANT);
  }

  /** How many requests there may be at once on one connection that is shared. */
  int maxConcurrentStreams() {
    return protocol == ApplicationProtocol.HTTP_3
        ? quic.maxConcurrentStreams()
        : http2.maxConcurrentStreams();
  }
}
