package io.bifocal.dataplane.http.filter.ondemand;

import java.util.Optional;

/** Where the clusters of a route are asked for; empty when they are not. */
record OnRoute(Optional<ClusterDiscovery> discovery) {}
