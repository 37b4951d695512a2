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
import io.bifocal.xds.Update;
import io.bifocal.xds.Verdict;
import io.bifocal.xds.WatchError;
import io.bifocal.xds.XdsError;
import io.bifocal.xds.testing.ScriptedSubscriptions.Request;
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

/** The scripted control plane's and its watchers' talk of one type. */
final class Line<T extends Message> {
  private final ResourceType<T> type;
  private final Consumer<Request> requests;
  private final List<Watch> watches = new ArrayList<>();
  private final Map<String, ResourceStatus> statuses = new LinkedHashMap<>();
  private String version = "";
  private String error = "";
  private int holds;
  private boolean due;

  /**
   * Nothing is said yet.
   *
   * @param requests gets what would have been sent
   */
  Line(ResourceType<T> type, Consumer<Request> requests) {
    this.type = type;
    this.requests = requests;
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

  int open() {
    return watches.size();
  }

  Hold hold() {
    holds++;
    return new Hold() {
      private boolean open = true;

      @Override
      public void close() {
        if (open) {
          open = false;
          holds--;
          flush();
        }
      }
    };
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

  private void flush() {
    if (due && holds == 0) {
      due = false;
      requests.accept(new Request(type, List.copyOf(names()), version, error));
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
      if (watches.contains(watch) && (watch.everything() || !wanted.isEmpty() || !gone.isEmpty())) {
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
