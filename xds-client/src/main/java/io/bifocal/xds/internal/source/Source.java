package io.bifocal.xds.internal.source;

import com.google.protobuf.Message;
import io.bifocal.xds.ResourceStatus;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.ResourceWatcher;
import io.bifocal.xds.Subscription;
import io.bifocal.xds.SubscriptionObserver;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** One place where resources come from. On the client's loop. */
sealed interface Source permits StreamSource, SoleSource {
  /**
   * Begins to ask; what was subscribed before is remembered. Harmless twice.
   *
   * @throws IllegalArgumentException when there is no way to the server
   */
  void start();

  <T extends Message> Subscription subscribe(
      ResourceType<T> type,
      Set<String> names,
      ResourceWatcher<T> watcher,
      SubscriptionObserver observer,
      Duration initialFetchTimeout);

  /** What is held of all that is subscribed to here. */
  List<ResourceStatus> statuses();

  /** Ends it, and all that was subscribed. Harmless twice. */
  void close();
}
