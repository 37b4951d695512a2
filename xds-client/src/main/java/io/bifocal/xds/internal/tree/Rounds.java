package io.bifocal.xds.internal.tree;

import com.google.protobuf.Message;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.Verdict;
import io.bifocal.xds.WatchError;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A tree of resources, looked at in rounds. What is heard between two rounds is taken together;
 * when the tree is whole then, and not what it was, it is offered. Refused, all that the round
 * brought is undone, and what brought it is refused; accepted, parts that are no longer needed are
 * let go. On the loop.
 */
final class Rounds<S> implements Tree<S> {
  private final Ground ground;
  private final Judge<S> judge;
  private final Map<ResourceType<?>, Kind<?, ?>> kinds;
  private final Map<PartKey<?>, Slot<?>> slots = new LinkedHashMap<>();
  private final Slot<?> root;

  /** What the next round will take, and what will be answered to it. */
  private final Set<Slot<?>> heard = new LinkedHashSet<>();

  private final Set<WatchError> ambient = new LinkedHashSet<>();
  private Verdict.Pending gathering = Verdict.pending();

  /** Of the round that is under way. */
  private final Map<Slot<?>, Slot.Before<?>> before = new LinkedHashMap<>();

  private boolean reshaped;
  private boolean moved;
  private boolean changed;
  private boolean judging;
  private @Nullable S published;
  private boolean closed;

  Rounds(Ground ground, Judge<S> judge, ConfigSource clusterSource, PartKey<?> root) {
    this.ground = ground;
    this.judge = judge;
    Routing routing = new Routing(clusterSource);
    Scopes scopes = new Scopes(routing);
    this.kinds =
        Map.of(
            ResourceType.LISTENER, new Listeners(routing, scopes),
            Scopes.TYPE, scopes,
            ResourceType.ROUTES, routing,
            VirtualHosts.TYPE, new VirtualHosts(routing),
            ResourceType.CLUSTER, new Clusters(),
            ResourceType.ENDPOINTS, new Endpoints(),
            Members.TYPE, new Members());
    this.root = slotOf(root);
  }

  // --- what slots say

  Slot<?> slotOf(PartKey<?> key) {
    Slot<?> known = slots.get(key);
    return known != null ? known : fetch(key);
  }

  private <T extends Message> Slot<T> fetch(PartKey<T> key) {
    @SuppressWarnings("unchecked") // the map is filled so
    Kind<T, ?> kind = (Kind<T, ?>) Objects.requireNonNull(kinds.get(key.type()));
    Slot<T> fresh = new Slot<>(this, key, kind);
    slots.put(key, fresh);
    reshaped = true;
    fresh.fetch(ground);
    return fresh;
  }

  Verdict offered(Slot<?> slot, Slot.Settled<?> news) {
    if (closed) {
      return Verdict.accept();
    }
    heard.add(slot);
    ground.due(this);
    return gathering;
  }

  void ambient(WatchError error) {
    // A stream that breaks concerns every part, and is told of once.
    ambient.add(
        error.kind() == WatchError.Kind.TRANSPORT
            ? new WatchError(
                error.kind(), root.key().type(), root.key().name(), "", error.message())
            : error);
    ground.due(this);
  }

  void noteBefore(Slot<?> slot, Slot.Before<?> held) {
    before.putIfAbsent(slot, held);
  }

  /** What a slot needs has changed, so that something may be needed no more. */
  void reshaped() {
    reshaped = true;
  }

  void moved(boolean onlyVersion) {
    moved = true;
    changed |= !onlyVersion;
  }

  // --- rounds

  @Override
  public void evaluate() {
    if (closed || judging) {
      return;
    }
    if (!heard.isEmpty()) {
      Verdict.Pending answer = gathering;
      gathering = Verdict.pending();
      List<Slot<?>> news = List.copyOf(heard);
      heard.clear();
      before.clear();
      moved = false;
      changed = false;
      news.forEach(Slot::take);
      show(answer);
    }
    if (!judging) {
      tellAmbient();
    }
  }

  private void show(Verdict.Pending answer) {
    if (!root.isKnown() || !moved) {
      finish(Verdict.accept(), answer, published);
      return;
    }
    WatchError missing = Objects.requireNonNull(root.part()).error().orElse(null);
    if (missing != null) {
      finish(Verdict.accept(), answer, null);
      if (changed) {
        judge.end(missing);
      }
      return;
    }
    @SuppressWarnings("unchecked") // the root's kind shows it so
    S candidate = (S) root.view();
    if (candidate.equals(published)) {
      finish(Verdict.accept(), answer, published);
    } else if (!changed && published != null) {
      finish(Verdict.accept(), answer, candidate);
      judge.renew(candidate);
    } else {
      judging = true;
      Verdict verdict = judge.offer(candidate);
      if (verdict instanceof Verdict.Pending later) {
        later.whenSettled(
            known -> {
              judged(known, answer, candidate);
              tellAmbient();
            });
      } else {
        judged(verdict, answer, candidate);
      }
    }
  }

  private void judged(Verdict verdict, Verdict.Pending answer, S candidate) {
    judging = false;
    if (closed) {
      answer.settle(verdict);
      return;
    }
    if (verdict instanceof Verdict.Rejected rejected) {
      before.forEach((slot, held) -> slot.restore(held, rejected.message()));
    }
    finish(verdict, answer, verdict instanceof Verdict.Rejected ? published : candidate);
    if (!heard.isEmpty()) {
      ground.due(this);
    }
  }

  private void finish(Verdict verdict, Verdict.Pending answer, @Nullable S inForce) {
    published = inForce;
    if (reshaped) {
      reshaped = false;
      letGo();
    }
    answer.settle(verdict);
  }

  // After the new is taken: whatever both need is never without a subscription.
  private void letGo() {
    Set<Slot<?>> living = new LinkedHashSet<>();
    Deque<Slot<?>> reached = new ArrayDeque<>(List.of(root));
    for (Slot<?> slot = reached.poll(); slot != null; slot = reached.poll()) {
      if (living.add(slot)) {
        slot.needs().forEach(key -> reached.add(slotOf(key)));
      }
    }
    if (living.size() == slots.size()) {
      return;
    }
    List<Slot<?>> dead = new ArrayList<>(slots.values());
    dead.removeAll(living);
    for (Slot<?> slot : dead) {
      slots.remove(slot.key());
      heard.remove(slot);
      slot.close();
    }
    living.forEach(slot -> slot.keepParents(living));
  }

  private void tellAmbient() {
    List<WatchError> told = List.copyOf(ambient);
    ambient.clear();
    told.forEach(judge::ambient);
  }

  // --- what others ask

  @Override
  public List<WatchError> missing() {
    return slots.values().stream()
        .map(Slot::whyMissing)
        .filter(Objects::nonNull)
        .map(Objects::requireNonNull)
        .toList();
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    slots.values().forEach(Slot::close);
    slots.clear();
    heard.clear();
    gathering.settle(Verdict.accept());
  }
}
