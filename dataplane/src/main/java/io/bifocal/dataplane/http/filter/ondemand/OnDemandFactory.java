package io.bifocal.dataplane.http.filter.ondemand;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.SupportedFields;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.cluster.ClusterQuestions;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.bifocal.dataplane.http.filter.HttpFilterContext;
import io.bifocal.dataplane.http.filter.HttpFilterFactory;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.extensions.filters.http.on_demand.v3.OnDemand;
import io.envoyproxy.envoy.extensions.filters.http.on_demand.v3.PerRouteConfig;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes {@code envoy.filters.http.on_demand}: a request whose route is missing waits for it, and so
 * does one whose cluster is missing, if it is said where clusters are asked for.
 *
 * <p>Source: {@code envoy.extensions.filters.http.on_demand.v3}.
 */
public final class OnDemandFactory implements HttpFilterFactory {
  private static final Logger log = LoggerFactory.getLogger(OnDemandFactory.class);
  private static final SupportedFields FIELDS =
      SupportedFields.of(OnDemand.getDescriptor()).supports("odcds");
  private static final SupportedFields ROUTE_FIELDS =
      SupportedFields.of(PerRouteConfig.getDescriptor()).supports("odcds");

  private final ClusterQuestions clusters;
  private final Loop control;

  /**
   * Makes the factory.
   *
   * @param clusters where a missing cluster is asked for
   */
  public OnDemandFactory(ClusterQuestions clusters, Loop control) {
    this.clusters = clusters;
    this.control = control;
  }

  @Override
  public String kind() {
    return "envoy.filters.http.on_demand";
  }

  @Override
  public String typeUrl() {
    return MessageTypes.url(OnDemand.getDescriptor());
  }

  @Override
  public String routeTypeUrl() {
    return MessageTypes.url(PerRouteConfig.getDescriptor());
  }

  @Override
  public HttpFilter.Maker create(Any any, HttpFilterContext context) throws ConfigException {
    OnDemand config = Unpack.as(OnDemand.getDefaultInstance(), any);
    FIELDS.check(config, context.path()).forEach(log::warn);
    Optional<ClusterDiscovery> discovery =
        config.hasOdcds()
            ? Optional.of(ClusterDiscovery.of(config.getOdcds(), context.path() + ".odcds"))
            : Optional.empty();
    OnDemandStats stats = OnDemandStats.in(context.scope());
    return stream -> new OnDemandFilter(stream, discovery, clusters, control, stats);
  }

  /** Where a route's cluster is asked for; an empty one turns that off. */
  @Override
  public Object routeConfig(Any any) throws ConfigException {
    PerRouteConfig config = Unpack.as(PerRouteConfig.getDefaultInstance(), any);
    ROUTE_FIELDS.check(config, "typed_per_filter_config").forEach(log::warn);
    return new OnRoute(
        config.hasOdcds()
            ? Optional.of(ClusterDiscovery.of(config.getOdcds(), "typed_per_filter_config.odcds"))
            : Optional.empty());
  }
}
