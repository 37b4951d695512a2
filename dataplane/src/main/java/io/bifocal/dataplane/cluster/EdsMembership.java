package io.bifocal.dataplane.cluster;

import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.xds.Hold;
import io.bifocal.xds.ResourceStatus;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.ResourceWatcher;
import io.bifocal.xds.Subscription;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.Update;
import io.bifocal.xds.Verdict;
import io.bifocal.xds.XdsError;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hosts that EDS names. What was good stays when the control plane removes the assignment, sends
 * one that cannot be taken, or falls silent. An assignment whose localities name collections of
 * endpoints (LEDS) is in force when each of these had a first answer, or none in time.
 */
final class EdsMembership implements Membership, ResourceWatcher<ClusterLoadAssignment> {
  private static final Logger log = LoggerFactory.getLogger(EdsMembership.class);

  private final Discovery.Eds eds;
  private final AssignmentReader reader;
  private final AssignmentCache cache;
  private final LedsCollections collections;
  private final ClusterStats stats;
  private final Subscriptions xds;
  private final Supplier<SubscriptionObserver> observer;
  private final Loop control;
  private ClusterLoadAssignment said = ClusterLoadAssignment.getDefaultInstance();
  private ClusterLoadAssignment assignment = said;
  private @Nullable LedsLocalities localities;
  private Hosts hosts = Hosts.NONE;
  private @Nullable Listener listener;
  private @Nullable Subscription subscription;
  private Loop.@Nullable Timer stale;
  private boolean ready;

  EdsMembership(
      Discovery.Eds eds,
      AssignmentReader reader,
      AssignmentCache cache,
      LedsCollections collections,
      ClusterStats stats,
      Subscriptions xds,
      Supplier<SubscriptionObserver> observer,
      Loop control) {
    this.eds = eds;
    this.reader = reader;
    this.cache = cache;
    this.collections = collections;
    this.stats = stats;
    this.xds = xds;
    this.observer = observer;
    this.control = control;
  }

  @Override
  public void start(Listener newListener) {
    listener = newListener;
    subscription =
        xds.subscribe(
            eds.source(), ResourceType.ENDPOINTS, Set.of(eds.resource()), this, observer.get());
    cache.use(eds);
  }

  @Override
  public ClusterLoadAssignment assignment() {
    return assignment;
  }

  @Override
  public Verdict onUpdate(Update<ClusterLoadAssignment> update) {
    if (update.resources().isEmpty()) {
      stats.updateEmpty.inc();
      ready();
      return Verdict.accept();
    }
    ClusterLoadAssignment next = update.resources().get(0).value();
    if (!next.getClusterName().equals(eds.resource())) {
      return refuse(
          "Unexpected EDS cluster (expecting " + eds.resource() + "): " + next.getClusterName());
    }
    try {
      apply(next);
    } catch (ConfigException e) {
      return refuse(e.reason());
    }
    cache.put(eds, next);
    awaitStaleness(next);
    readyIfComplete();
    return Verdict.accept();
  }

  private Verdict refuse(String reason) {
    fallBack();
    return Verdict.reject(reason);
  }

  @Override
  public void onError(XdsError error) {
    if (error instanceof XdsError.Disconnected) {
      return; // the stream comes back; the fetch timeout bounds the wait
    }
    fallBack();
  }

  // No answer that can be used: what the control plane said to the cluster's predecessor is better
  // than no hosts.
  private void fallBack() {
    if (ready) {
      return;
    }
    ClusterLoadAssignment last = cache.get(eds);
    if (last != null) {
      try {
        apply(last);
        stats.assignmentUseCached.inc();
        readyIfComplete();
        return;
      } catch (ConfigException e) {
        log.warn("the last assignment of {} cannot be used: {}", eds.resource(), e.reason());
      }
    }
    ready();
  }

  @SuppressWarnings("ReferenceEquality") // to compare ten thousand of them would cost something
  private void apply(ClusterLoadAssignment next) throws ConfigException {
    if (next == said) { // the client hands on what is said again as it was
      stats.updateNoRebuild.inc();
      return;
    }
    if (localities == null && !LedsLocalities.in(next)) {
      Hosts read = reader.read(next, hosts);
      said = next;
      assignment = next;
      publish(read);
      return;
    }
    Hold hold = collections.hold();
    try {
      change(next);
    } finally {
      hold.close();
    }
  }

  // The new ones are joined before the old ones are left: what stays is not asked for again.
  private void change(ClusterLoadAssignment next) throws ConfigException {
    LedsLocalities fresh =
        LedsLocalities.join(next, collections, this::ledsStats, this::onEndpoints);
    ClusterLoadAssignment filled;
    Hosts read;
    try {
      filled = fresh.fill(next);
      read = reader.read(filled, hosts);
    } catch (ConfigException e) {
      fresh.close();
      throw e;
    }
    leaveCollections();
    localities = fresh;
    said = next;
    if (fresh.complete()) {
      assignment = filled;
      publish(read);
    }
  }

  private LedsStats ledsStats() {
    return new LedsStats(stats.scope().scope("leds"), control);
  }

  private void onEndpoints() {
    LedsLocalities current = localities;
    if (current == null || !current.complete()) {
      return;
    }
    try {
      ClusterLoadAssignment filled = current.fill(said);
      Hosts read = reader.read(filled, hosts);
      assignment = filled;
      publish(read);
    } catch (ConfigException e) {
      log.warn("endpoints of {} cannot be used: {}", eds.resource(), e.reason());
    }
    ready();
  }

  private void leaveCollections() {
    if (localities != null) {
      localities.close();
      localities = null;
    }
  }

  private void publish(Hosts next) {
    if (next.same(hosts)) {
      stats.updateNoRebuild.inc();
      return;
    }
    hosts = next;
    if (listener != null) {
      listener.onHosts(next);
    }
  }

  private void awaitStaleness(ClusterLoadAssignment next) {
    if (stale != null) {
      stale.cancel();
      stale = null;
    }
    if (next.getPolicy().hasEndpointStaleAfter()) {
      stats.assignmentTimeoutReceived.inc();
      stale =
          control.schedule(
              JavaDuration.of(next.getPolicy().getEndpointStaleAfter()), this::onStale);
    }
  }

  private void onStale() {
    stats.assignmentStale.inc();
    leaveCollections();
    said = said.toBuilder().clearEndpoints().build();
    assignment = said;
    publish(Hosts.NONE);
  }

  private void readyIfComplete() {
    if (localities == null || localities.complete()) {
      ready();
    }
  }

  private void ready() {
    if (!ready) {
      ready = true;
      if (listener != null) {
        listener.onReady();
      }
    }
  }

  @Override
  public Optional<ResourceStatus> status() {
    return subscription == null ? Optional.empty() : subscription.status(eds.resource());
  }

  @Override
  public void close() {
    listener = null;
    leaveCollections();
    if (stale != null) {
      stale.cancel();
      stale = null;
    }
    if (subscription != null) {
      subscription.close();
      subscription = null;
      cache.release(eds);
    }
  }
}
