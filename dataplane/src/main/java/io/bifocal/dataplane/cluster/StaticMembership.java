package io.bifocal.dataplane.cluster;

import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;

/** Hosts that the cluster's configuration names. */
record StaticMembership(ClusterLoadAssignment assignment, Hosts hosts) implements Membership {
  @Override
  public void start(Listener listener) {
    listener.onHosts(hosts);
    listener.onReady();
  }

  @Override
  public void close() {}
}
