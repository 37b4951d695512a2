package io.bifocal.xds.internal.state;

import com.google.protobuf.Message;
import io.bifocal.xds.ResourceStatus.Failure;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.ResourceWatcher;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.Update;
import io.bifocal.xds.Verdict;
import io.bifocal.xds.WatchError;
import io.bifocal.xds.XdsError;
import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One subscription: its names, its watcher, and the time in which a first answer must come. */
final class Interest<T extends Message> {
  private static final Logger log = LoggerFactory.getLogger(Interest.class);

  final long order;
  private final ResourceType<T> type;
  private final ResourceWatcher<T> watcher;
  private final SubscriptionObserver observer;
  private final Loop loop;
  private Set<String> names;
  private Loop.@Nullable Timer patience;
  private @Nullable Failure timedOut;
  private boolean closed;

  Interest(
      long order,
      ResourceType<T> type,
      Set<String> names,
      ResourceWatcher<T> watcher,
      SubscriptionObserver observer,
      Loop loop) {
    this.order = order;
    this.type = type;
    this.names = names;
    this.watcher = watcher;
    this.observer = observer;
    this.loop = loop;
  }

  void start(Duration initialFetchTimeout) {
    observer.onAttempt();
    if (!initialFetchTimeout.isZero()) {
      patience = loop.schedule(initialFetchTimeout, () -> timedOut(initialFetchTimeout));
    }
  }

  /** Empty for everything; with {@code *} among them, everything and these. */
  Set<String> names() {
    return names;
  }

  /** Whether it hears of whatever there is, named or not. */
  boolean everything() {
    return names.isEmpty() || names.contains(Wanted.EVERYTHING);
  }

  void names(Set<String> names) {
    this.names = names;
  }

  boolean closed() {
    return closed;
  }

  void close() {
    closed = true;
    stopWaiting();
  }

  /** The watcher's word; one that throws has rejected. */
  Verdict deliver(Update<T> update) {
    stopWaiting();
    try {
      return watcher.onUpdate(update);
    } catch (RuntimeException | Error e) {
      log.error("a watcher of {} failed", this, e);
      return Verdict.reject(String.valueOf(e.getMessage()));
    }
  }

  void accepted(String version, Duration took) {
    if (!closed) {
      observer.onSuccess(version, took);
      observer.onAttempt();
    }
  }

  void rejected(String reason) {
    if (!closed) {
      observer.onRejected(reason);
      observer.onAttempt();
    }
  }

  void malformed(XdsError.Malformed error) {
    stopWaiting();
    rejected(error.message());
    tell(error);
  }

  void disconnected(XdsError.Disconnected error) {
    observer.onFailure();
    observer.onAttempt();
    tell(error);
  }

  private void timedOut(Duration after) {
    patience = null;
    observer.onFetchTimeout();
    observer.onAttempt();
    log.warn("no answer for {} within {}", this, after);
    XdsError.FetchTimeout error =
        new XdsError.FetchTimeout(
            after, "no answer for " + this + " within " + after.toMillis() + " ms");
    timedOut = new Failure(WatchError.of(type, "", error), loop.wallTime(), "", Optional.empty());
    tell(error);
  }

  /** That no answer came in time, while that is so. */
  Optional<Failure> timedOut() {
    return Optional.ofNullable(timedOut);
  }

  private void tell(XdsError error) {
    if (closed) {
      return;
    }
    try {
      watcher.onError(error);
    } catch (RuntimeException e) {
      log.error("a watcher of {} failed on an error", this, e);
    }
  }

  private void stopWaiting() {
    timedOut = null;
    if (patience != null) {
      patience.cancel();
      patience = null;
    }
  }

  @Override
  public String toString() {
    return switch (names.size()) {
      case 0 -> type.shortName();
      case 1 -> type.shortName() + " " + names.iterator().next();
      default -> type.shortName() + " (" + names.size() + " names)";
    };
  }
}
