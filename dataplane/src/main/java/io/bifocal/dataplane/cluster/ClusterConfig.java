package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.connect.ConnectSettings;
import io.bifocal.dataplane.connect.SocketSettings;
import io.bifocal.dataplane.pool.Http2Options;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportSocketFactory;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.UpstreamConnectionOptions.HappyEyeballsConfig;
import java.time.Duration;

/**
 * What of a cluster's configuration the data path asks for, checked.
 *
 * @param observabilityName {@code alt_stat_name}, or the name
 * @param connectTimeout over the whole race; default 5 s
 * @param bufferLimit {@code per_connection_buffer_limit_bytes}; default 1 MiB
 * @param idleTimeout of an idle connection; default 1 h; zero for ever
 * @param maxRequestsPerConnection 0 for any number
 * @param protocol what is spoken to get requests answered: HTTP/1.1, HTTP/2, or as TLS agrees
 * @param http2 how HTTP/2 is spoken
 * @param balancing how a host is chosen
 * @param limits the circuit breakers, default priority first
 * @param happyEyeballs how a host's addresses are sorted; the default instance is Envoy's default
 * @param connect how connections are made where Envoy has no field for it
 * @param sockets what every connection's socket is given
 * @param transport what is between connections and their users
 * @param discovery where the hosts come from
 * @param proto as it came, for dumps
 */
public record ClusterConfig(
    String name,
    String observabilityName,
    Duration connectTimeout,
    int bufferLimit,
    Duration idleTimeout,
    int maxRequestsPerConnection,
    ApplicationProtocol protocol,
    Http2Options http2,
    Balancing balancing,
    BreakerLimits limits,
    HappyEyeballsConfig happyEyeballs,
    ConnectSettings connect,
    SocketSettings sockets,
    TransportSocketFactory transport,
    Discovery discovery,
    Cluster proto) {

  /** A cluster with an inline assignment and Envoy's defaults for all that is not named. */
  public ClusterConfig(
      String name,
      String observabilityName,
      Duration connectTimeout,
      int bufferLimit,
      Duration idleTimeout,
      int maxRequestsPerConnection,
      Cluster proto) {
    this(
        name,
        observabilityName,
        connectTimeout,
        bufferLimit,
        idleTimeout,
        maxRequestsPerConnection,
        ApplicationProtocol.HTTP_1_1,
        Http2Options.DEFAULT,
        Balancing.DEFAULT,
        BreakerLimits.DEFAULT,
        HappyEyeballsConfig.getDefaultInstance(),
        ConnectSettings.DEFAULT,
        SocketSettings.DEFAULT,
        TransportSocketFactory.PLAIN,
        new Discovery.Static(proto.getLoadAssignment()),
        proto);
  }
}
