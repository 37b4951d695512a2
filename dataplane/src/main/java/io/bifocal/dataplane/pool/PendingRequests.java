package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.pool.ConnectionPool.Ticket;
import io.bifocal.dataplane.pool.ConnectionPool.Waiter;
import io.bifocal.xds.time.Loop;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who waits for a connection of one pool, the longest waiter first; bounded by the cluster's. */
final class PendingRequests {
  private final Loop loop;
  private final CircuitBreakers.Limit limit;
  private final UpstreamStats stats;
  private final Owner owner;
  private final Set<Place> waiting = new LinkedHashSet<>();

  /** Who makes the connections that are waited for. */
  interface Owner {
    /** A waiter has given its place up. */
    void onWaiterCancelled();

    /** As {@link Ticket#attempts}. */
    List<AttemptEvent> attempts(long since);
  }

  PendingRequests(Loop loop, CircuitBreakers.Limit limit, UpstreamStats stats, Owner owner) {
    this.loop = loop;
    this.limit = limit;
    this.stats = stats;
    this.owner = owner;
  }

  int size() {
    return waiting.size();
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  /** A place behind all others; null when there is none. */
  @Nullable Ticket add(Waiter waiter) {
    if (!limit.tryAcquire()) {
      return null;
    }
    stats.rqPendingTotal.inc();
    stats.rqPendingActive.inc();
    Place place = new Place(waiter);
    waiting.add(place);
    return place;
  }

  /** Takes the longest waiter out; there must be one. */
  Waiter poll() {
    Place longest = waiting.iterator().next();
    waiting.remove(longest);
    longest.answered();
    return longest.waiter;
  }

  /** Tells all that there is no connection for them. */
  void eject(PoolFailure failure) {
    // A copy: whoever is told may ask again at once, and is then not told twice.
    List<Place> ejected = new ArrayList<>(waiting);
    for (Place place : ejected) {
      if (waiting.remove(place)) {
        place.answered();
        stats.rqPendingFailureEject.inc();
        place.waiter.onFailure(failure);
      }
    }
  }

  /** A place in the queue. */
  private final class Place implements Ticket {
    private final Waiter waiter;

    Place(Waiter waiter) {
      this.waiter = waiter;
    }

    void answered() {
      stats.rqPendingActive.dec();
      limit.release();
    }

    @Override
    public void cancel() {
      loop.assertInLoop();
      if (waiting.remove(this)) {
        answered();
        stats.rqCancelled.inc();
        owner.onWaiterCancelled();
      }
    }

    @Override
    public List<AttemptEvent> attempts(long since) {
      return owner.attempts(since);
    }
  }
}
