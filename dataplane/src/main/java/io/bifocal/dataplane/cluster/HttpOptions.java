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
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
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
    UpstreamProtocol spoken = UpstreamProtocol.ofOld(cluster, path, warnings);
    String at = path + ".common_http_protocol_options";
    ServerNames names = ServerNames.of(cluster, cluster.getUpstreamHttpProtocolOptions());
    List<HttpFilter> filters = List.of();
    for (Map.Entry<String, Any> entry : cluster.getTypedExtensionProtocolOptionsMap().entrySet()) {
      String type = entry.getValue().getTypeUrl();
      String where = path + ".typed_extension_protocol_options['" + entry.getKey() + "']";
      switch (MessageTypes.nameOf(type)) {
        case HTTP_OPTIONS -> {
          var options =
              Unpack.as(
                  io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                      .getDefaultInstance(),
                  entry.getValue());
          warnings.addAll(ClusterFields.TYPED_HTTP_OPTIONS.check(options, where));
          spoken = UpstreamProtocol.read(options, cluster, where, grids, warnings);
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
        spoken.protocol(),
        spoken.asDownstream(),
        spoken.http1().within(limits(common, usual, spoken.http1().limits())),
        spoken.http2().within(limits(common, usual, spoken.http2().limits())),
        spoken.quic(),
        spoken.grid(),
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
