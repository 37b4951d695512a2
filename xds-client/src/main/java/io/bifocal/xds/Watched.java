package io.bifocal.xds;

import com.google.protobuf.Message;
import io.bifocal.xds.internal.tree.Ground.Ear;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What several watches of the same thing share: one subscription, and what a new one must hear. */
final class Watched<T extends Message> implements ResourceWatcher<T> {
  private final ResourceType<T> type;
  private final String name;
  private final List<Ear<T>> ears = new ArrayList<>();
  private final Map<String, Resource<T>> held = new LinkedHashMap<>();
  private final Instant began;
  private @Nullable Subscription subscription;
  private @Nullable WatchError lastError;

  /** The version of what was taken last; null before the first answer. */
  private @Nullable String version;

  /**
   * Something to be shared.
   *
   * @param name empty for all of the type
   */
  Watched(ResourceType<T> type, String name, Instant began) {
    this.type = type;
    this.name = name;
    this.began = began;
  }

  /** Of something that is known from the bootstrap and never changes. */
  static <T extends Message> Watched<T> of(ResourceType<T> type, Resource<T> known, Instant began) {
    Watched<T> watched = new Watched<>(type, known.name(), began);
    watched.held.put(known.name(), known);
    return watched;
  }

  void subscribed(Subscription subscription) {
    this.subscription = subscription;
  }

  /** Adds one, which hears at once what there is. */
  void add(Ear<T> ear) {
    ears.add(ear);
    List<Resource<T>> known = List.copyOf(held.values());
    if (!known.isEmpty()) {
      // A replay has been answered already.
      var unused = ear.update(new Update<>(false, known, List.of(), known.get(0).version()));
    } else if (version != null && lastError == null) {
      // That there is nothing is known, too.
      var unused = ear.update(new Update<>(false, known, List.of(), version));
    }
    if (lastError != null) {
      ear.error(lastError);
    }
  }

  /** Whether nobody is left, so that the subscription was ended. */
  boolean remove(Ear<T> ear) {
    ears.remove(ear);
    if (!ears.isEmpty()) {
      return false;
    }
    if (subscription != null) {
      subscription.close();
    }
    return true;
  }

  @Override
  public Verdict onUpdate(Update<T> update) {
    Verdict verdict =
        Verdicts.join(new ArrayList<>(ears).stream().map(a -> a.update(update)).toList());
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
    version = refused ? version : update.version();
    for (Resource<T> resource : update.resources()) {
      if (!refused || ears.stream().anyMatch(a -> a.holds(resource))) {
        held.put(resource.name(), resource);
      }
    }
    lastError = verdict instanceof Verdict.Rejected rejected ? refusal(rejected) : absence(update);
  }

  private WatchError refusal(Verdict.Rejected rejected) {
    return WatchError.rejected(type, name, rejected.message());
  }

  private @Nullable WatchError absence(Update<T> update) {
    boolean absent = !name.isEmpty() && !held.containsKey(name) && update.removed().contains(name);
    return absent ? WatchError.doesNotExist(type, name) : null;
  }

  @Override
  public void onError(XdsError error) {
    fail(WatchError.of(type, name, error));
  }

  void fail(WatchError error) {
    lastError = error;
    new ArrayList<>(ears).forEach(ear -> ear.error(error));
  }

  /** What there is of what is not subscribed to: a resource of the bootstrap, or an error. */
  Optional<ResourceStatus> fixedStatus() {
    if (subscription != null) {
      return Optional.empty();
    }
    Resource<T> fixed = held.get(name);
    return Optional.of(
        new ResourceStatus(
            type,
            name,
            fixed == null ? ResourceStatus.Status.RECEIVED_ERROR : ResourceStatus.Status.ACKED,
            "",
            Optional.ofNullable(fixed).map(Resource::value),
            fixed == null ? Optional.empty() : Optional.of(began),
            Optional.ofNullable(lastError)
                .map(e -> new ResourceStatus.Failure(e, began, "", Optional.empty()))));
  }
}
