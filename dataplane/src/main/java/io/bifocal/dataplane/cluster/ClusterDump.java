package io.bifocal.dataplane.cluster;

import com.google.protobuf.Any;
import com.google.protobuf.Timestamp;
import io.bifocal.xds.ResourceStatus;
import io.envoyproxy.envoy.admin.v3.ClustersConfigDump;
import io.envoyproxy.envoy.admin.v3.EndpointsConfigDump;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Clusters and their hosts as {@code /config_dump} shows them. */
final class ClusterDump {
  private ClusterDump() {}

  static ClustersConfigDump clusters(
      String version,
      Collection<ManagedCluster> active,
      Collection<ManagedCluster> warming,
      Map<String, ResourceStatus> statuses) {
    Map<String, ResourceStatus> unseen = new TreeMap<>(statuses);
    ClustersConfigDump.Builder dump = ClustersConfigDump.newBuilder().setVersionInfo(version);
    for (ManagedCluster cluster : active) {
      if (cluster.origin().api()) {
        unseen.remove(cluster.name());
        dump.addDynamicActiveClusters(dynamic(cluster, statuses.get(cluster.name())));
      } else {
        dump.addStaticClusters(
            ClustersConfigDump.StaticCluster.newBuilder()
                .setCluster(Any.pack(cluster.config().proto()))
                .setLastUpdated(timestamp(cluster.origin().updated())));
      }
    }
    for (ManagedCluster cluster : warming) {
      unseen.remove(cluster.name());
      dump.addDynamicWarmingClusters(dynamic(cluster, statuses.get(cluster.name())));
    }
    unseen.values().stream()
        .filter(status -> status.status() == ResourceStatus.Status.NACKED)
        .forEach(status -> dump.addDynamicWarmingClusters(refused(status)));
    return dump.build();
  }

  private static ClustersConfigDump.DynamicCluster.Builder dynamic(
      ManagedCluster cluster, @Nullable ResourceStatus status) {
    ClustersConfigDump.DynamicCluster.Builder dump =
        ClustersConfigDump.DynamicCluster.newBuilder()
            .setVersionInfo(cluster.origin().version())
            .setCluster(Any.pack(cluster.config().proto()))
            .setLastUpdated(timestamp(cluster.origin().updated()));
    if (status != null) {
      dump.setClientStatus(status.clientStatus());
      status.errorState().ifPresent(dump::setErrorState);
    }
    return dump;
  }

  // There is no cluster of it, but who asks for names must find its name.
  private static ClustersConfigDump.DynamicCluster.Builder refused(ResourceStatus status) {
    ClustersConfigDump.DynamicCluster.Builder dump =
        ClustersConfigDump.DynamicCluster.newBuilder()
            .setCluster(Any.pack(Cluster.newBuilder().setName(status.name()).build()))
            .setClientStatus(status.clientStatus());
    status.errorState().ifPresent(dump::setErrorState);
    return dump;
  }

  static EndpointsConfigDump endpoints(Collection<ManagedCluster> active) {
    EndpointsConfigDump.Builder dump = EndpointsConfigDump.newBuilder();
    for (ManagedCluster cluster : active) {
      Any assignment = Any.pack(AssignmentDump.of(cluster));
      if (cluster.origin().api()) {
        EndpointsConfigDump.DynamicEndpointConfig.Builder dynamic =
            dump.addDynamicEndpointConfigsBuilder().setEndpointConfig(assignment);
        cluster.endpointsStatus().ifPresent(status -> show(status, dynamic));
      } else {
        dump.addStaticEndpointConfigsBuilder().setEndpointConfig(assignment);
      }
    }
    return dump.build();
  }

  private static void show(
      ResourceStatus status, EndpointsConfigDump.DynamicEndpointConfig.Builder dump) {
    dump.setVersionInfo(status.version()).setClientStatus(status.clientStatus());
    status.lastUpdated().ifPresent(at -> dump.setLastUpdated(timestamp(at)));
    status.errorState().ifPresent(dump::setErrorState);
  }

  private static Timestamp timestamp(Instant at) {
    return Timestamp.newBuilder().setSeconds(at.getEpochSecond()).setNanos(at.getNano()).build();
  }
}
