package io.bifocal.dataplane.cluster;

import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.dataplane.grid.AlternateProtocolsCaches;
import io.bifocal.dataplane.grid.AlternateProtocolsOptions;
import io.bifocal.dataplane.grid.GridOptions;
import io.bifocal.dataplane.runtime.HeaderLimits;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportSocketFactory;
import io.bifocal.dataplane.transport.TransportSockets;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.AlternateProtocolsCacheOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** From a cluster's message to what of it is obeyed. */
final class ClusterReader {
  private static final Logger log = LoggerFactory.getLogger(ClusterReader.class);
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
  private static final int BUFFER_LIMIT = 1024 * 1024;

  private final TransportSockets transports;
  private final ClusterDefaults defaults;
  private final AlternateProtocolsCaches alternatives;

  /**
   * @param alternatives what is known of origins' other protocols, by name
   */
  ClusterReader(
      ClusterDefaults defaults,
      TransportSockets transports,
      AlternateProtocolsCaches alternatives) {
    this.defaults = defaults;
    this.alternatives = alternatives;
    this.transports = transports;
  }

  /**
   * Reads and checks; what is accepted without effect is logged.
   *
   * @throws ConfigException in Envoy's words where it has any, else with the field's path
   */
  ClusterConfig read(Cluster cluster) throws ConfigException {
    return read(cluster, log::warn);
  }

  /** The same; {@code told} hears of what is accepted without effect. */
  ClusterConfig read(Cluster cluster, Consumer<String> told) throws ConfigException {
    String path = "cluster '" + cluster.getName() + "'";
    List<String> warnings = new ArrayList<>(ClusterFields.CLUSTER.check(cluster, path));
    Discovery discovery = DiscoveryReader.read(cluster, path, defaults.resolver(), warnings);
    HttpOptions http =
        HttpOptions.read(cluster, new HeaderLimits(defaults.runtime()), path, this::grid, warnings);
    warnings.addAll(
        ClusterFields.TRACKED.check(cluster.getTrackClusterStats(), path + ".track_cluster_stats"));
    warnings.addAll(
        ClusterFields.CONNECTION_OPTIONS.check(
            cluster.getUpstreamConnectionOptions(), path + ".upstream_connection_options"));
    ClusterConfig config =
        new ClusterConfig(
            cluster.getName(),
            cluster.getAltStatName().isEmpty() ? cluster.getName() : cluster.getAltStatName(),
            cluster.hasConnectTimeout()
                ? JavaDuration.of(cluster.getConnectTimeout())
                : CONNECT_TIMEOUT,
            BreakerLimits.clamped(
                cluster.hasPerConnectionBufferLimitBytes(),
                cluster.getPerConnectionBufferLimitBytes(),
                BUFFER_LIMIT),
            http,
            ConnectionPolicy.of(cluster),
            BalancingReader.read(cluster, discovery, path, defaults.runtime(), warnings),
            BreakerLimits.read(cluster.getCircuitBreakers(), path + ".circuit_breakers", warnings),
            cluster.getUpstreamConnectionOptions().getHappyEyeballsConfig(),
            ConnectSettingsReader.ofCluster(
                cluster.getMetadata(), defaults.connect().get(), path + ".metadata"),
            SocketSettingsReader.read(cluster, defaults.bind(), path),
            MatchedSockets.read(cluster, transports, path, warnings),
            discovery,
            cluster);
    if (config.http().mayUseHttp3() && !config.transport().speaksQuic()) {
      throw new ConfigException(
          path + ".transport_socket_matches: each must be of QUIC where HTTP/3 is spoken");
    }
    requireAlpn(config);
    warnIfTheSecondAttemptIsTooLate(config, path, warnings);
    warnings.forEach(told);
    return config;
  }

  private static void requireAlpn(ClusterConfig config) throws ConfigException {
    TransportSocketFactory sockets = config.transport();
    if (config.http().protocol() != ApplicationProtocol.HTTP || sockets.negotiates()) {
      return;
    }
    boolean matches = sockets instanceof MatchedSockets of && of.otherwise().negotiates();
    throw new ConfigException(
        "ALPN configured for cluster %s which has a non-ALPN transport socket%s"
            .formatted(config.name(), matches ? " matcher" : ""));
  }

  private GridOptions grid(AlternateProtocolsCacheOptions options, String path)
      throws ConfigException {
    return new GridOptions(
        alternatives.get(AlternateProtocolsOptions.read(options, path)), defaults.runtime());
  }

  private static void warnIfTheSecondAttemptIsTooLate(
      ClusterConfig config, String path, List<String> warnings) {
    Duration delay = config.connect().attemptDelay();
    if (config.discovery().mayRace() && config.connectTimeout().compareTo(delay) <= 0) {
      warnings.add(
          "%s.connect_timeout: %d ms are over before the second attempt of a race begins (%d ms):"
                  .formatted(path, config.connectTimeout().toMillis(), delay.toMillis())
              + " a second address is tried only when the first one fails");
    }
  }
}
