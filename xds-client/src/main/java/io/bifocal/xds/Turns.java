package io.bifocal.xds;

import com.google.protobuf.Message;
import io.bifocal.xds.internal.tree.Ground;
import io.bifocal.xds.internal.tree.Tree;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Looks at trees when something has changed for them: at all that have news in one turn of the
 * loop, while requests are held, so that many new names make one request of each type.
 */
final class Turns implements Ground {
  /**
   * Children first: as with Envoy, what is newly named is asked for before its namer is answered.
   */
  private static final List<ResourceType<?>> TYPES =
      List.of(
          ResourceType.ENDPOINTS, ResourceType.CLUSTER, ResourceType.ROUTES, ResourceType.LISTENER);

  private final Loop loop;
  private final Watches watches;
  private final Subscriptions subscriptions;
  private final Set<Tree<?>> due = new LinkedHashSet<>();

  Turns(Loop loop, Watches watches, Subscriptions subscriptions) {
    this.loop = loop;
    this.watches = watches;
    this.subscriptions = subscriptions;
  }

  @Override
  public <T extends Message> Runnable fetch(
      ConfigSource source, ResourceType<T> type, String name, Ear<T> ear) {
    watches.join(source, type, name, ear);
    return () -> watches.leave(source, type, name, ear);
  }

  @Override
  public void due(Tree<?> tree) {
    if (due.isEmpty()) {
      loop.execute(this::run);
    }
    due.add(tree);
  }

  private void run() {
    List<Tree<?>> trees = List.copyOf(due);
    due.clear();
    List<Hold> holds = TYPES.stream().map(subscriptions::hold).toList();
    try {
      trees.forEach(Tree::evaluate);
    } finally {
      holds.forEach(Hold::close);
    }
  }
}
