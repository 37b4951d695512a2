package io.bifocal.dataplane.http.filter.rbac;

import com.google.protobuf.Any;
import com.google.protobuf.util.Durations;
import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.extension.ListenerContext;
import io.bifocal.dataplane.extension.NetworkFilter;
import io.bifocal.dataplane.extension.NetworkFilterFactory;
import io.bifocal.dataplane.stats.Scope;
import io.envoyproxy.envoy.extensions.filters.network.rbac.v3.RBAC;
import java.time.Duration;

/** Makes {@code envoy.filters.network.rbac}. */
public final class NetworkRbacFactory implements NetworkFilterFactory {
  private static final SupportedFields FIELDS =
      SupportedFields.of(RBAC.getDescriptor())
          .supports(
              "rules",
              "matcher",
              "shadow_rules",
              "shadow_matcher",
              "shadow_rules_stat_prefix",
              "stat_prefix",
              "enforcement_type",
              "delay_deny");

  private final Scope root;

  public NetworkRbacFactory(Scope root) {
    this.root = root;
  }

  @Override
  public NetworkFilter create(Any any, ListenerContext context) throws ConfigException {
    RBAC config = Unpack.as(RBAC.getDefaultInstance(), any);
    String path = "listener '" + context.listenerName() + "' rbac";
    FIELDS.check(config, path);
    String shadowPrefix = config.getShadowRulesStatPrefix();
    Scope scope = RbacStats.below(root, config.getStatPrefix()).scope("rbac");
    return new NetworkRbac(
        new RbacSettings(
            RbacSettings.engine(
                config.hasMatcher() ? config.getMatcher() : null,
                config.hasRules() ? config.getRules() : null,
                false,
                path + ".rules"),
            RbacSettings.engine(
                config.hasShadowMatcher() ? config.getShadowMatcher() : null,
                config.hasShadowRules() ? config.getShadowRules() : null,
                false,
                path + ".shadow_rules"),
            false),
        RbacStats.in(scope, "", shadowPrefix),
        new RbacReport("envoy.filters.network.rbac", "", shadowPrefix),
        config.getEnforcementType() == RBAC.EnforcementType.CONTINUOUS,
        Duration.ofNanos(Durations.toNanos(config.getDelayDeny())));
  }
}
