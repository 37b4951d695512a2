package io.bifocal.dataplane.cluster;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.grid.GridOptions;
import io.bifocal.dataplane.pool.Http1UpstreamOptions;
import io.bifocal.dataplane.pool.Http2Options;
import io.bifocal.dataplane.pool.ResponseLimits;
import io.bifocal.dataplane.runtime.HeaderLimits;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.QuicOptions;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.extensions.transport_sockets.quic.v3.QuicUpstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions.AutoHttpConfig;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions.UseDownstreamHttpConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is spoken to get requests answered, and how long and how often a connection is used.
 *
 * @param idleTimeout of a connection that nobody uses; zero for ever
 * @param maxConnectionDuration after which nothing new begins on a connection; zero for never
 * @param maxStreamDuration of one try of a request; zero for any
 * @param maxRequests on one connection; 0 for any number
 * @param protocol HTTP/1.1, HTTP/2, HTTP/3, or as TLS agrees; the newest, where it is as the client
 *     speaks
 * @param asDownstream whether it is what the client speaks, up to {@code protocol}
 * @param http1 how HTTP/1.1 is spoken
 * @param http2 how HTTP/2 is spoken
 * @param quic how QUIC is spoken, below HTTP/3
 * @param grid where HTTP/3 is tried before what {@code protocol} says: what that obeys; else null
 * @param names what of requests TLS is to know; null for nothing
 * @param filters {@code http_filters}, to be read by whoever knows filters
 */
public record HttpOptions(
    Duration idleTimeout,
    Duration maxConnectionDuration,
    Duration maxStreamDuration,
    int maxRequests,
    ApplicationProtocol protocol,
    boolean asDownstream,
    Http1UpstreamOptions http1,
    Http2Options http2,
    QuicOptions quic,
    @Nullable GridOptions grid,
    @Nullable ServerNames names,
    List<HttpFilter> filters) {
  private static final Duration IDLE_TIMEOUT = Duration.ofHours(1);
  private static final String HTTP_OPTIONS =
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  private static final String TCP_OPTIONS = "envoy.extensions.upstreams.tcp.v3.TcpProtocolOptions";

  /** HTTP/1.1 with the defaults for all else. */
  static HttpOptions http1(Duration idleTimeout, int maxRequests) {
    return new HttpOptions(
        idleTimeout,
        Duration.ZERO,
        Duration.ZERO,
        maxRequests,
        ApplicationProtocol.HTTP_1_1,
        false,
        Http1UpstreamOptions.DEFAULT,
        Http2Options.DEFAULT,
        QuicOptions.DEFAULT,
        null,
        null,
        List.of());
  }

  /** What is spoken for a client that speaks {@code downstream}. */
  ApplicationProtocol protocolFor(ApplicationProtocol downstream) {
    return asDownstream && downstream != ApplicationProtocol.HTTP_3 ? downstream : protocol;
  }

  /**
   * Reads them.
   *
   * @param usual limits of answers' heads where nothing is said
   */
  @SuppressWarnings("deprecation") // the options of clusters of old
  static HttpOptions read(
      Cluster cluster,
      HeaderLimits usual,
      String path,
      GridOptions.Reader grids,
      List<String> warnings)
      throws ConfigException {
    HttpProtocolOptions common = common(cluster);
    Spoken spoken = ofOld(cluster, path, warnings);
    String at = path + ".common_http_protocol_options";
    ServerNames names = ServerNames.of(cluster, cluster.getUpstreamHttpProtocolOptions());
    List<HttpFilter> filters = List.of();
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
          spoken = spoken(options, cluster, where, grids, warnings);
          names = ServerNames.of(cluster, options.getUpstreamHttpProtocolOptions());
          filters = options.getHttpFiltersList();
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
    return new HttpOptions(
        common.hasIdleTimeout() ? JavaDuration.of(common.getIdleTimeout()) : IDLE_TIMEOUT,
        JavaDuration.of(common.getMaxConnectionDuration()),
        JavaDuration.of(common.getMaxStreamDuration()),
        Math.max(0, common.getMaxRequestsPerConnection().getValue()),
        spoken.protocol,
        spoken.asDownstream,
        spoken.http1.within(limits(common, usual, spoken.http1.limits())),
        spoken.http2.within(limits(common, usual, spoken.http2.limits())),
        spoken.quic,
        spoken.grid,
        names,
        filters);
  }

  /** Whether any request may go by HTTP/3. */
  boolean mayUseHttp3() {
    return grid != null || protocol == ApplicationProtocol.HTTP_3;
  }

  private static ResponseLimits limits(
      HttpProtocolOptions common, HeaderLimits usual, ResponseLimits otherwise) {
    return new ResponseLimits(
        common.hasMaxResponseHeadersKb()
            ? common.getMaxResponseHeadersKb().getValue() * 1024
            : usual.responseBytes(otherwise.maxHeaderBytes()),
        common.hasMaxHeadersCount()
            ? common.getMaxHeadersCount().getValue() & Integer.MAX_VALUE
            : usual.responseFields(otherwise.maxHeaders()));
  }

  /** What is spoken, and how. */
  private record Spoken(
      ApplicationProtocol protocol,
      boolean asDownstream,
      Http1UpstreamOptions http1,
      Http2Options http2,
      QuicOptions quic,
      @Nullable GridOptions grid) {
    Spoken(
        ApplicationProtocol protocol,
        boolean asDownstream,
        Http1UpstreamOptions http1,
        Http2Options http2) {
      this(protocol, asDownstream, http1, http2, QuicOptions.DEFAULT, null);
    }

    static Spoken http3(QuicOptions quic) {
      return new Spoken(
          ApplicationProtocol.HTTP_3,
          false,
          Http1UpstreamOptions.DEFAULT,
          Http2Options.DEFAULT,
          quic,
          null);
    }

    static Spoken http1(Http1UpstreamOptions options) {
      return new Spoken(ApplicationProtocol.HTTP_1_1, false, options, Http2Options.DEFAULT);
    }

    static Spoken http2(Http2Options options) {
      return new Spoken(ApplicationProtocol.HTTP_2, false, Http1UpstreamOptions.DEFAULT, options);
    }
  }

  private static Http1UpstreamOptions http1(
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

  @SuppressWarnings("deprecation") // still sent by many control planes
  private static Spoken ofOld(Cluster cluster, String path, List<String> warnings)
      throws ConfigException {
    Http1UpstreamOptions http1 = http1(cluster.getHttpProtocolOptions(), path, warnings);
    if (!cluster.hasHttp2ProtocolOptions()) {
      return Spoken.http1(http1);
    }
    Http2Options http2 =
        Http2OptionsReader.read(
            cluster.getHttp2ProtocolOptions(), path + ".http2_protocol_options", warnings);
    return cluster.getProtocolSelection()
            == Cluster.ClusterProtocolSelection.USE_DOWNSTREAM_PROTOCOL
        ? new Spoken(ApplicationProtocol.HTTP_2, true, http1, http2)
        : Spoken.http2(http2);
  }

  private static Spoken spoken(
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
      default -> Spoken.http1(Http1UpstreamOptions.DEFAULT);
    };
  }

  private static Spoken asDownstream(
      UseDownstreamHttpConfig config, Cluster cluster, String path, List<String> warnings)
      throws ConfigException {
    boolean http3 = config.hasHttp3ProtocolOptions();
    if (http3) {
      requireQuic(cluster);
    }
    return new Spoken(
        http3 ? ApplicationProtocol.HTTP_3 : ApplicationProtocol.HTTP_2,
        true,
        http1(config.getHttpProtocolOptions(), path, warnings),
        Http2OptionsReader.read(
            config.getHttp2ProtocolOptions(), path + ".http2_protocol_options", warnings),
        http3
            ? Http3OptionsReader.read(
                config.getHttp3ProtocolOptions(), path + ".http3_protocol_options", warnings)
            : QuicOptions.DEFAULT,
        null);
  }

  private static Spoken explicit(
      ExplicitHttpConfig config, Cluster cluster, String path, List<String> warnings)
      throws ConfigException {
    return switch (config.getProtocolConfigCase()) {
      case HTTP3_PROTOCOL_OPTIONS -> {
        requireQuic(cluster);
        yield Spoken.http3(
            Http3OptionsReader.read(
                config.getHttp3ProtocolOptions(), path + ".http3_protocol_options", warnings));
      }
      case HTTP2_PROTOCOL_OPTIONS ->
          Spoken.http2(
              Http2OptionsReader.read(
                  config.getHttp2ProtocolOptions(), path + ".http2_protocol_options", warnings));
      default -> Spoken.http1(http1(config.getHttpProtocolOptions(), path, warnings));
    };
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

  private static Spoken auto(
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
    if (!isQuic(cluster)
        && !MessageTypes.is(
            cluster.getTransportSocket().getTypedConfig(), UpstreamTlsContext.getDescriptor())) {
      throw new ConfigException(
          "ALPN configured for cluster "
              + cluster.getName()
              + " which has a non-ALPN transport socket");
    }
    return new Spoken(
        ApplicationProtocol.HTTP,
        false,
        http1(config.getHttpProtocolOptions(), path, warnings),
        Http2OptionsReader.read(
            config.getHttp2ProtocolOptions(), path + ".http2_protocol_options", warnings),
        quic,
        grid);
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
