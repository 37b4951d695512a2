package io.bifocal.dataplane.http.filter.rbac;

import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.expression.Expression;
import io.envoyproxy.envoy.config.rbac.v3.Policy;
import io.envoyproxy.envoy.config.rbac.v3.RBAC;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Policies in the order of their names; source: {@code envoy.config.rbac.v3.RBAC}. */
record Policies(Effect effect, List<Named> policies) implements Engine {
  private static final Logger log = LoggerFactory.getLogger(Policies.class);
  private static final SupportedFields FIELDS =
      SupportedFields.of(RBAC.getDescriptor())
          .supports("action", "policies")
          .ignores("nor does Envoy obey it", "audit_logging_options");
  private static final SupportedFields POLICY =
      SupportedFields.of(Policy.getDescriptor())
          .supports("permissions", "principals", "condition", "checked_condition");

  /**
   * One policy.
   *
   * @param condition true of all it is for; null for none
   */
  record Named(
      String name,
      Predicate<Subject> permission,
      Predicate<Subject> principal,
      @Nullable Expression condition) {
    boolean isFor(Subject subject) {
      return permission.test(subject)
          && principal.test(subject)
          && (condition == null || condition.holds(subject.info()));
    }
  }

  Policies {
    policies = List.copyOf(policies);
  }

  /**
   * Reads them.
   *
   * @throws ConfigException when a condition is of a kind that is not served
   */
  static Policies of(RBAC config, String path) throws ConfigException {
    FIELDS.check(config, path).forEach(log::warn);
    List<Named> policies = new ArrayList<>();
    for (Map.Entry<String, Policy> entry : new TreeMap<>(config.getPoliciesMap()).entrySet()) {
      String at = path + ".policies['" + entry.getKey() + "']";
      POLICY.check(entry.getValue(), at);
      policies.add(
          new Named(
              entry.getKey(),
              Permissions.any(entry.getValue().getPermissionsList(), at + ".permissions"),
              Principals.any(entry.getValue().getPrincipalsList(), at + ".principals"),
              condition(entry.getValue())));
    }
    return new Policies(Effect.valueOf(config.getAction().name()), policies);
  }

  private static @Nullable Expression condition(Policy config) throws ConfigException {
    if (config.hasCheckedCondition()) {
      return Expression.of(config.getCheckedCondition());
    }
    return config.hasCondition() ? Expression.of(config.getCondition()) : null;
  }

  @Override
  public Decision decide(Subject subject) {
    for (int i = 0; i < policies.size(); i++) {
      Named policy = policies.get(i);
      if (policy.isFor(subject)) {
        return new Decision(effect != Effect.DENY, policy.name, hint(LogHint.LOG));
      }
    }
    return new Decision(effect != Effect.ALLOW, "", hint(LogHint.LEAVE));
  }

  private LogHint hint(LogHint of) {
    return effect == Effect.LOG ? of : LogHint.NONE;
  }
}
