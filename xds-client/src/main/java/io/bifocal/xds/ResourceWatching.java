package io.bifocal.xds;

import com.google.protobuf.Message;
import io.bifocal.xds.internal.tree.Ground.Ear;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one watch of a resource, or of all of a type, makes of its updates. All but the entries from
 * the loop runs where the listener does.
 *
 * @param <V> what the watch shows of the resources in force
 */
final class ResourceWatching<T extends Message, V> implements Ear<T>, Watching.Subject {
  /** What a watch shows of the resources in force; empty when that is nothing. */
  interface View<T extends Message, V> {
    Optional<V> of(Map<String, Resource<T>> inForce);
  }

  private final ResourceType<T> type;
  private final String name;
  private final WatchListener<Resource<T>> listener;
  private final Delivery delivery;
  private final Watching<V> watch;
  private final View<T, V> view;
  private final Watches.Place<T> place;
  private final Map<String, Resource<T>> inForce = new LinkedHashMap<>();
  private volatile Map<String, Resource<T>> seen = Map.of();
  private @Nullable WatchError error;
  private boolean judged;

  ResourceWatching(
      Watches.Place<T> place,
      WatchListener<Resource<T>> listener,
      Delivery delivery,
      Watching<V> watch,
      View<T, V> view) {
    this.place = place;
    this.type = place.type();
    this.name = place.name();
    this.listener = listener;
    this.delivery = delivery;
    this.watch = watch;
    this.view = view;
  }

  /** Begins to hear, on the loop. */
  void join() {
    place.join(this);
  }

  @Override
  public Verdict update(Update<T> update) {
    return delivery.ask(() -> apply(update));
  }

  @Override
  public void error(WatchError error) {
    delivery.tell(() -> fail(error));
  }

  @Override
  public boolean holds(Resource<T> resource) {
    return resource.equals(seen.get(resource.name()));
  }

  @Override
  public List<WatchError> missing() {
    if (watch.hasValue()) {
      return List.of();
    }
    return List.of(watch.error().orElseGet(() -> WatchError.silence(type, name)));
  }

  @Override
  public void leave() {
    place.leave(this);
  }

  private boolean watchesAll() {
    return name.isEmpty();
  }

  private void fail(WatchError error) {
    this.error = error;
    publish();
    if (seen.isEmpty() && !(watchesAll() && judged)) {
      listener.onError(error);
    } else {
      listener.onAmbientError(error);
    }
  }

  private Verdict apply(Update<T> update) {
    Set<String> gone = new HashSet<>(update.removed());
    if (update.whole()) {
      gone.addAll(inForce.keySet());
      update.resources().forEach(resource -> gone.remove(resource.name()));
    }
    List<Verdict> verdicts = new ArrayList<>();
    for (Resource<T> resource : update.resources()) {
      Resource<T> before = inForce.get(resource.name());
      if (before != null && before.value().equals(resource.value())) {
        inForce.put(resource.name(), resource);
      } else {
        verdicts.add(offer(resource));
      }
    }
    WatchError before = error;
    Verdict verdict = Verdicts.join(verdicts);
    List<WatchError> ends = remove(gone);
    judged = true;
    settled(verdict, ends);
    if (verdict instanceof Verdict.Pending pending) {
      pending.whenSettled(known -> delivery.tell(() -> settled(known, ends)));
    }
    // That something still does not exist is no news.
    ends.stream().filter(end -> !end.equals(before)).forEach(listener::onError);
    return verdict;
  }

  private List<WatchError> remove(Set<String> gone) {
    List<WatchError> ends = new ArrayList<>();
    for (String lost : gone) {
      boolean had = inForce.remove(lost) != null;
      if (had || !watchesAll()) {
        ends.add(WatchError.doesNotExist(type, lost));
      }
    }
    return ends;
  }

  private Verdict offer(Resource<T> resource) {
    Verdict verdict = listener.onUpdate(resource);
    if (verdict instanceof Verdict.Pending pending) {
      pending.whenSettled(
          known ->
              delivery.tell(
                  () -> {
                    take(resource, known);
                    publish();
                  }));
    } else {
      take(resource, verdict);
    }
    return Verdicts.on(resource.name(), verdict);
  }

  private void take(Resource<T> resource, Verdict verdict) {
    if (verdict instanceof Verdict.Rejected rejected) {
      error = WatchError.rejected(type, resource.name(), rejected.message());
    } else {
      inForce.put(resource.name(), resource);
    }
  }

  private void settled(Verdict verdict, List<WatchError> ends) {
    if (verdict instanceof Verdict.Accepted) {
      error = null;
    }
    if (!watchesAll() && !ends.isEmpty()) {
      error = ends.get(0);
    }
    publish();
  }

  private void publish() {
    seen = Collections.unmodifiableMap(new LinkedHashMap<>(inForce));
    Optional<V> shown = watchesAll() && !judged ? Optional.empty() : view.of(seen);
    if (shown.isPresent()) {
      watch.inForce(shown.get(), error);
    } else {
      watch.without(error);
    }
  }
}
