package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.host.Locality;
import io.bifocal.xds.LoadSource;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterStats;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What each cluster's hosts did between two reports: the difference of their counters. Confined to
 * the control loop.
 *
 * <p>Source: {@code envoy.config.endpoint.v3.ClusterStats}; what is left out when it is zero is
 * what Envoy leaves out.
 */
final class LoadCounts implements LoadSource {
  private final Supplier<Collection<String>> names;
  private final Function<String, @Nullable ManagedCluster> find;
  private final Map<String, Map<HostState, HostLoad>> told = new HashMap<>();
  private final Map<String, ClusterDrops> drops = new HashMap<>();

  LoadCounts(Supplier<Collection<String>> names, Function<String, @Nullable ManagedCluster> find) {
    this.names = names;
    this.find = find;
  }

  @Override
  public Collection<String> clusters() {
    return names.get();
  }

  @Override
  public void begin(String cluster) {
    Map<HostState, HostLoad> now = new HashMap<>();
    ManagedCluster found = find.apply(cluster);
    if (found != null) {
      found.hosts().set().all().forEach(host -> now.put(host.state(), HostLoad.of(host.stats())));
      drops.put(cluster, ClusterDrops.of(found));
    }
    told.put(cluster, now);
  }

  @Override
  public void end(String cluster) {
    told.remove(cluster);
    drops.remove(cluster);
  }

  @Override
  public Optional<ClusterStats> collect(String cluster, boolean byEndpoint) {
    ManagedCluster found = find.apply(cluster);
    if (found == null) {
      return Optional.empty();
    }
    Map<HostState, HostLoad> before = told.getOrDefault(cluster, Map.of());
    Map<HostState, HostLoad> now = new HashMap<>();
    ClusterStats.Builder stats =
        ClusterStats.newBuilder()
            .setClusterName(cluster)
            .setClusterServiceName(found.config().proto().getEdsClusterConfig().getServiceName());
    List<List<Host>> priorities = found.hosts().set().priorities();
    for (int priority = 0; priority < priorities.size(); priority++) {
      Map<Locality, LocalityLoad> localities = new LinkedHashMap<>();
      for (Host host : priorities.get(priority)) {
        HostLoad counted = HostLoad.of(host.stats());
        now.put(host.state(), counted);
        int level = priority;
        localities
            .computeIfAbsent(host.locality(), l -> new LocalityLoad(l, level, byEndpoint))
            .add(host, counted.since(before.getOrDefault(host.state(), HostLoad.NONE)));
      }
      localities.values().stream()
          .filter(LocalityLoad::any)
          .forEach(locality -> stats.addUpstreamLocalityStats(locality.message()));
    }
    told.put(cluster, now);
    ClusterDrops dropped = ClusterDrops.of(found);
    dropped.tell(drops.put(cluster, dropped), stats);
    return Optional.of(stats.build());
  }
}
