package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.init.InitManager;
import io.bifocal.xds.Hold;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.Subscriptions;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Clusters that have asked for their hosts and serve nobody yet, and who waits for them: at first
 * the start, in three steps, and later the acknowledgement of who named them. Confined to the
 * control loop. Source: Envoy's {@code ClusterManagerInitHelper}.
 */
final class WarmingClusters {
  private final Subscriptions xds;
  private final Map<String, ManagedCluster> byName = new TreeMap<>();
  private final Map<ManagedCluster, InitManager.Target> targets = new HashMap<>();
  private final InitManager primary = new InitManager("clusters without EDS");
  private final InitManager statics = new InitManager("clusters of the bootstrap");
  private final InitManager dynamic = new InitManager("clusters of CDS");
  private @Nullable Hold acknowledgement;
  private boolean initialized;

  WarmingClusters(Subscriptions xds) {
    this.xds = xds;
  }

  // ---- the start

  /** Runs once those of the bootstrap are ready that ask nobody. */
  void whenPrimaryAreReady(Runnable then) {
    primary.await(then);
  }

  /** Runs once all of the bootstrap are. */
  void whenStaticAreReady(Runnable then) {
    statics.await(then);
  }

  /** Is to be told that there is an answer of CDS, or will be none for long. */
  InitManager.Target firstAnswer() {
    return dynamic.register("CDS");
  }

  /** Runs once those are ready that the first answer named. */
  void whenDynamicAreReady(Runnable then) {
    dynamic.await(then);
  }

  /** All are ready for whom the start waits. */
  void initialized() {
    initialized = true;
  }

  boolean isInitialized() {
    return initialized;
  }

  /** Who is still waited for. */
  Set<String> unready() {
    Set<String> names = new LinkedHashSet<>(primary.unready());
    names.addAll(statics.unready());
    names.addAll(dynamic.unready());
    return names;
  }

  // ---- who they are

  boolean contains(String name) {
    return byName.containsKey(name);
  }

  @Nullable ManagedCluster get(String name) {
    return byName.get(name);
  }

  Collection<ManagedCluster> all() {
    return Collections.unmodifiableCollection(byName.values());
  }

  Map<String, ManagedCluster> byName() {
    return Collections.unmodifiableMap(byName);
  }

  int size() {
    return byName.size();
  }

  /** One is about to ask for its hosts. */
  void add(ManagedCluster cluster) {
    byName.put(cluster.name(), cluster);
    InitManager init = cluster.origin().api() ? dynamic : cluster.asksEds() ? statics : primary;
    targets.put(cluster, init.register("Cluster " + cluster.name()));
  }

  /** One has its hosts; whether that is news. It is to be {@link #settled} when it serves. */
  boolean remove(ManagedCluster cluster) {
    return byName.remove(cluster.name(), cluster);
  }

  /** One is not wanted any more, nor waited for once it is {@link #settled}. */
  @Nullable ManagedCluster drop(String name) {
    return byName.remove(name);
  }

  /** Nobody waits for this one. */
  void settled(ManagedCluster cluster) {
    InitManager.Target target = targets.remove(cluster);
    if (target != null) {
      target.ready();
    }
  }

  void close() {
    byName.values().forEach(ManagedCluster::close);
    byName.clear();
  }

  /** After the start the control plane hears that a cluster is accepted when it is warm. */
  void holdAcknowledgement() {
    if (acknowledgement == null && initialized && !byName.isEmpty()) {
      acknowledgement = xds.hold(ResourceType.CLUSTER);
    } else if (acknowledgement != null && byName.isEmpty()) {
      Hold over = acknowledgement;
      acknowledgement = null;
      over.close();
    }
  }
}
