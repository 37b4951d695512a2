package io.bifocal.dataplane.cluster;

import com.google.protobuf.Any;
import com.google.protobuf.Timestamp;
import io.envoyproxy.envoy.admin.v3.ClustersConfigDump;
import io.envoyproxy.envoy.admin.v3.EndpointsConfigDump;
import java.time.Instant;
import java.util.Collection;

/** Clusters and their hosts as {@code /config_dump} shows them. */
final class ClusterDump {
  private ClusterDump() {}

  static ClustersConfigDump clusters(
      String version, Collection<ManagedCluster> active, Collection<ManagedCluster> warming) {
    ClustersConfigDump.Builder dump = ClustersConfigDump.newBuilder().setVersionInfo(version);
    for (ManagedCluster cluster : active) {
      if (cluster.origin().api()) {
        dump.addDynamicActiveClusters(dynamic(cluster));
      } else {
        dump.addStaticClusters(
            ClustersConfigDump.StaticCluster.newBuilder()
                .setCluster(Any.pack(cluster.config().proto()))
                .setLastUpdated(timestamp(cluster.origin().updated())));
      }
    }
    warming.forEach(cluster -> dump.addDynamicWarmingClusters(dynamic(cluster)));
    return dump.build();
  }

  private static ClustersConfigDump.DynamicCluster dynamic(ManagedCluster cluster) {
    return ClustersConfigDump.DynamicCluster.newBuilder()
        .setVersionInfo(cluster.origin().version())
        .setCluster(Any.pack(cluster.config().proto()))
        .setLastUpdated(timestamp(cluster.origin().updated()))
        .build();
  }

  static EndpointsConfigDump endpoints(Collection<ManagedCluster> active) {
    EndpointsConfigDump.Builder dump = EndpointsConfigDump.newBuilder();
    for (ManagedCluster cluster : active) {
      Any assignment = Any.pack(AssignmentDump.of(cluster));
      if (cluster.origin().api()) {
        dump.addDynamicEndpointConfigsBuilder().setEndpointConfig(assignment);
      } else {
        dump.addStaticEndpointConfigsBuilder().setEndpointConfig(assignment);
      }
    }
    return dump.build();
  }

  private static Timestamp timestamp(Instant at) {
    return Timestamp.newBuilder().setSeconds(at.getEpochSecond()).setNanos(at.getNano()).build();
  }
}
