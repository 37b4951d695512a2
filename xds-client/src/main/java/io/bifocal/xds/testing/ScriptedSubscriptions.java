package io.bifocal.xds.testing;

import com.google.protobuf.Message;
import io.bifocal.xds.Hold;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.ResourceWatcher;
import io.bifocal.xds.Subscription;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.XdsError;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Subscriptions whose control plane is the test. {@link #requests} tells what an aggregated
 * state-of-the-world stream would have carried, in order, holds and late verdicts considered.
 * Watchers are called within the calls of this class; nothing is asynchronous and nothing times out
 * by itself. What is held is told without removals and errors, as of the epoch.
 */
public final class ScriptedSubscriptions implements Subscriptions {
  private final Map<ResourceType<?>, Line<?>> lines = new LinkedHashMap<>();
  private final List<Request> requests = new ArrayList<>();
  private Predicate<ConfigSource> served = source -> true;

  /**
   * A request as it would have been sent.
   *
   * @param names sorted; empty for everything
   * @param version the last one accepted; empty at first
   * @param error the reason of a refusal, or empty
   */
  public record Request(ResourceType<?> type, List<String> names, String version, String error) {
    @Override
    public String toString() {
      return type.shortName()
          + names
          + (version.isEmpty() ? "" : " v" + version)
          + (error.isEmpty() ? "" : " error: " + error);
    }
  }

  /** From now on, a subscription to any other source is refused. */
  public void serveOnly(Predicate<ConfigSource> sources) {
    served = sources;
  }

  /** All requests so far, as text: {@code EDS[e1] v1}, {@code CDS[] error: why}. */
  public List<String> requests() {
    return requests.stream().map(Request::toString).toList();
  }

  /** The requests since the last call of this method, as text. */
  public List<String> newRequests() {
    List<String> news = requests();
    requests.clear();
    return news;
  }

  /** The names now subscribed to; empty also when there is no subscription. */
  public Set<String> names(ResourceType<?> type) {
    return new TreeSet<>(line(type).names());
  }

  /** How many subscriptions of a type are open. */
  public int open(ResourceType<?> type) {
    return line(type).open();
  }

  /** A state-of-the-world response, under the names that the resources bear. */
  @SafeVarargs
  public final <T extends Message> void respond(ResourceType<T> type, String version, T... values) {
    List<Resource<T>> resources = new ArrayList<>();
    for (T value : values) {
      resources.add(new Resource<>(type.nameOf().apply(value), version, value));
    }
    line(type).deliver(type.wholeState(), version, resources, List.of());
  }

  /** A delta response. */
  public <T extends Message> void respondDelta(
      ResourceType<T> type, String version, List<Resource<T>> resources, List<String> removed) {
    line(type).deliver(false, version, resources, removed);
  }

  /** {@code initial_fetch_timeout} has run out for every subscription to that name. */
  public void timeOut(ResourceType<?> type, String name) {
    line(type).timeOut(name);
  }

  /** Every subscription hears of a broken stream. */
  public void disconnect() {
    lines.values().forEach(l -> l.error(new XdsError.Disconnected("scripted disconnect")));
  }

  /** Every subscription of a type hears that a response was refused as a whole. */
  public void malformed(ResourceType<?> type, String reason) {
    line(type).error(new XdsError.Malformed(reason));
  }

  @Override
  public <T extends Message> Subscription subscribe(
      ConfigSource source,
      ResourceType<T> type,
      Set<String> names,
      ResourceWatcher<T> watcher,
      SubscriptionObserver observer) {
    if (!served.test(source)) {
      throw new IllegalArgumentException(
          "no such source is served: " + source.getConfigSourceSpecifierCase());
    }
    return line(type).subscribe(names, watcher, observer);
  }

  @Override
  public Hold hold(ResourceType<?> type) {
    return line(type).hold();
  }

  @SuppressWarnings("unchecked") // a line is only ever made for its key's type
  private <T extends Message> Line<T> line(ResourceType<T> type) {
    return (Line<T>) lines.computeIfAbsent(type, t -> new Line<>(type, requests::add));
  }
}
