package io.bifocal.xds.testing;

import com.google.protobuf.Message;
import io.bifocal.xds.Hold;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceName;
import io.bifocal.xds.ResourceStatus;
import io.bifocal.xds.ResourceStatus.Failure;
import io.bifocal.xds.ResourceStatus.Status;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.ResourceWatcher;
import io.bifocal.xds.Subscription;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.Update;
import io.bifocal.xds.Verdict;
import io.bifocal.xds.WatchError;
import io.bifocal.xds.XdsError;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
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
    return line(type).watches.size();
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
    Line<?> line = line(type);
    line.holds++;
    return new Hold() {
      private boolean open = true;

      @Override
      public void close() {
        if (open) {
          open = false;
          line.holds--;
          line.flush();
        }
      }
    };
  }

  @SuppressWarnings("unchecked") // a line is only ever made for its key's type
  private <T extends Message> Line<T> line(ResourceType<T> type) {
    return (Line<T>) lines.computeIfAbsent(type, t -> new Line<>(type));
  }

  /** All that there is of one type. */
  private final class Line<T extends Message> {
    private final ResourceType<T> type;
    private final List<Watch> watches = new ArrayList<>();
    private final Map<String, ResourceStatus> statuses = new LinkedHashMap<>();
    private String version = "";
    private String error = "";
    private int holds;
    private boolean due;

    Line(ResourceType<T> type) {
      this.type = type;
    }

    private final class Watch implements Subscription {
      private Set<String> names;
      private final ResourceWatcher<T> watcher;
      private final SubscriptionObserver observer;

      Watch(Set<String> names, ResourceWatcher<T> watcher, SubscriptionObserver observer) {
        this.names = Set.copyOf(names);
        this.watcher = watcher;
        this.observer = observer;
      }

      @Override
      public void update(Set<String> newNames) {
        names = Set.copyOf(newNames);
        request();
      }

      @Override
      public List<ResourceStatus> statuses() {
        return statuses.values().stream().filter(s -> wants(s.name())).toList();
      }

      @Override
      public void close() {
        if (watches.remove(this)) {
          request();
        }
      }

      boolean wants(String name) {
        String collection = ResourceName.collectionOf(name);
        return everything()
            || names.contains(name)
            || (collection != null && names.contains(collection));
      }

      boolean wants(Resource<T> resource) {
        return wants(resource.name()) || resource.aliases().stream().anyMatch(this::wants);
      }

      boolean everything() {
        return names.isEmpty() || names.contains("*");
      }
    }

    Subscription subscribe(
        Set<String> names, ResourceWatcher<T> watcher, SubscriptionObserver observer) {
      Watch watch = new Watch(names, watcher, observer);
      watches.add(watch);
      observer.onAttempt();
      request();
      return watch;
    }

    Set<String> names() {
      Set<String> names = new TreeSet<>();
      watches.forEach(w -> names.addAll(w.names));
      return names;
    }

    private void request() {
      due = true;
      flush();
    }

    void flush() {
      if (due && holds == 0) {
        due = false;
        requests.add(new Request(type, List.copyOf(names()), version, error));
        error = "";
      }
    }

    void deliver(
        boolean whole, String newVersion, List<Resource<T>> resources, List<String> removed) {
      holds++;
      if (whole) {
        statuses.clear();
      }
      removed.forEach(statuses::remove);
      List<Verdict> verdicts = new ArrayList<>();
      for (Watch watch : List.copyOf(watches)) {
        List<Resource<T>> wanted = resources.stream().filter(watch::wants).toList();
        List<String> gone = removed.stream().filter(watch::wants).toList();
        if (watches.contains(watch)
            && (watch.everything() || !wanted.isEmpty() || !gone.isEmpty())) {
          Verdict verdict = watch.watcher.onUpdate(new Update<>(whole, wanted, gone, newVersion));
          whenSettled(
              verdict,
              settled -> {
                tell(watch.observer, settled, newVersion);
                wanted.forEach(resource -> note(resource, settled));
              });
          verdicts.add(verdict);
        }
      }
      holds--;
      settle(newVersion, verdicts);
    }

    private void note(Resource<T> resource, Verdict verdict) {
      String name = resource.name();
      ResourceStatus before = statuses.get(name);
      if (verdict instanceof Verdict.Rejected rejected
          && (rejected.reasons().isEmpty() || rejected.reasons().containsKey(name))) {
        String reason = rejected.reasons().getOrDefault(name, rejected.message());
        Failure failure =
            new Failure(
                new WatchError(WatchError.Kind.REJECTED, type, name, "", reason),
                Instant.EPOCH,
                resource.version(),
                Optional.of(resource.value()));
        statuses.put(
            name,
            new ResourceStatus(
                type,
                name,
                Status.NACKED,
                before == null ? "" : before.version(),
                before == null ? Optional.empty() : before.value(),
                before == null ? Optional.empty() : before.lastUpdated(),
                Optional.of(failure)));
      } else {
        statuses.put(
            name,
            new ResourceStatus(
                type,
                name,
                Status.ACKED,
                resource.version(),
                Optional.of(resource.value()),
                Optional.of(Instant.EPOCH),
                Optional.empty()));
      }
    }

    // Acknowledges when all verdicts are there; refuses with the first reason.
    private void settle(String newVersion, List<Verdict> verdicts) {
      List<Verdict> settled = new ArrayList<>();
      for (Verdict verdict : verdicts) {
        whenSettled(
            verdict,
            known -> {
              settled.add(known);
              if (settled.size() == verdicts.size()) {
                answer(newVersion, settled);
              }
            });
      }
      if (verdicts.isEmpty()) {
        answer(newVersion, settled);
      }
    }

    private void answer(String newVersion, List<Verdict> verdicts) {
      for (Verdict verdict : verdicts) {
        if (verdict instanceof Verdict.Rejected rejected) {
          error = rejected.message();
          request();
          return;
        }
      }
      version = newVersion;
      request();
    }

    private void tell(SubscriptionObserver observer, Verdict settled, String newVersion) {
      observer.onAttempt();
      if (settled instanceof Verdict.Rejected rejected) {
        observer.onRejected(rejected.message());
      } else {
        observer.onSuccess(newVersion, Duration.ZERO);
      }
    }

    private void whenSettled(Verdict verdict, Consumer<Verdict> consumer) {
      if (verdict instanceof Verdict.Pending pending) {
        pending.whenSettled(consumer);
      } else {
        consumer.accept(verdict);
      }
    }

    void timeOut(String name) {
      for (Watch watch : List.copyOf(watches)) {
        if (watch.wants(name)) {
          watch.observer.onFetchTimeout();
          watch.watcher.onError(
              new XdsError.FetchTimeout(
                  Duration.ofSeconds(15), "no " + type + " answer for " + name));
        }
      }
    }

    void error(XdsError problem) {
      List.copyOf(watches).forEach(w -> w.watcher.onError(problem));
    }
  }
}
