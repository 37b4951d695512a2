package io.bifocal.dataplane.http.filter.rbac;

import com.github.xds.type.matcher.v3.Matcher;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.match.MatchTree;
import io.bifocal.dataplane.match.MatchTreeReader;
import io.envoyproxy.envoy.config.rbac.v3.Action;

/** A tree whose leaves allow or deny; whom none takes is denied. */
record ActionTree(MatchTree<Subject, Leaf> tree, boolean logs) implements Engine {
  /** What happens to those that come there; source: {@code envoy.config.rbac.v3.Action}. */
  record Leaf(String policy, Effect effect) {}

  static ActionTree of(Matcher config, boolean requests, String path) throws ConfigException {
    boolean[] logs = new boolean[1];
    MatchTree<Subject, Leaf> tree =
        new MatchTreeReader<>(
                Inputs.of(requests),
                typed -> {
                  Action action = Unpack.as(Action.getDefaultInstance(), typed.getTypedConfig());
                  Effect effect = Effect.valueOf(action.getAction().name());
                  logs[0] |= effect == Effect.LOG;
                  return new Leaf(action.getName(), effect);
                })
            .read(config, path);
    return new ActionTree(tree, logs[0]);
  }

  @Override
  public Decision decide(Subject subject) {
    Leaf leaf = tree.match(subject);
    boolean log = leaf != null && leaf.effect == Effect.LOG;
    LogHint hint = !logs ? LogHint.NONE : log ? LogHint.LOG : LogHint.LEAVE;
    return leaf == null
        ? new Decision(false, "", hint)
        : new Decision(leaf.effect != Effect.DENY, leaf.policy, hint);
  }
}
