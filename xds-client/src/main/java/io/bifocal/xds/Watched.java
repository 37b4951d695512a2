package io.bifocal.xds;

import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What several watches of the same thing share: one subscription, and what a new one must hear. */
final class Watched<T extends Message> implements ResourceWatcher<T> {
  private final List<Watching<T>> watches = new ArrayList<>();
  private final Map<String, Resource<T>> held = new LinkedHashMap<>();
  private @Nullable Subscription subscription;
  private @Nullable XdsError lastError;

  void subscribed(Subscription subscription) {
    this.subscription = subscription;
  }

  /** Joins a watch, which hears at once what there is. */
  void add(Watching<T> watch) {
    watches.add(watch);
    if (!held.isEmpty()) {
      List<Resource<T>> known = List.copyOf(held.values());
      var replayed = watch.update(new Update<>(false, known, List.of(), known.get(0).version()));
      if (replayed instanceof Verdict.Rejected rejected) {
        watch.error(new XdsError.Rejected(rejected.message()));
      }
    }
    if (lastError != null) {
      watch.error(lastError);
    }
  }

  /** Whether nobody is left, so that the subscription was ended. */
  boolean remove(Watching<T> watch) {
    watches.remove(watch);
    if (watches.isEmpty() && subscription != null) {
      subscription.close();
      return true;
    }
    return false;
  }

  @Override
  public Verdict onUpdate(Update<T> update) {
    Verdict verdict =
        Verdicts.join(new ArrayList<>(watches).stream().map(w -> w.update(update)).toList());
    if (verdict instanceof Verdict.Pending pending) {
      pending.whenSettled(known -> keep(update, known));
    } else {
      keep(update, verdict);
    }
    return verdict;
  }

  // Of an update that was refused, a new watch hears what somebody took all the same.
  private void keep(Update<T> update, Verdict verdict) {
    if (update.whole()) {
      Set<String> listed = new HashSet<>();
      update.resources().forEach(resource -> listed.add(resource.name()));
      held.keySet().retainAll(listed);
    }
    update.removed().forEach(held::remove);
    boolean refused = verdict instanceof Verdict.Rejected;
    for (Resource<T> resource : update.resources()) {
      if (!refused || watches.stream().anyMatch(w -> resource.equals(w.inForce(resource.name())))) {
        held.put(resource.name(), resource);
      }
    }
    lastError =
        verdict instanceof Verdict.Rejected rejected
            ? new XdsError.Rejected(rejected.message())
            : null;
  }

  /** The client is closed. */
  void end() {
    new ArrayList<>(watches).forEach(Watching::close);
  }

  @Override
  public void onError(XdsError error) {
    lastError = error;
    new ArrayList<>(watches).forEach(watch -> watch.error(error));
  }
}
