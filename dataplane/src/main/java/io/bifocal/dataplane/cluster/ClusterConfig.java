package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.connect.ConnectSettings;
import io.bifocal.dataplane.connect.SocketSettings;
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
 * @param http what is spoken to get requests answered, and for how long on one connection
 * @param connections when connections are made early, or closed early
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
    HttpOptions http,
    ConnectionPolicy connections,
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
        HttpOptions.http1(idleTimeout, maxRequestsPerConnection),
        ConnectionPolicy.DEFAULT,
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
