package io.bifocal.dataplane.http.filter;

import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
import io.bifocal.dataplane.cluster.UpstreamFilters;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.stats.Scope;
import io.envoyproxy.envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import java.util.List;

/**
 * Reads the filters between the router and an upstream, at whose end is the codec: a cluster's own,
 * or else the router's. Confined to the control loop.
 */
public final class UpstreamChainReader implements UpstreamFilters.Reader {
  private static final String CODEC = "envoy.filters.http.upstream_codec";

  private final FilterChainReader filters;

  public UpstreamChainReader(FilterChainReader filters) {
    this.filters = filters;
  }

  /** {@code HttpProtocolOptions.http_filters} of a cluster. */
  @Override
  public FilterChain read(List<HttpFilter> all, String path, Scope scope, InitManager init)
      throws ConfigException {
    if (!isCodec(all.get(all.size() - 1))) {
      throw new ConfigException(
          "The codec filter is the only valid terminal upstream HTTP filter, use"
              + " 'envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec'");
    }
    return read(Position.CLUSTER, all, path, scope, init);
  }

  /** {@code upstream_http_filters} of a router; the scope is {@code http.<stat_prefix>.} */
  public FilterChain ofRouter(List<HttpFilter> all, String path, Scope scope, InitManager init)
      throws ConfigException {
    return read(Position.ROUTER, all, path, scope, init);
  }

  private FilterChain read(
      Position position, List<HttpFilter> all, String path, Scope scope, InitManager init)
      throws ConfigException {
    int last = all.size() - 1;
    for (int i = 0; i < last; i++) {
      if (isCodec(all.get(i))) {
        throw new ConfigException(position.mustBeLast(all.get(i).getName(), CODEC));
      }
    }
    boolean whole = last < 0 || isCodec(all.get(last));
    if (whole && last >= 0 && all.get(last).getDisabled()) {
      throw new ConfigException(
          "Error: the last (terminal) filter (%s) in the chain cannot be disabled by default."
              .formatted(all.get(last).getName()));
    }
    List<HttpFilter> before = whole && last >= 0 ? all.subList(0, last) : all;
    return filters.read(position, before, whole, path, scope, init);
  }

  private static boolean isCodec(HttpFilter filter) {
    return MessageTypes.is(filter.getTypedConfig(), UpstreamCodec.getDescriptor());
  }
}
