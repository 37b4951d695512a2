package io.bifocal.dataplane.http;

import io.bifocal.dataplane.http.codec.HeaderNames;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.ProxyStatusConfig;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The {@code proxy-status} header (RFC 9209), which tells a client why there is no answer of the
 * upstream's.
 *
 * <p>Source: {@code HttpConnectionManager.proxy_status_config}.
 */
record ProxyStatus(
    String name, boolean details, boolean termination, boolean flags, boolean changesStatus) {

  /** RFC 9209, section 2.3, and the status that it recommends. */
  enum ErrorType {
    DESTINATION_UNAVAILABLE("destination_unavailable", 503),
    DESTINATION_NOT_FOUND("destination_not_found", 500),
    CONNECTION_TIMEOUT("connection_timeout", 504),
    CONNECTION_TERMINATED("connection_terminated", 502),
    CONNECTION_REFUSED("connection_refused", 502),
    CONNECTION_LIMIT_REACHED("connection_limit_reached", 503),
    HTTP_RESPONSE_TIMEOUT("http_response_timeout", 504),
    HTTP_REQUEST_ERROR("http_request_error", 0),
    HTTP_PROTOCOL_ERROR("http_protocol_error", 502),
    PROXY_CONFIGURATION_ERROR("proxy_configuration_error", 500);

    private final String text;
    private final int status;

    ErrorType(String text, int status) {
      this.text = text;
      this.status = status;
    }
  }

  static ProxyStatus of(ProxyStatusConfig config, String serverName, String nodeId) {
    String name =
        switch (config.getProxyNameCase()) {
          case LITERAL_PROXY_NAME -> config.getLiteralProxyName();
          case USE_NODE_ID -> config.getUseNodeId() ? nodeId : serverName;
          case PROXYNAME_NOT_SET -> serverName;
        };
    return new ProxyStatus(
        name.isEmpty() ? "envoy" : name,
        !config.getRemoveDetails(),
        !config.getRemoveConnectionTerminationDetails(),
        !config.getRemoveResponseFlags(),
        config.getSetRecommendedResponseCode());
  }

  /** What went wrong; null for nothing that has a name. */
  static @Nullable ErrorType error(StreamInfo info) {
    for (ResponseFlag flag : info.flags()) {
      ErrorType error = of(flag);
      if (error != null) {
        return error;
      }
    }
    return null;
  }

  private static @Nullable ErrorType of(ResponseFlag flag) {
    return switch (flag) {
      case NO_HEALTHY_UPSTREAM,
          UPSTREAM_RETRY_LIMIT_EXCEEDED,
          NO_CLUSTER_FOUND,
          FAILED_LOCAL_HEALTH_CHECK ->
          ErrorType.DESTINATION_UNAVAILABLE;
      case NO_ROUTE_FOUND -> ErrorType.DESTINATION_NOT_FOUND;
      case UPSTREAM_REQUEST_TIMEOUT, STREAM_IDLE_TIMEOUT -> ErrorType.HTTP_RESPONSE_TIMEOUT;
      case LOCAL_RESET -> ErrorType.CONNECTION_TIMEOUT;
      case UPSTREAM_REMOTE_RESET, UPSTREAM_CONNECTION_TERMINATION ->
          ErrorType.CONNECTION_TERMINATED;
      case UPSTREAM_CONNECTION_FAILURE -> ErrorType.CONNECTION_REFUSED;
      case UPSTREAM_OVERFLOW, RATE_LIMITED, DROP_OVERLOAD -> ErrorType.CONNECTION_LIMIT_REACHED;
      case DOWNSTREAM_PROTOCOL_ERROR -> ErrorType.HTTP_REQUEST_ERROR;
      case UPSTREAM_PROTOCOL_ERROR -> ErrorType.HTTP_PROTOCOL_ERROR;
      case NO_FILTER_CONFIG_FOUND -> ErrorType.PROXY_CONFIGURATION_ERROR;
      default -> null;
    };
  }

  /**
   * Tells the client of what went wrong, if anything did.
   *
   * @return the status that it gets
   */
  int tell(StreamInfo info, int status, HttpHeaders headers) {
    ErrorType error = error(info);
    if (error == null) {
      return status;
    }
    String before = headers.get(HeaderNames.PROXY_STATUS);
    String told = text(error, info);
    headers.set(HeaderNames.PROXY_STATUS, before == null ? told : before + ", " + told);
    info.responseCode = status(error, status);
    return info.responseCode;
  }

  /** The status that is better than {@code status}, or the same. */
  int status(ErrorType error, int status) {
    return changesStatus && error.status > 0 ? error.status : status;
  }

  String text(ErrorType error, StreamInfo info) {
    StringBuilder out = new StringBuilder(name).append("; error=").append(error.text);
    if (details && !info.responseCodeDetails.isEmpty()) {
      out.append("; details=\"").append(info.responseCodeDetails);
      if (termination && !info.connectionTerminationDetails.isEmpty()) {
        out.append("; ").append(info.connectionTerminationDetails);
      }
      if (flags && !info.flags().isEmpty()) {
        out.append("; ")
            .append(info.flags().stream().map(ResponseFlag::code).collect(Collectors.joining(",")));
      }
      out.append('"');
    }
    return out.toString();
  }
}
