package io.bifocal.xds;

import io.bifocal.xds.internal.tree.Judge;
import io.bifocal.xds.internal.tree.Tree;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A watch of a tree: what its listener says becomes the judgement of the tree. */
final class TreeWatching<S> implements Judge<S>, Watching.Subject {
  /** Makes the tree for its judge. */
  interface Plant<S> {
    Tree<S> plant(Judge<S> judge);
  }

  private final WatchListener<S> listener;
  private final Delivery delivery;
  private final Watching<S> watch;
  private final ResourceType<?> type;
  private final String name;
  private @Nullable Tree<S> tree;

  TreeWatching(
      ResourceType<?> type,
      String name,
      WatchListener<S> listener,
      Delivery delivery,
      Watching<S> watch) {
    this.type = type;
    this.name = name;
    this.listener = listener;
    this.delivery = delivery;
    this.watch = watch;
  }

  /** Begins, on the loop. */
  void start(Plant<S> plant) {
    tree = plant.plant(this);
  }

  @Override
  public Verdict offer(S snapshot) {
    return delivery.ask(
        () -> {
          Verdict verdict = listener.onUpdate(snapshot);
          if (verdict instanceof Verdict.Pending pending) {
            pending.whenSettled(known -> delivery.tell(() -> take(snapshot, known)));
          } else {
            take(snapshot, verdict);
          }
          return verdict;
        });
  }

  private void take(S snapshot, Verdict verdict) {
    if (verdict instanceof Verdict.Rejected rejected) {
      watch.beside(WatchError.rejected(type, name, rejected.message()));
    } else {
      watch.inForce(snapshot, null);
    }
  }

  @Override
  public void renew(S snapshot) {
    delivery.tell(() -> watch.inForce(snapshot, null));
  }

  @Override
  public void end(WatchError error) {
    delivery.tell(
        () -> {
          watch.without(error);
          listener.onError(error);
        });
  }

  @Override
  public void ambient(WatchError error) {
    delivery.tell(
        () -> {
          watch.beside(error);
          if (watch.hasValue()) {
            listener.onAmbientError(error);
          } else {
            listener.onError(error);
          }
        });
  }

  @Override
  public List<WatchError> missing() {
    if (watch.hasValue()) {
      return List.of();
    }
    List<WatchError> missing = tree == null ? List.of() : tree.missing();
    return missing.isEmpty() ? List.of(WatchError.silence(type, name)) : missing;
  }

  @Override
  public void leave() {
    if (tree != null) {
      tree.close();
    }
  }
}
