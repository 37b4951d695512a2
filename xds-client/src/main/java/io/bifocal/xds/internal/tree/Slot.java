package io.bifocal.xds.internal.tree;

import com.google.protobuf.Message;
import io.bifocal.api.ConfigException;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.Update;
import io.bifocal.xds.Verdict;
import io.bifocal.xds.WatchError;
import io.bifocal.xds.snapshot.Part;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The place of one part in a tree. What is in force there stays while something newer warms, that
 * is, waits for the parts that it names.
 */
final class Slot<T extends Message> implements Ground.Ear<T> {

  /** A part of which all that it names is known. */
  record Settled<T extends Message>(Part<T> part, References references) {
    /** Whether only the version differs. */
    boolean sameAs(@Nullable Settled<T> other) {
      return other != null
          && part.value().equals(other.part.value())
          && part.error().equals(other.part.error())
          && references.equals(other.references);
    }
  }

  /** What a slot held before a round. */
  record Before<T extends Message>(@Nullable Settled<T> inForce, @Nullable Settled<T> warming) {}

  private final Rounds<?> tree;
  private final PartKey<T> key;
  private final Kind<T, ?> kind;
  private final Set<Slot<?>> parents = new LinkedHashSet<>();
  private @Nullable Settled<T> inForce;
  private @Nullable Settled<T> warming;
  private @Nullable Settled<T> news;

  /** What the warming one names and has not been found known, in order; the first is awaited. */
  private Iterator<PartKey<?>> unchecked = Collections.emptyIterator();

  private @Nullable Slot<?> awaited;
  private @Nullable Object view;
  private @Nullable WatchError lastError;
  private Runnable fetching = () -> {};

  Slot(Rounds<?> tree, PartKey<T> key, Kind<T, ?> kind) {
    this.tree = tree;
    this.key = key;
    this.kind = kind;
  }

  PartKey<T> key() {
    return key;
  }

  void fetch(Ground ground) {
    fetching = kind.fetch(ground, key, this);
  }

  void close() {
    fetching.run();
  }

  private ResourceType<?> told() {
    return kind.told(key);
  }

  // --- what is heard

  @Override
  public Verdict update(Update<T> update) {
    List<Resource<T>> resources = update.resources();
    if (resources.isEmpty()) {
      return update.removed().isEmpty() ? Verdict.accept() : removed();
    }
    Resource<T> resource = resources.get(resources.size() - 1);
    try {
      References references = kind.references(key, resource);
      return tree.offered(this, settled(new Part.Present<>(key.type(), resource), references));
    } catch (ConfigException e) {
      WatchError error =
          new WatchError(WatchError.Kind.REJECTED, told(), key.name(), e.fieldPath(), e.reason());
      error(error);
      return Verdict.reject(key.name() + ": " + e.reason());
    }
  }

  // As Envoy has it: of endpoints and routes, the last that were good stay.
  private Verdict removed() {
    WatchError error = WatchError.doesNotExist(told(), key.name());
    if (hasValue() && !key.type().wholeState()) {
      tree.ambient(error);
      return Verdict.accept();
    }
    return missing(error);
  }

  private Verdict missing(WatchError error) {
    lastError = error;
    Part<T> part = new Part.Missing<>(key.type(), key.name(), error);
    return tree.offered(this, settled(part, References.NONE));
  }

  private Settled<T> settled(Part<T> part, References references) {
    Settled<T> settled = new Settled<>(part, references);
    news = settled;
    return settled;
  }

  @Override
  public void error(WatchError error) {
    lastError = error;
    if (error.kind() == WatchError.Kind.TRANSPORT || hasValue() || warming != null) {
      tree.ambient(error);
    } else {
      var unused = missing(error);
    }
  }

  @Override
  public boolean holds(Resource<T> resource) {
    return is(inForce, resource) || is(warming, resource);
  }

  private boolean is(@Nullable Settled<T> settled, Resource<T> resource) {
    return settled != null && settled.part().resource().filter(resource::equals).isPresent();
  }

  private boolean hasValue() {
    Settled<T> newest = news != null ? news : inForce;
    return newest != null && newest.part().resource().isPresent();
  }

  // --- what becomes of it

  /** Takes what was heard last, within a round. */
  void take() {
    Settled<T> heard = news;
    news = null;
    if (heard == null) {
      return;
    }
    tree.noteBefore(this, new Before<>(inForce, warming));
    if (warming != null) {
      tree.reshaped();
    }
    warming = heard;
    heard.references().parts().forEach(child -> tree.slotOf(child).parents.add(this));
    checkAnew();
    settle();
  }

  private void settle() {
    Settled<T> ready = warming;
    if (ready == null || !allKnown()) {
      return;
    }
    tree.noteBefore(this, new Before<>(inForce, warming));
    boolean same = ready.sameAs(inForce);
    if (inForce != null && !inForce.references().equals(ready.references())) {
      tree.reshaped();
    }
    inForce = ready;
    warming = null;
    forgetView();
    tree.moved(same);
    for (Slot<?> parent : List.copyOf(parents)) {
      parent.settle();
    }
  }

  private void checkAnew() {
    unchecked =
        warming == null ? Collections.emptyIterator() : warming.references().parts().iterator();
    awaited = null;
  }

  // Goes on where it stopped: thousands of parts become known one after the other.
  private boolean allKnown() {
    while (awaited == null || awaited.isKnown()) {
      if (!unchecked.hasNext()) {
        return true;
      }
      awaited = tree.slotOf(unchecked.next());
    }
    return false;
  }

  void restore(Before<?> before, String reason) {
    @SuppressWarnings("unchecked") // it was noted by this slot
    Before<T> mine = (Before<T>) before;
    inForce = mine.inForce();
    warming = mine.warming();
    checkAnew();
    parents.forEach(Slot::checkAnew);
    lastError = new WatchError(WatchError.Kind.REJECTED, told(), key.name(), "", reason);
    tree.reshaped();
    forgetView();
  }

  private void forgetView() {
    if (view != null) {
      view = null;
      parents.forEach(Slot::forgetView);
    }
  }

  // --- what is seen of it

  /** Whether it is there or known to be missing. */
  boolean isKnown() {
    return inForce != null;
  }

  @Nullable Part<T> part() {
    return inForce == null ? null : inForce.part();
  }

  boolean hasView() {
    return view != null;
  }

  Object view() {
    Object shown = view;
    if (shown == null) {
      Settled<T> settled = inForce;
      if (settled == null) {
        throw new IllegalStateException(key + " is shown before it is known");
      }
      shown = kind.view(settled.part(), settled.references(), child -> tree.slotOf(child).view());
      view = shown;
    }
    return shown;
  }

  /** The parts that are needed for it, in force or warming. */
  Set<PartKey<?>> needs() {
    Set<PartKey<?>> needs = new LinkedHashSet<>();
    if (inForce != null) {
      needs.addAll(inForce.references().parts());
    }
    if (warming != null) {
      needs.addAll(warming.references().parts());
    }
    return needs;
  }

  void keepParents(Set<Slot<?>> living) {
    parents.retainAll(living);
  }

  /** Why it is not there; null when it is. */
  @Nullable WatchError whyMissing() {
    if (hasValue() || warming != null) {
      return null;
    }
    return lastError != null
        ? lastError
        : new WatchError(WatchError.Kind.TIMEOUT, told(), key.name(), "", "no answer yet");
  }
}
