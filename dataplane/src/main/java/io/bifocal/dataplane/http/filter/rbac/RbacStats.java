package io.bifocal.dataplane.http.filter.rbac;

import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Scope;

/**
 * {@code <where>.rbac.*}: what was allowed and denied, and what would have been.
 *
 * @param rules the scope of the enforced ones
 * @param shadow the scope of the others
 */
record RbacStats(
    Scope rules,
    Scope shadow,
    Counter allowed,
    Counter denied,
    Counter shadowAllowed,
    Counter shadowDenied) {
  /**
   * Makes them.
   *
   * @param scope with {@code rbac} at its end
   * @param rulesPrefix goes between it and the statistic's name; so does {@code shadowPrefix}
   */
  static RbacStats in(Scope scope, String rulesPrefix, String shadowPrefix) {
    Scope rules = below(scope, rulesPrefix);
    Scope shadow = below(scope, shadowPrefix);
    return new RbacStats(
        rules,
        shadow,
        rules.counter("allowed"),
        rules.counter("denied"),
        shadow.counter("shadow_allowed"),
        shadow.counter("shadow_denied"));
  }

  static Scope below(Scope scope, String prefix) {
    String bare = prefix.endsWith(".") ? prefix.substring(0, prefix.length() - 1) : prefix;
    return bare.isEmpty() ? scope : scope.scope(bare);
  }

  void enforced(Engine.Decision decision, int shard, boolean perPolicy) {
    (decision.allowed() ? allowed : denied).at(shard).inc();
    if (perPolicy && !decision.policy().isEmpty()) {
      ofPolicy(rules, decision.policy(), decision.allowed() ? "allowed" : "denied", shard);
    }
  }

  void inTheShadow(Engine.Decision decision, int shard, boolean perPolicy) {
    (decision.allowed() ? shadowAllowed : shadowDenied).at(shard).inc();
    if (perPolicy && !decision.policy().isEmpty()) {
      String name = decision.allowed() ? "shadow_allowed" : "shadow_denied";
      ofPolicy(shadow, decision.policy(), name, shard);
    }
  }

  private static void ofPolicy(Scope scope, String policy, String name, int shard) {
    scope.scope("policy." + policy).counter(name).at(shard).inc();
  }
}
