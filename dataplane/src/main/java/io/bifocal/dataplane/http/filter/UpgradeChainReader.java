package io.bifocal.dataplane.http.filter;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.stats.Scope;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the filters that requests for another protocol have in the place of all others. Behind them
 * is the connection manager's own router. Confined to the control loop.
 *
 * <p>Source: {@code HttpConnectionManager.UpgradeConfig.filters}.
 */
public final class UpgradeChainReader {
  private static final String ROUTER = "envoy.filters.http.router";

  private final FilterChainReader filters;

  public UpgradeChainReader(FilterChainReader filters) {
    this.filters = filters;
  }

  /**
   * Reads those of one protocol.
   *
   * @param all in order; at least one
   * @param router the connection manager's own; null when it has none
   * @param path of the protocol's configuration
   * @param scope {@code http.<stat_prefix>.}
   * @param init waits for what is discovered
   * @throws ConfigException in Envoy's words where it has any; nothing is left subscribed then
   */
  public FilterChain read(
      List<HttpFilter> all, @Nullable Router router, String path, Scope scope, InitManager init)
      throws ConfigException {
    int last = all.size() - 1;
    for (HttpFilter filter : all.subList(0, last)) {
      if (isRouter(filter)) {
        throw new ConfigException(Position.UPGRADE.mustBeLast(filter.getName(), ROUTER));
      }
    }
    HttpFilter end = all.get(last);
    if (!isRouter(end)) {
      return filters.read(Position.UPGRADE, all, false, path, scope, init);
    }
    if (end.getDisabled()) {
      throw new ConfigException(
          "Error: the last (terminal) filter (%s) in the chain cannot be disabled by default."
              .formatted(end.getName()));
    }
    Any config = end.getTypedConfig();
    if (!Unpack.as(Router.getDefaultInstance(), config).equals(router)) {
      throw new ConfigException(
          "%s.filters '%s': not supported when it differs from the connection manager's own router"
              .formatted(path, end.getName()));
    }
    return filters.read(Position.UPGRADE, all.subList(0, last), true, path, scope, init);
  }

  private static boolean isRouter(HttpFilter filter) {
    return MessageTypes.is(filter.getTypedConfig(), Router.getDescriptor());
  }
}
