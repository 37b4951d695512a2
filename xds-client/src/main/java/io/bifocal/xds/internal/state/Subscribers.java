package io.bifocal.xds.internal.state;

import com.google.protobuf.Message;
import io.bifocal.xds.ResourceName;
import io.bifocal.xds.ResourceStatus;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.ResourceWatcher;
import io.bifocal.xds.Subscription;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Who comes, who asks for something else, and who goes; of which the ledger and what is held hear.
 */
final class Subscribers<T extends Message> {
  private final ResourceType<T> type;
  private final Interests<T> interests;
  private final Ledger<?> ledger;
  private final Holdings<T> holdings;
  private final Loop loop;
  private final Runnable changed;
  private long subscriptions;

  /**
   * Nobody yet.
   *
   * @param changed runs when the server may have to hear of it
   */
  Subscribers(
      ResourceType<T> type,
      Interests<T> interests,
      Ledger<?> ledger,
      Holdings<T> holdings,
      Loop loop,
      Runnable changed) {
    this.type = type;
    this.interests = interests;
    this.ledger = ledger;
    this.holdings = holdings;
    this.loop = loop;
    this.changed = changed;
  }

  Subscription add(
      Set<String> names,
      ResourceWatcher<T> watcher,
      SubscriptionObserver observer,
      Duration initialFetchTimeout) {
    Interest<T> interest =
        new Interest<>(subscriptions++, type, copy(names), watcher, observer, loop);
    interest.start(initialFetchTimeout);
    add(interest);
    changed.run();
    return new Subscribed(interest);
  }

  private final class Subscribed implements Subscription {
    private final Interest<T> interest;

    Subscribed(Interest<T> interest) {
      this.interest = interest;
    }

    @Override
    public void update(Set<String> names) {
      loop.assertInLoop();
      Set<String> asked = copy(names);
      if (!interest.closed() && !interest.names().equals(asked)) {
        rename(interest, asked);
        changed.run();
      }
    }

    @Override
    public List<ResourceStatus> statuses() {
      loop.assertInLoop();
      return interest.closed() ? List.of() : holdings.statuses(interest);
    }

    @Override
    public void close() {
      loop.assertInLoop();
      if (!interest.closed()) {
        interest.close();
        remove(interest);
        changed.run();
      }
    }
  }

  private static Set<String> copy(Set<String> names) {
    Set<String> copy = new LinkedHashSet<>();
    names.forEach(name -> copy.add(ResourceName.canonical(name)));
    return copy;
  }

  private void add(Interest<T> interest) {
    boolean before = interests.everything();
    interests.add(interest);
    // Known names too: a server answers every subscription that it is sent, in delta as well, and
    // that is how a changed cluster gets its endpoints without waiting for a timeout.
    ledger.wanted(interest.names(), !before && interests.everything());
  }

  private void remove(Interest<T> interest) {
    boolean before = interests.everything();
    List<String> orphans = interests.remove(interest);
    unwanted(orphans, before && !interests.everything());
  }

  private void unwanted(Collection<String> names, boolean everything) {
    ledger.unwanted(names, everything);
    holdings.unwanted(names, everything);
  }

  // Added before it is removed, so that the names it keeps are never without an owner.
  private void rename(Interest<T> interest, Set<String> names) {
    Set<String> dropped = copy(interest.names());
    boolean before = interests.everything();
    Set<String> orphans = new LinkedHashSet<>(interests.remove(interest));
    interest.names(names);
    Set<String> fresh = new LinkedHashSet<>(interests.add(interest));
    fresh.removeAll(dropped);
    orphans.removeAll(names);
    if (!orphans.isEmpty() || (before && !interests.everything())) {
      unwanted(orphans, before && !interests.everything());
    }
    ledger.wanted(fresh, !before && interests.everything());
  }
}
