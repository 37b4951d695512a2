package io.bifocal.dataplane.http;

import io.bifocal.dataplane.http.codec.ServerCodec;
import io.bifocal.dataplane.http.filter.headermutation.HeaderMutations;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.ServerHeaderTransformation;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;

/**
 * What of a connection manager's configuration the data path asks for, checked. What is not
 * configured is null, where asking for it would cost something.
 *
 * @param early {@code early_header_mutation_extensions}
 * @param host how hosts are spelled
 * @param scheme what every request's is said to be
 * @param caller {@code add_user_agent}
 * @param tellsUpstreams {@code add_proxy_protocol_connection_state}
 * @param hasRouter whether there is a router; without one every request is answered with 404
 */
record HttpSettings(
    String statPrefix,
    ServerCodec codec,
    Timeouts timeouts,
    boolean proxyContinue,
    Upgrades upgrades,
    AsciiString serverName,
    ServerHeaderTransformation serverHeader,
    int maxRequests,
    ClientAddress client,
    ClientCertHeader clientCert,
    @Nullable HeaderMutations early,
    PathNormalization path,
    @Nullable Underscores underscores,
    @Nullable HostSpelling host,
    @Nullable String scheme,
    @Nullable Caller caller,
    @Nullable String via,
    boolean appendPort,
    boolean generateRequestId,
    boolean preserveRequestId,
    boolean alwaysSetRequestId,
    @Nullable LogTimes logTimes,
    @Nullable LocalReplies localReplies,
    @Nullable ProxyStatus proxyStatus,
    boolean tellsUpstreams,
    boolean hasRouter,
    boolean suppressEnvoyHeaders) {

  /**
   * How long may be waited, in nanoseconds; 0 for ever.
   *
   * @param connectionIdle {@code common_http_protocol_options.idle_timeout}
   * @param safeDuration {@code http1_safe_max_connection_duration}
   */
  record Timeouts(
      long connectionIdle,
      long connectionDuration,
      boolean safeDuration,
      long drain,
      long delayedClose,
      long requestHeaders,
      long request,
      long streamIdle,
      long streamDuration) {}

  /** What becomes of headers with an underscore in their names, where it matters. */
  enum Underscores {
    REJECT,
    DROP
  }

  /**
   * When a request is logged besides at its end.
   *
   * @param interval in nanoseconds; 0 for never
   * @param onTunnel when a tunnel that was asked for is there
   */
  record LogTimes(boolean onNewRequest, long interval, boolean onTunnel) {}

  /** Who this proxy is to the upstream: the cluster and the node of its own that ask. */
  record Caller(String cluster, String node) {}
}
