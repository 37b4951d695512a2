package io.bifocal.dataplane.http.filter.rbac;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.bifocal.dataplane.http.filter.HttpFilterContext;
import io.bifocal.dataplane.http.filter.HttpFilterFactory;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBACPerRoute;

/**
 * Makes {@code envoy.filters.http.rbac}; the most specific level of a route says what is enforced,
 * the filter's own configuration where it is counted.
 */
public final class RbacFactory implements HttpFilterFactory {
  static final String KIND = "envoy.filters.http.rbac";

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public String typeUrl() {
    return MessageTypes.url(RBAC.getDescriptor());
  }

  @Override
  public String routeTypeUrl() {
    return MessageTypes.url(RBACPerRoute.getDescriptor());
  }

  @Override
  public boolean upstream() {
    return true;
  }

  @Override
  public HttpFilter.Maker create(Any any, HttpFilterContext context) throws ConfigException {
    RBAC config = Unpack.as(RBAC.getDefaultInstance(), any);
    RbacSettings settings = RbacSettings.of(config, context.path());
    String rulesPrefix = config.getRulesStatPrefix();
    String shadowPrefix = config.getShadowRulesStatPrefix();
    RbacStats stats = RbacStats.in(context.scope().scope("rbac"), rulesPrefix, shadowPrefix);
    RbacReport report = new RbacReport(KIND, rulesPrefix, shadowPrefix);
    return stream -> new RbacFilter(stream, settings, stats, report);
  }

  @Override
  public Object routeConfig(Any any) throws ConfigException {
    RBACPerRoute config = Unpack.as(RBACPerRoute.getDefaultInstance(), any);
    return config.hasRbac()
        ? RbacSettings.of(config.getRbac(), "typed_per_filter_config.rbac")
        : RbacSettings.NONE;
  }
}
