package io.bifocal.dataplane.cluster;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.api.Unpack;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.UpstreamHttpProtocolOptions;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * How long and how often a connection is used.
 *
 * @param idleTimeout zero for ever
 * @param maxRequests 0 for any number
 */
record ConnectionLimits(Duration idleTimeout, int maxRequests) {
  private static final Duration IDLE_TIMEOUT = Duration.ofHours(1);
  private static final String HTTP_OPTIONS =
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  private static final String TCP_OPTIONS = "envoy.extensions.upstreams.tcp.v3.TcpProtocolOptions";

  @SuppressWarnings("deprecation") // the options of clusters of old
  static ConnectionLimits read(Cluster cluster, String path, List<String> warnings)
      throws ConfigException {
    HttpProtocolOptions common = common(cluster);
    String at = path + ".common_http_protocol_options";
    serverNames(cluster, cluster.getUpstreamHttpProtocolOptions(), path);
    for (Map.Entry<String, Any> entry : cluster.getTypedExtensionProtocolOptionsMap().entrySet()) {
      String type = entry.getValue().getTypeUrl();
      String where = path + ".typed_extension_protocol_options['" + entry.getKey() + "']";
      switch (type.substring(type.lastIndexOf('/') + 1)) {
        case HTTP_OPTIONS -> {
          var options =
              Unpack.as(
                  io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                      .getDefaultInstance(),
                  entry.getValue());
          warnings.addAll(ClusterFields.TYPED_HTTP_OPTIONS.check(options, where));
          protocol(options, where, warnings);
          serverNames(cluster, options.getUpstreamHttpProtocolOptions(), where);
          common = options.getCommonHttpProtocolOptions();
          at = where + ".common_http_protocol_options";
        }
        case TCP_OPTIONS -> warnings.add(where + " has no effect: the pools' idle timeout applies");
        default ->
            throw new ConfigException(
                "Didn't find a registered network or http filter or protocol options"
                    + " implementation for name: '"
                    + entry.getKey()
                    + "'");
      }
    }
    warnings.addAll(ClusterFields.HTTP_OPTIONS.check(common, at));
    return new ConnectionLimits(
        common.hasIdleTimeout() ? JavaDuration.of(common.getIdleTimeout()) : IDLE_TIMEOUT,
        Math.max(0, common.getMaxRequestsPerConnection().getValue()));
  }

  /** On plain sockets they have no effect; with TLS, not to verify a name would be insecure. */
  private static void serverNames(Cluster cluster, UpstreamHttpProtocolOptions options, String path)
      throws ConfigException {
    boolean tls = cluster.getTransportSocket().getTypedConfig().is(UpstreamTlsContext.class);
    if (tls && (options.getAutoSni() || options.getAutoSanValidation())) {
      throw new ConfigException(
          path
              + ".upstream_http_protocol_options: auto_sni and auto_san_validation are not served"
              + " yet; UpstreamTlsContext has sni, auto_host_sni and auto_sni_san_validation");
    }
  }

  private static void protocol(
      io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions options,
      String path,
      List<String> warnings)
      throws ConfigException {
    switch (options.getUpstreamProtocolOptionsCase()) {
      case EXPLICIT_HTTP_CONFIG -> {
        switch (options.getExplicitHttpConfig().getProtocolConfigCase()) {
          case HTTP3_PROTOCOL_OPTIONS ->
              throw new ConfigException(
                  path + ".explicit_http_config.http3_protocol_options is not served yet");
          case HTTP2_PROTOCOL_OPTIONS ->
              warnings.add(
                  path
                      + ".explicit_http_config.http2_protocol_options: requests go upstream as"
                      + " HTTP/1.1; a control plane is spoken to in HTTP/2 all the same");
          default -> {}
        }
      }
      case USE_DOWNSTREAM_PROTOCOL_CONFIG, AUTO_CONFIG ->
          warnings.add(path + ": requests go upstream as HTTP/1.1");
      default -> {}
    }
    for (HttpFilter filter : options.getHttpFiltersList()) {
      if (!filter.getTypedConfig().getTypeUrl().endsWith(".upstream_codec.v3.UpstreamCodec")) {
        throw new ConfigException(
            path + ".http_filters: upstream filters are not served yet: " + filter.getName());
      }
    }
  }

  @SuppressWarnings("deprecation") // still sent by many control planes
  private static HttpProtocolOptions common(Cluster cluster) {
    HttpProtocolOptions common = cluster.getCommonHttpProtocolOptions();
    return cluster.hasMaxRequestsPerConnection() && !common.hasMaxRequestsPerConnection()
        ? common.toBuilder()
            .setMaxRequestsPerConnection(cluster.getMaxRequestsPerConnection())
            .build()
        : common;
  }
}
