package io.bifocal.dataplane.http.filter.rbac;

import com.github.xds.type.matcher.v3.Matcher;
import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC;
import org.jspecify.annotations.Nullable;

/**
 * What is enforced, and what would be.
 *
 * @param rules null for nothing
 * @param shadow null for nothing
 * @param perPolicy whether each policy is counted too
 */
record RbacSettings(@Nullable Engine rules, @Nullable Engine shadow, boolean perPolicy) {
  /** A route where nobody is asked. */
  static final RbacSettings NONE = new RbacSettings(null, null, false);

  private static final SupportedFields FIELDS =
      SupportedFields.of(RBAC.getDescriptor())
          .supports(
              "rules",
              "rules_stat_prefix",
              "matcher",
              "shadow_rules",
              "shadow_matcher",
              "shadow_rules_stat_prefix",
              "track_per_rule_stats");

  static RbacSettings of(RBAC config, String path) throws ConfigException {
    FIELDS.check(config, path);
    return new RbacSettings(
        engine(
            config.hasMatcher() ? config.getMatcher() : null,
            config.hasRules() ? config.getRules() : null,
            true,
            path + ".rules"),
        engine(
            config.hasShadowMatcher() ? config.getShadowMatcher() : null,
            config.hasShadowRules() ? config.getShadowRules() : null,
            true,
            path + ".shadow_rules"),
        config.getTrackPerRuleStats());
  }

  /**
   * The tree, or else the policies; null when there is neither.
   *
   * @param requests whether they are to judge requests, or connections
   */
  static @Nullable Engine engine(
      @Nullable Matcher tree,
      io.envoyproxy.envoy.config.rbac.v3.@Nullable RBAC rules,
      boolean requests,
      String path)
      throws ConfigException {
    if (tree != null) {
      return ActionTree.of(tree, requests, path.replace("rules", "matcher"));
    }
    return rules == null ? null : Policies.of(rules, path);
  }
}
