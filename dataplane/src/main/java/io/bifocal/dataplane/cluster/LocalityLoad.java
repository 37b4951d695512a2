package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.Locality;
import io.envoyproxy.envoy.config.endpoint.v3.UpstreamEndpointStats;
import io.envoyproxy.envoy.config.endpoint.v3.UpstreamLocalityStats;
import java.util.ArrayList;
import java.util.List;

/** The load of one locality at one priority, as hosts are added to it. */
final class LocalityLoad {
  private final Locality locality;
  private final int priority;
  private final boolean byEndpoint;
  private final List<UpstreamEndpointStats> endpoints = new ArrayList<>();
  private HostLoad sum = HostLoad.NONE;

  LocalityLoad(Locality locality, int priority, boolean byEndpoint) {
    this.locality = locality;
    this.priority = priority;
    this.byEndpoint = byEndpoint;
  }

  void add(Host host, HostLoad load) {
    sum = sum.plus(load);
    if (byEndpoint && load.any()) {
      endpoints.add(
          UpstreamEndpointStats.newBuilder()
              .setAddress(AssignmentDump.address(host.primary()))
              .setTotalSuccessfulRequests(load.success())
              .setTotalErrorRequests(load.error())
              .setTotalRequestsInProgress(load.active())
              .setTotalIssuedRequests(load.issued())
              .build());
    }
  }

  boolean any() {
    return sum.any();
  }

  UpstreamLocalityStats message() {
    return UpstreamLocalityStats.newBuilder()
        .setLocality(AssignmentDump.locality(locality))
        .setPriority(priority)
        .setTotalSuccessfulRequests(sum.success())
        .setTotalErrorRequests(sum.error())
        .setTotalRequestsInProgress(sum.active())
        .setTotalIssuedRequests(sum.issued())
        .addAllUpstreamEndpointStats(endpoints)
        .build();
  }
}
