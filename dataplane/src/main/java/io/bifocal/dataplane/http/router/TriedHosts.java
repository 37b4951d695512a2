package io.bifocal.dataplane.http.router;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.bifocal.dataplane.balance.LoadBalancerContext;
import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.http.route.RetryHosts;
import io.bifocal.dataplane.http.route.RetryPolicy;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which hosts a request has been tried at, and which of them its next try leaves out. */
final class TriedHosts {
  private final RetryPolicy policy;
  private final List<HostState> tried = new ArrayList<>(2);
  private long priorities;
  private long excluded;

  TriedHosts(RetryPolicy policy) {
    this.policy = policy;
  }

  /** Whether a policy says anything of hosts. */
  static boolean matters(RetryPolicy policy) {
    return !policy.hostPredicates().isEmpty() || policy.priority() > 0;
  }

  void add(Host host) {
    tried.add(host.state());
    if (host.priority() < Long.SIZE) {
      priorities |= 1L << host.priority();
    }
    if (policy.priority() > 0 && tried.size() % policy.priority() == 0) {
      excluded = priorities;
    }
  }

  /**
   * The host for the next try: the last one that came up, if none was to be had that may serve. The
   * first try may go anywhere.
   */
  @Nullable Host choose(WorkerCluster cluster, LoadBalancerContext context) {
    if (tried.isEmpty()) {
      return cluster.chooseHost(context);
    }
    LoadBalancerContext next = new LoadBalancerContext(context.hashed(), context.hash(), excluded);
    Host host = null;
    for (int i = 0; i <= policy.hostAttempts(); i++) {
      host = cluster.chooseHost(next);
      if (host == null || !refuses(host)) {
        return host;
      }
    }
    return host;
  }

  private boolean refuses(Host host) {
    for (RetryHosts predicate : policy.hostPredicates()) {
      if (refuses(predicate, host)) {
        return true;
      }
    }
    return false;
  }

  private boolean refuses(RetryHosts predicate, Host host) {
    if (predicate instanceof RetryHosts.Previous) {
      return tried.contains(host.state());
    }
    if (predicate instanceof RetryHosts.WithMetadata with) {
      return balancing(host)
          .getFieldsMap()
          .entrySet()
          .containsAll(with.wanted().getFieldsMap().entrySet());
    }
    return isCanary(host);
  }

  private static Struct balancing(Host host) {
    return host.metadata().getFilterMetadataOrDefault("envoy.lb", Struct.getDefaultInstance());
  }

  /** Whether its metadata {@code envoy.lb} has {@code canary: true}. */
  static boolean isCanary(Host host) {
    if (host.metadata().getFilterMetadataCount() == 0) {
      return false;
    }
    Value canary = balancing(host).getFieldsMap().get("canary");
    return canary != null && canary.getBoolValue();
  }
}
