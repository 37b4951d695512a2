package io.bifocal.dataplane.cluster;

import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
import io.bifocal.dataplane.grid.GridOptions;
import io.bifocal.dataplane.pool.Http1UpstreamOptions;
import io.bifocal.dataplane.pool.Http2Options;
import io.bifocal.dataplane.pool.ResponseLimits;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.QuicOptions;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.extensions.transport_sockets.quic.v3.QuicUpstreamTransport;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions.AutoHttpConfig;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions.UseDownstreamHttpConfig;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is spoken, and how: {@code upstream_protocol_options}, or the fields of clusters of old.
 *
 * @param protocol HTTP/1.1, HTTP/2, HTTP/3, or as TLS agrees; the newest, where it is as the client
 *     speaks
 * @param asDownstream whether it is what the client speaks, up to {@code protocol}
 * @param grid where HTTP/3 is tried before what {@code protocol} says: what that obeys; else null
 */
record UpstreamProtocol(
    ApplicationProtocol protocol,
    boolean asDownstream,
    Http1UpstreamOptions http1,
    Http2Options http2,
    QuicOptions quic,
    @Nullable GridOptions grid) {
  private UpstreamProtocol(
      ApplicationProtocol protocol,
      boolean asDownstream,
      Http1UpstreamOptions http1,
      Http2Options http2) {
    this(protocol, asDownstream, http1, http2, QuicOptions.DEFAULT, null);
  }

  /** As its typed options say it. */
  static UpstreamProtocol read(
      io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions options,
      Cluster cluster,
      String path,
      GridOptions.Reader grids,
      List<String> warnings)
      throws ConfigException {
    return switch (options.getUpstreamProtocolOptionsCase()) {
      case EXPLICIT_HTTP_CONFIG ->
          explicit(
              options.getExplicitHttpConfig(), cluster, path + ".explicit_http_config", warnings);
      case AUTO_CONFIG ->
          auto(options.getAutoConfig(), cluster, path + ".auto_config", grids, warnings);
      case USE_DOWNSTREAM_PROTOCOL_CONFIG -> {
        String at = path + ".use_downstream_protocol_config";
        yield asDownstream(options.getUseDownstreamProtocolConfig(), cluster, at, warnings);
      }
      default -> http1(Http1UpstreamOptions.DEFAULT);
    };
  }

  /** As the fields of a cluster of old say it. */
  @SuppressWarnings("deprecation") // still sent by many control planes
  static UpstreamProtocol ofOld(Cluster cluster, String path, List<String> warnings)
      throws ConfigException {
    Http1UpstreamOptions http1 = readHttp1(cluster.getHttpProtocolOptions(), path, warnings);
    if (!cluster.hasHttp2ProtocolOptions()) {
      return http1(http1);
    }
    Http2Options http2 =
        Http2OptionsReader.read(
            cluster.getHttp2ProtocolOptions(), path + ".http2_protocol_options", warnings);
    return cluster.getProtocolSelection()
            == Cluster.ClusterProtocolSelection.USE_DOWNSTREAM_PROTOCOL
        ? new UpstreamProtocol(ApplicationProtocol.HTTP_2, true, http1, http2)
        : http2(http2);
  }

  private static UpstreamProtocol asDownstream(
      UseDownstreamHttpConfig config, Cluster cluster, String path, List<String> warnings)
      throws ConfigException {
    boolean http3 = config.hasHttp3ProtocolOptions();
    if (http3) {
      requireQuic(cluster);
    }
    return new UpstreamProtocol(
        http3 ? ApplicationProtocol.HTTP_3 : ApplicationProtocol.HTTP_2,
        true,
        readHttp1(config.getHttpProtocolOptions(), path, warnings),
        Http2OptionsReader.read(
            config.getHttp2ProtocolOptions(), path + ".http2_protocol_options", warnings),
        http3
            ? Http3OptionsReader.read(
                config.getHttp3ProtocolOptions(), path + ".http3_protocol_options", warnings)
            : QuicOptions.DEFAULT,
        null);
  }

  private static UpstreamProtocol explicit(
      ExplicitHttpConfig config, Cluster cluster, String path, List<String> warnings)
      throws ConfigException {
    return switch (config.getProtocolConfigCase()) {
      case HTTP3_PROTOCOL_OPTIONS -> {
        requireQuic(cluster);
        yield http3(
            Http3OptionsReader.read(
                config.getHttp3ProtocolOptions(), path + ".http3_protocol_options", warnings));
      }
      case HTTP2_PROTOCOL_OPTIONS ->
          http2(
              Http2OptionsReader.read(
                  config.getHttp2ProtocolOptions(), path + ".http2_protocol_options", warnings));
      default -> http1(readHttp1(config.getHttpProtocolOptions(), path, warnings));
    };
  }

  private static UpstreamProtocol auto(
      AutoHttpConfig config,
      Cluster cluster,
      String path,
      GridOptions.Reader grids,
      List<String> warnings)
      throws ConfigException {
    warnings.addAll(ClusterFields.AUTO_HTTP.check(config, path));
    QuicOptions quic = QuicOptions.DEFAULT;
    GridOptions grid = null;
    if (config.hasHttp3ProtocolOptions()) {
      if (!config.hasAlternateProtocolsCacheOptions()) {
        throw new ConfigException(
            "alternate protocols cache must be configured when HTTP/3 is enabled with auto_config");
      }
      requireQuic(cluster);
      quic =
          Http3OptionsReader.read(
              config.getHttp3ProtocolOptions(), path + ".http3_protocol_options", warnings);
      grid =
          grids.read(
              config.getAlternateProtocolsCacheOptions(),
              path + ".alternate_protocols_cache_options");
    } else if (config.hasAlternateProtocolsCacheOptions()) {
      warnings.add(path + ".alternate_protocols_cache_options has no effect without HTTP/3");
    }
    return new UpstreamProtocol(
        ApplicationProtocol.HTTP,
        false,
        readHttp1(config.getHttpProtocolOptions(), path, warnings),
        Http2OptionsReader.read(
            config.getHttp2ProtocolOptions(), path + ".http2_protocol_options", warnings),
        quic,
        grid);
  }

  private static boolean isQuic(Cluster cluster) {
    return MessageTypes.is(
        cluster.getTransportSocket().getTypedConfig(), QuicUpstreamTransport.getDescriptor());
  }

  private static void requireQuic(Cluster cluster) throws ConfigException {
    if (!isQuic(cluster)) {
      throw new ConfigException(
          "HTTP3 requires a QuicUpstreamTransport transport socket: "
              + cluster.getName()
              + " "
              + cluster.getTransportSocket().getName());
    }
  }

  private static Http1UpstreamOptions readHttp1(
      Http1ProtocolOptions options, String path, List<String> warnings) throws ConfigException {
    String at = path + ".http_protocol_options";
    warnings.addAll(ClusterFields.HTTP1.check(options, at));
    return new Http1UpstreamOptions(
        HeaderKeyFormatReader.read(options.getHeaderKeyFormat()),
        options.getSendFullyQualifiedUrl(),
        options.getEnableTrailers(),
        options.getAllowChunkedLength(),
        ResponseLimits.HTTP_1);
  }

  private static UpstreamProtocol http3(QuicOptions quic) {
    return new UpstreamProtocol(
        ApplicationProtocol.HTTP_3,
        false,
        Http1UpstreamOptions.DEFAULT,
        Http2Options.DEFAULT,
        quic,
        null);
  }

  private static UpstreamProtocol http1(Http1UpstreamOptions options) {
    return new UpstreamProtocol(ApplicationProtocol.HTTP_1_1, false, options, Http2Options.DEFAULT);
  }

  private static UpstreamProtocol http2(Http2Options options) {
    return new UpstreamProtocol(
        ApplicationProtocol.HTTP_2, false, Http1UpstreamOptions.DEFAULT, options);
  }
}
