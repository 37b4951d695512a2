package io.bifocal.xds.internal.tree;

import com.google.protobuf.Message;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.Update;
import io.bifocal.xds.Verdict;
import io.bifocal.xds.WatchError;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Resources that come one by one and are one part of a tree together, as a message that lists them
 * in the order of their names. It is there when there was an answer, even an empty one.
 */
final class Gathering<M extends Message, T extends Message> implements Ground.Ear<M> {
  private final Ground.Ear<T> whole;
  private final String name;
  private final Predicate<String> member;
  private final Function<Collection<Resource<M>>, T> list;
  private Map<String, Resource<M>> members = new TreeMap<>();

  private Gathering(
      Ground.Ear<T> whole,
      String name,
      Predicate<String> member,
      Function<Collection<Resource<M>>, T> list) {
    this.whole = whole;
    this.name = name;
    this.member = member;
    this.list = list;
  }

  /** What is gathered, and how. */
  record Plan<M extends Message, T extends Message>(
      ResourceType<M> type,
      String asked,
      Predicate<String> member,
      Function<Collection<Resource<M>>, T> list) {

    /** Fetches for a part of this name. */
    Runnable fetch(Ground ground, ConfigSource source, String name, Ground.Ear<T> whole) {
      return ground.fetch(source, type, asked, new Gathering<>(whole, name, member, list));
    }
  }

  @Override
  public Verdict update(Update<M> update) {
    Map<String, Resource<M>> before = members;
    Map<String, Resource<M>> next = update.whole() ? new TreeMap<>() : new TreeMap<>(before);
    update.removed().forEach(next::remove);
    for (Resource<M> resource : update.resources()) {
      if (member.test(resource.name())) {
        next.put(resource.name(), resource);
      }
    }
    members = next;
    T listed = list.apply(next.values());
    Verdict verdict =
        whole.update(
            new Update<>(
                false,
                List.of(new Resource<>(name, update.version(), listed)),
                List.of(),
                update.version()));
    if (verdict instanceof Verdict.Pending pending) {
      pending.whenSettled(known -> settled(known, before, next));
    } else {
      settled(verdict, before, next);
    }
    return verdict;
  }

  @SuppressWarnings("ReferenceEquality") // whether something newer has come meanwhile
  private void settled(
      Verdict verdict, Map<String, Resource<M>> before, Map<String, Resource<M>> next) {
    if (verdict instanceof Verdict.Rejected && members == next) {
      members = before;
    }
  }

  @Override
  public void error(WatchError error) {
    whole.error(error);
  }

  @Override
  public boolean holds(Resource<M> resource) {
    return resource.equals(members.get(resource.name()));
  }
}
