package io.bifocal.xds.internal.state;

import com.google.protobuf.Message;
import io.bifocal.xds.ResourceName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Who is interested in what of one type; the index by name keeps 200,000 of them cheap. */
final class Interests<T extends Message> implements Wanted {
  private final Map<String, Set<Interest<T>>> byName = new LinkedHashMap<>();
  private final Set<Interest<T>> inEverything = new LinkedHashSet<>();
  private final Set<Interest<T>> all = new LinkedHashSet<>();

  @Override
  public boolean everything() {
    return !inEverything.isEmpty();
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(byName.keySet());
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  /** In the order of subscription. A copy: watchers come and go while it is walked. */
  List<Interest<T>> all() {
    List<Interest<T>> copy = new ArrayList<>(all);
    copy.sort(Comparator.comparingLong(i -> i.order));
    return copy;
  }

  Collection<Interest<T>> inEverything() {
    return inEverything;
  }

  @Override
  public boolean wants(String name) {
    return everything() || !in(name).isEmpty();
  }

  /** Under this name, which is canonical, or in the collection that it is a member of. */
  Collection<Interest<T>> in(String name) {
    Set<Interest<T>> named = byName.getOrDefault(name, Set.of());
    String collection = ResourceName.collectionOf(name);
    Set<Interest<T>> around =
        collection == null ? Set.of() : byName.getOrDefault(collection, Set.of());
    if (around.isEmpty() || named.isEmpty()) {
      return named.isEmpty() ? around : named;
    }
    Set<Interest<T>> both = new LinkedHashSet<>(named);
    both.addAll(around);
    return both;
  }

  /** Adds under the interest's names; returns those that nobody wanted before. */
  List<String> add(Interest<T> interest) {
    all.add(interest);
    List<String> fresh = new ArrayList<>();
    if (interest.everything()) {
      inEverything.add(interest);
    }
    for (String name : interest.names()) {
      if (name.equals(EVERYTHING)) {
        continue;
      }
      byName
          .computeIfAbsent(
              name,
              n -> {
                fresh.add(n);
                return new LinkedHashSet<>();
              })
          .add(interest);
    }
    return fresh;
  }

  /** Removes; returns the names that nobody wants any more. */
  List<String> remove(Interest<T> interest) {
    all.remove(interest);
    inEverything.remove(interest);
    List<String> orphans = new ArrayList<>();
    for (String name : interest.names()) {
      Set<Interest<T>> sharing = byName.get(name);
      if (sharing != null && sharing.remove(interest) && sharing.isEmpty()) {
        byName.remove(name);
        orphans.add(name);
      }
    }
    return orphans;
  }
}
