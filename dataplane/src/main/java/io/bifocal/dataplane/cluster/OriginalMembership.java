package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.Sharded;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Hosts that requests bring with them, until they have not been used for a while. */
final class OriginalMembership implements Membership {
  private final OriginalHosts hosts;
  private final Duration cleanup;
  private final Loop control;
  private @Nullable Listener listener;
  private Loop.@Nullable Timer timer;

  /**
   * @param hostScope where hosts count
   * @param overflow counts who got no host because there are too many
   * @param cleanup after how long without use a host is forgotten
   */
  OriginalMembership(
      String cluster, Scope hostScope, Sharded overflow, Duration cleanup, Loop control) {
    this.hosts =
        new OriginalHosts(cluster, hostScope, overflow, () -> control.execute(this::changed));
    this.cleanup = cleanup;
    this.control = control;
  }

  @Override
  public void start(Listener newListener) {
    listener = newListener;
    newListener.onHosts(hosts.now());
    newListener.onReady();
    await();
  }

  private void await() {
    timer = control.schedule(cleanup, this::forget);
  }

  private void forget() {
    if (hosts.forgetUnused()) {
      changed();
    }
    await();
  }

  private void changed() {
    if (listener != null) {
      listener.onHosts(hosts.now());
    }
  }

  @Override
  public @Nullable OriginalHosts original() {
    return hosts;
  }

  @Override
  public ClusterLoadAssignment assignment() {
    return ClusterLoadAssignment.getDefaultInstance();
  }

  @Override
  public void close() {
    listener = null;
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }
}
