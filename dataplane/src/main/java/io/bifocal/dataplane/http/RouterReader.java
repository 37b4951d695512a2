package io.bifocal.dataplane.http;

import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.extension.AccessLogs;
import io.bifocal.dataplane.http.filter.UpstreamChainReader;
import io.bifocal.dataplane.http.router.RouterSettings;
import io.bifocal.dataplane.http.router.UpstreamLogs;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.stats.Scope;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** From a router's message to what of it is obeyed; which fields are, is checked before. */
final class RouterReader {
  private RouterReader() {}

  /**
   * Reads it.
   *
   * @param scope {@code http.<stat_prefix>.}
   * @param init waits for what is discovered
   */
  static RouterSettings read(
      HttpConnectionManager config,
      AccessLogs logs,
      UpstreamChainReader filters,
      Scope scope,
      InitManager init)
      throws ConfigException {
    int last = config.getHttpFiltersCount() - 1;
    if (last < 0
        || !MessageTypes.is(config.getHttpFilters(last).getTypedConfig(), Router.getDescriptor())) {
      return RouterSettings.DEFAULT;
    }
    Router router =
        Unpack.as(Router.getDefaultInstance(), config.getHttpFilters(last).getTypedConfig());
    List<AsciiString> strict = new ArrayList<>();
    for (String name : router.getStrictCheckHeadersList()) {
      strict.add(AsciiString.cached(name.toLowerCase(Locale.ROOT)));
    }
    return new RouterSettings(
        !router.hasDynamicStats() || router.getDynamicStats().getValue(),
        router.getSuppressEnvoyHeaders(),
        router.getRespectExpectedRqTimeout(),
        router.getSuppressGrpcRequestFailureCodeStats(),
        strict,
        upstreamLogs(router, logs),
        router.getUpstreamHttpFiltersCount() == 0
            ? null
            : filters.ofRouter(
                router.getUpstreamHttpFiltersList(),
                "http_connection_manager '%s'.http_filters '%s'"
                    .formatted(config.getStatPrefix(), config.getHttpFilters(last).getName()),
                scope,
                init));
  }

  private static @Nullable UpstreamLogs upstreamLogs(Router router, AccessLogs logs)
      throws ConfigException {
    Router.UpstreamAccessLogOptions options = router.getUpstreamLogOptions();
    return router.getUpstreamLogCount() == 0
        ? null
        : new UpstreamLogs(
            logs.read(router.getUpstreamLogList()),
            options.getFlushUpstreamLogOnUpstreamStream(),
            JavaDuration.of(options.getUpstreamLogFlushInterval()));
  }
}
