package io.bifocal.dataplane.http.router;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.bifocal.dataplane.balance.RetryPlan;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.http.route.RetryHosts;
import io.bifocal.dataplane.http.route.RetryPolicy;
import java.util.ArrayList;
import java.util.List;

/** Which hosts a request has been tried at, and which of them its next try leaves out. */
final class TriedHosts implements RetryPlan {
  private final RetryPolicy policy;
  private final List<HostState> tried = new ArrayList<>(2);
  private int triedPriorities;
  private long priorities;
  private long excluded;

  TriedHosts(RetryPolicy policy) {
    this.policy = policy;
  }

  /** Whether a policy says anything of hosts. */
  static boolean matters(RetryPolicy policy) {
    return !policy.hostPredicates().isEmpty() || policy.priority() > 0;
  }

  /** Whether there was a try before; the first one may go anywhere. */
  boolean any() {
    return !tried.isEmpty();
  }

  void add(Host host) {
    tried.add(host.state());
    if (host.priority() < Long.SIZE) {
      priorities |= 1L << host.priority();
    }
    triedPriorities++;
    if (policy.priority() > 0 && triedPriorities % policy.priority() == 0) {
      excluded = priorities;
    }
  }

  @Override
  public int attempts() {
    return policy.hostAttempts();
  }

  @Override
  public long excluded() {
    return excluded;
  }

  @Override
  public void nothingLeft() {
    triedPriorities = 0;
    priorities = 0;
    excluded = 0;
  }

  @Override
  public boolean refuses(Host host) {
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
