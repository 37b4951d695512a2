package io.bifocal.dataplane.cluster;

import io.bifocal.xds.ResourceStatus;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds a cluster's hosts. Confined to the control loop. */
interface Membership extends AutoCloseable {
  /**
   * Starts; the listener may hear of it within this call.
   *
   * @throws IllegalArgumentException when the source is of a kind that is not served
   */
  void start(Listener listener);

  /** The assignment in force, for dumps. */
  ClusterLoadAssignment assignment();

  /** What became of the last answer, where hosts are asked for by name; for dumps. */
  default Optional<ResourceStatus> status() {
    return Optional.empty();
  }

  /** Hosts that workers make themselves; null where they do not. */
  default @Nullable OriginalHosts original() {
    return null;
  }

  /** Ends; the listener hears no more. */
  @Override
  void close();

  /** Who uses the hosts. */
  interface Listener {
    /** The hosts are these from now on. */
    void onHosts(Hosts hosts);

    /** The first answer is there, or there is none to wait for any longer; once. */
    void onReady();
  }
}
