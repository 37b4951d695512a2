package io.bifocal.dataplane.tcp;

import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import java.time.Duration;

/**
 * When a connection is logged beside its end.
 *
 * <p>Source: {@code TcpProxy.access_log_options}, and the two fields that it replaces.
 *
 * @param onConnected once it is joined to an upstream
 * @param interval again and again; zero for never
 */
record LogMoments(boolean onConnected, Duration interval) {
  @SuppressWarnings("deprecation") // which configurations still use
  static LogMoments of(TcpProxy proto) throws ConfigException {
    boolean older = proto.hasAccessLogFlushInterval() || proto.getFlushAccessLogOnConnected();
    if (!proto.hasAccessLogOptions()) {
      return new LogMoments(
          proto.getFlushAccessLogOnConnected(), JavaDuration.of(proto.getAccessLogFlushInterval()));
    }
    if (older) {
      throw new ConfigException(
          proto.getFlushAccessLogOnConnected()
              ? "Only one of flush_access_log_on_connected or access_log_options can be specified."
              : "Only one of access_log_flush_interval or access_log_options can be specified.");
    }
    var options = proto.getAccessLogOptions();
    return new LogMoments(
        options.getFlushAccessLogOnConnected(),
        JavaDuration.of(options.getAccessLogFlushInterval()));
  }
}
