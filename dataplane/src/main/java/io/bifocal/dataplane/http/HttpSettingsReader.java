package io.bifocal.dataplane.http;

import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.http.PathNormalization.EscapedSlashes;
import io.bifocal.dataplane.http.codec.Http1Limits;
import io.bifocal.dataplane.http.codec.ServerCodec;
import io.bifocal.dataplane.runtime.Fraction;
import io.bifocal.dataplane.runtime.HeaderLimits;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions.HeadersWithUnderscoresAction;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.config.core.v3.SchemeHeaderTransformation;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.HcmAccessLogOptions;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.PathWithEscapedSlashesAction;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig;
import io.netty.util.AsciiString;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads and checks the configuration of a connection manager. */
final class HttpSettingsReader {
  private static final Logger log = LoggerFactory.getLogger(HttpSettingsReader.class);

  static final String ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";
  private static final String ESCAPED_SLASHES =
      "http_connection_manager.path_with_escaped_slashes_action";
  private static final String UUID =
      "type.googleapis.com/envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig";

  private final HttpConnectionManager config;
  private final Node node;
  private final RuntimeReader runtime;
  private final String where;

  private HttpSettingsReader(HttpConnectionManager config, Node node, RuntimeReader runtime) {
    this.config = config;
    this.node = node;
    this.runtime = runtime;
    this.where = "http_connection_manager '" + config.getStatPrefix() + "'";
  }

  /**
   * Reads it.
   *
   * @param node this proxy's own
   * @param runtime where keys are looked up, on the workers
   */
  static HttpSettings read(HttpConnectionManager config, Node node, RuntimeReader runtime)
      throws ConfigException {
    return new HttpSettingsReader(config, node, runtime).read();
  }

  private HttpSettings read() throws ConfigException {
    ManagerFields.MANAGER.check(config, where).forEach(log::warn);
    HttpProtocolOptions common = config.getCommonHttpProtocolOptions();
    ManagerFields.COMMON.check(common, where + ".common_http_protocol_options").forEach(log::warn);
    checkRequestId();
    Router router = router();
    return new HttpSettings(
        config.getStatPrefix(),
        codec(common),
        timeouts(common),
        config.getProxy100Continue(),
        Upgrades.of(config),
        new AsciiString(config.getServerName().isEmpty() ? "envoy" : config.getServerName()),
        config.getServerHeaderTransformation(),
        common.getMaxRequestsPerConnection().getValue(),
        ClientAddressReader.read(config, where),
        ClientCertHeader.of(
            config.getForwardClientCertDetails(), config.getSetCurrentClientCertDetails()),
        EarlyMutations.read(config.getEarlyHeaderMutationExtensionsList(), where),
        new PathNormalization(normalizesPaths(), config.getMergeSlashes(), escapedSlashes()),
        underscores(common.getHeadersWithUnderscoresAction()),
        host(),
        scheme(),
        config.getAddUserAgent().getValue()
            ? new HttpSettings.Caller(node.getCluster(), node.getId())
            : null,
        config.getVia().isEmpty() ? null : config.getVia(),
        config.getAppendXForwardedPort(),
        !config.hasGenerateRequestId() || config.getGenerateRequestId().getValue(),
        config.getPreserveExternalRequestId(),
        config.getAlwaysSetRequestIdInResponse(),
        logTimes(),
        config.hasLocalReplyConfig()
            ? LocalReplies.of(config.getLocalReplyConfig(), runtime, where + ".local_reply_config")
            : null,
        config.hasProxyStatusConfig()
            ? ProxyStatus.of(config.getProxyStatusConfig(), config.getServerName(), node.getId())
            : null,
        !config.hasAddProxyProtocolConnectionState()
            || config.getAddProxyProtocolConnectionState().getValue(),
        router != null,
        router != null && router.getSuppressEnvoyHeaders());
  }

  @SuppressWarnings("deprecation") // control planes still send the old fields
  private HttpSettings.@Nullable LogTimes logTimes() throws ConfigException {
    HcmAccessLogOptions options = config.getAccessLogOptions();
    ManagerFields.LOG_OPTIONS.check(options, where + ".access_log_options").forEach(log::warn);
    if (config.hasAccessLogOptions() && config.getFlushAccessLogOnNewRequest()) {
      throw new ConfigException(
          "Only one of flush_access_log_on_new_request or access_log_options can be specified.");
    }
    if (config.hasAccessLogOptions() && config.hasAccessLogFlushInterval()) {
      throw new ConfigException(
          "Only one of access_log_flush_interval or access_log_options can be specified.");
    }
    boolean onNewRequest =
        config.getFlushAccessLogOnNewRequest() || options.getFlushAccessLogOnNewRequest();
    long interval =
        config.hasAccessLogFlushInterval()
            ? nanos(true, config.getAccessLogFlushInterval(), Duration.ZERO)
            : nanos(
                options.hasAccessLogFlushInterval(),
                options.getAccessLogFlushInterval(),
                Duration.ZERO);
    boolean onTunnel = options.getFlushLogOnTunnelSuccessfullyEstablished();
    return onNewRequest || interval > 0 || onTunnel
        ? new HttpSettings.LogTimes(onNewRequest, interval, onTunnel)
        : null;
  }

  private ServerCodec codec(HttpProtocolOptions common) throws ConfigException {
    HeaderLimits usual = new HeaderLimits(runtime);
    int maxHeaders =
        common.hasMaxHeadersCount()
            ? common.getMaxHeadersCount().getValue()
            : usual.requestFields(100);
    int headerKb =
        config.hasMaxRequestHeadersKb()
            ? config.getMaxRequestHeadersKb().getValue()
            : usual.requestKb(60);
    List<String> warnings = new ArrayList<>();
    ServerCodec codec =
        ServerCodecReader.read(
            config, new Http1Limits(headerKb * 1024, maxHeaders), where, warnings);
    warnings.forEach(log::warn);
    return codec;
  }

  private HttpSettings.Timeouts timeouts(HttpProtocolOptions common) {
    return new HttpSettings.Timeouts(
        nanos(common.hasIdleTimeout(), common.getIdleTimeout(), Duration.ofHours(1)),
        nanos(common.hasMaxConnectionDuration(), common.getMaxConnectionDuration(), Duration.ZERO),
        config.getHttp1SafeMaxConnectionDuration(),
        nanos(config.hasDrainTimeout(), config.getDrainTimeout(), Duration.ofSeconds(5)),
        nanos(
            config.hasDelayedCloseTimeout(),
            config.getDelayedCloseTimeout(),
            Duration.ofSeconds(1)),
        nanos(config.hasRequestHeadersTimeout(), config.getRequestHeadersTimeout(), Duration.ZERO),
        nanos(config.hasRequestTimeout(), config.getRequestTimeout(), Duration.ZERO),
        nanos(config.hasStreamIdleTimeout(), config.getStreamIdleTimeout(), Duration.ofMinutes(5)),
        nanos(common.hasMaxStreamDuration(), common.getMaxStreamDuration(), Duration.ZERO));
  }

  private static long nanos(boolean set, com.google.protobuf.Duration value, Duration otherwise) {
    return (set ? JavaDuration.of(value) : otherwise).toNanos();
  }

  private boolean normalizesPaths() {
    return config.hasNormalizePath()
        ? config.getNormalizePath().getValue()
        : holds("http_connection_manager.normalize_path", 0);
  }

  // Thrown for once, when it is configured.
  private boolean holds(String key, int percent) {
    return runtime
        .snapshot()
        .fraction(key, new Fraction(percent, 100))
        .includes(ThreadLocalRandom.current().nextLong(Long.MAX_VALUE));
  }

  private EscapedSlashes escapedSlashes() throws ConfigException {
    if (!holds(ESCAPED_SLASHES + "_enabled", 100)) {
      return EscapedSlashes.KEEP;
    }
    return switch (config.getPathWithEscapedSlashesAction()) {
      case IMPLEMENTATION_SPECIFIC_DEFAULT -> usualEscapedSlashes();
      case KEEP_UNCHANGED -> EscapedSlashes.KEEP;
      case REJECT_REQUEST -> EscapedSlashes.REJECT;
      case UNESCAPE_AND_REDIRECT -> EscapedSlashes.REDIRECT;
      case UNESCAPE_AND_FORWARD -> EscapedSlashes.FORWARD;
      case UNRECOGNIZED ->
          throw new ConfigException(where + ".path_with_escaped_slashes_action: unknown");
    };
  }

  private EscapedSlashes usualEscapedSlashes() {
    return switch ((int) Math.min(9, runtime.snapshot().number(ESCAPED_SLASHES, 0))) {
      case PathWithEscapedSlashesAction.REJECT_REQUEST_VALUE -> EscapedSlashes.REJECT;
      case PathWithEscapedSlashesAction.UNESCAPE_AND_REDIRECT_VALUE -> EscapedSlashes.REDIRECT;
      case PathWithEscapedSlashesAction.UNESCAPE_AND_FORWARD_VALUE -> EscapedSlashes.FORWARD;
      default -> EscapedSlashes.KEEP;
    };
  }

  private static HttpSettings.@Nullable Underscores underscores(
      HeadersWithUnderscoresAction action) {
    return switch (action) {
      case REJECT_REQUEST -> HttpSettings.Underscores.REJECT;
      case DROP_HEADER -> HttpSettings.Underscores.DROP;
      default -> null;
    };
  }

  private @Nullable HostSpelling host() throws ConfigException {
    boolean any = config.hasStripAnyHostPort() && config.getStripAnyHostPort();
    if (config.getStripMatchingHostPort() && any) {
      throw new ConfigException(
          "Error: Only one of `strip_matching_host_port` or `strip_any_host_port` can be set.");
    }
    boolean strips = config.getStripMatchingHostPort() || any || config.getStripTrailingHostDot();
    return strips
        ? new HostSpelling(config.getStripMatchingHostPort(), any, config.getStripTrailingHostDot())
        : null;
  }

  private @Nullable String scheme() {
    SchemeHeaderTransformation transformation = config.getSchemeHeaderTransformation();
    if (transformation.getMatchUpstream()) {
      log.warn(
          "{}.scheme_header_transformation.match_upstream: the client's scheme is sent", where);
    }
    return transformation.hasSchemeToOverwrite() ? transformation.getSchemeToOverwrite() : null;
  }

  // It changes how requests are traced, and which UUIDs are named does not matter to anybody else.
  private void checkRequestId() throws ConfigException {
    if (!config.getRequestIdExtension().hasTypedConfig()) {
      return;
    }
    var extension = config.getRequestIdExtension().getTypedConfig();
    if (!extension.getTypeUrl().equals(UUID)) {
      throw new ConfigException(
          "Didn't find a registered implementation for type: '%s'"
              .formatted(MessageTypes.nameOf(extension.getTypeUrl())));
    }
    var unused = Unpack.as(UuidRequestIdConfig.getDefaultInstance(), extension);
  }

  private @Nullable Router router() throws ConfigException {
    Router router = null;
    int count = config.getHttpFiltersCount();
    for (int i = 0; i < count; i++) {
      HttpFilter filter = config.getHttpFilters(i);
      if (!filter.getTypedConfig().getTypeUrl().equals(ROUTER)) {
        continue; // the chain's reader sees to it
      }
      if (i != count - 1) {
        throw new ConfigException(
            ("Error: terminal filter named %s of type envoy.filters.http.router must be the last"
                    + " filter in a http filter chain.")
                .formatted(filter.getName()));
      }
      if (filter.getDisabled()) {
        throw new ConfigException(
            "Error: the last (terminal) filter (%s) in the chain cannot be disabled by default."
                .formatted(filter.getName()));
      }
      router = Unpack.as(Router.getDefaultInstance(), filter.getTypedConfig());
      ManagerFields.ROUTER
          .check(router, where + ".http_filters '" + filter.getName() + "'")
          .forEach(log::warn);
    }
    return router;
  }
}
