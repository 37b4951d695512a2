package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.balance.SubsetIndex;
import io.bifocal.dataplane.balance.Subsets;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.pool.PriorityBreakers;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceStatus;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One incarnation of a cluster on the control loop. */
final class ManagedCluster implements Membership.Listener, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ManagedCluster.class);

  private final ClusterConfig config;
  private final @Nullable UpstreamFilters filters;
  private final InitManager init;
  private final Origin origin;
  private final long incarnation;
  private final PriorityBreakers breakers;
  private final Membership membership;
  private final ClusterStats stats;
  private final Consumer<ManagedCluster> onChange;
  private final DroppedRequests dropped = DroppedRequests.unlisted();
  private State state = State.NEW;
  private boolean starting;
  private Hosts hosts = Hosts.NONE;
  private @Nullable SubsetIndex subsets;

  /** How far it has come. */
  enum State {
    NEW,
    /** Its hosts are asked for, then its secrets and filters; nobody uses it yet. */
    WARMING,
    /** Its hosts are known, or nobody waits for them any longer. */
    READY,
    CLOSED
  }

  /**
   * Where it was configured.
   *
   * @param version of the resource; empty for the bootstrap
   */
  record Origin(boolean api, String version, Instant updated) {
    static Origin bootstrap(Instant now) {
      return new Origin(false, "", now);
    }

    static Origin of(Resource<Cluster> resource, Instant now) {
      return new Origin(true, resource.version(), now);
    }
  }

  /**
   * One that is not started.
   *
   * @param filters null for none of its own
   * @param init whom it waits for when its hosts are there
   */
  ManagedCluster(
      ClusterConfig config,
      @Nullable UpstreamFilters filters,
      InitManager init,
      Origin origin,
      long incarnation,
      PriorityBreakers breakers,
      Membership membership,
      ClusterStats stats,
      Consumer<ManagedCluster> onChange) {
    this.config = config;
    this.filters = filters;
    this.init = init;
    this.origin = origin;
    this.incarnation = incarnation;
    this.breakers = breakers;
    this.membership = membership;
    this.stats = stats;
    this.onChange = onChange;
    divide();
  }

  /**
   * Asks for the hosts; {@code onChange} hears when they are there, and of each change later.
   *
   * @throws IllegalArgumentException when their source is of a kind that is not served, or that of
   *     secrets where hosts are not waited for
   */
  void start() {
    state = State.WARMING;
    stats.warming(true);
    starting = true;
    membership.start(this);
    starting = false;
  }

  @Override
  public void onHosts(Hosts next) {
    stats.hosts(hosts, next);
    if (config.transport() instanceof MatchedSockets matched) {
      matched.count(hosts, next, stats.scope());
    }
    hosts = next;
    divide();
    if (state == State.READY) {
      onChange.accept(this);
    }
  }

  private void divide() {
    Subsets how = config.balancing().subsets();
    if (how != null) {
      SubsetIndex next = SubsetIndex.of(how, hosts.set());
      stats.divided(subsets, next);
      subsets = next;
    }
  }

  @Override
  public void onReady() {
    try {
      config.transport().start(stats.scope(), init);
    } catch (IllegalArgumentException e) {
      if (starting) {
        throw e;
      }
      // Too late to refuse the cluster: its connections fail, and nobody waits for it in vain.
      log.warn("cluster '{}' lacks its secrets: {}", name(), e.getMessage());
    }
    init.await(this::warm);
  }

  private void warm() {
    if (state != State.WARMING) {
      return;
    }
    state = State.READY;
    stats.warming(false);
    onChange.accept(this);
  }

  /** The statistics tell of this copy from now on. */
  void showStats() {
    stats.show(hosts, breakers);
  }

  /** It takes the place of another one of its name. */
  void replaces(ManagedCluster predecessor) {
    stats.endpoints(predecessor.hosts, hosts);
    predecessor.close();
  }

  String statName() {
    return ClusterStats.statName(config.observabilityName());
  }

  Hosts hosts() {
    return hosts;
  }

  /** Requests that no host got. */
  DroppedRequests dropped() {
    return dropped;
  }

  String name() {
    return config.name();
  }

  ClusterConfig config() {
    return config;
  }

  Origin origin() {
    return origin;
  }

  /** Whether its hosts come from EDS. */
  boolean asksEds() {
    return config.discovery() instanceof Discovery.Eds;
  }

  ClusterLoadAssignment assignment() {
    return membership.assignment();
  }

  /** What became of the last answer of EDS, where hosts come from there. */
  Optional<ResourceStatus> endpointsStatus() {
    return membership.status();
  }

  ClusterSnapshot snapshot() {
    return new ClusterSnapshot(
        incarnation, config, filters, breakers, hosts, subsets, dropped, membership.original());
  }

  ClusterStatusView status() {
    return new ClusterStatusView(config, origin.api(), hosts.set(), breakers);
  }

  @Override
  public void close() {
    if (state == State.WARMING) {
      stats.warming(false);
    }
    if (subsets != null) {
      stats.divided(subsets, SubsetIndex.EMPTY);
      subsets = null;
    }
    state = State.CLOSED;
    membership.close();
    config.transport().close();
    if (filters != null) {
      filters.close();
    }
  }
}
