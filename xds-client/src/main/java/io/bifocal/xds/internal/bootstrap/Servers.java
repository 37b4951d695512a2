package io.bifocal.xds.internal.bootstrap;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.bootstrap.v3.RuntimeLayer;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DiscoveryType;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Which servers a source may name.
 *
 * @param knowsCluster whether a cluster of that name is there from the start, and asks nobody for
 *     its endpoints
 * @param failover whether a second gRPC service may be named ({@code
 *     envoy.restart_features.xds_failover_support})
 */
public record Servers(Predicate<String> knowsCluster, boolean failover) {
  /** Any cluster, no failover: there is no bootstrap to tell. */
  public static final Servers ANY = new Servers(name -> true, false);

  private static final String FAILOVER = "envoy.restart_features.xds_failover_support";

  /** What a bootstrap says. */
  public static Servers of(Bootstrap bootstrap) {
    var names =
        bootstrap.getStaticResources().getClustersList().stream()
            .filter(c -> !asksForEndpoints(c))
            .map(Cluster::getName)
            .collect(Collectors.toUnmodifiableSet());
    boolean failover = false;
    for (RuntimeLayer layer : bootstrap.getLayeredRuntime().getLayersList()) {
      Value value = find(layer.getStaticLayer(), FAILOVER);
      failover = value.hasBoolValue() ? value.getBoolValue() : failover;
    }
    return new Servers(names::contains, failover);
  }

  private static boolean asksForEndpoints(Cluster cluster) {
    return cluster.getType() == DiscoveryType.EDS
        || cluster.hasEdsClusterConfig()
        || cluster.getClusterType().getName().equals("envoy.cluster.eds");
  }

  // A key may be written with dots, as nested objects, or as a mix of both.
  private static Value find(Struct struct, String key) {
    Value found = struct.getFieldsOrDefault(key, Value.getDefaultInstance());
    for (int dot = key.indexOf('.'); dot >= 0; dot = key.indexOf('.', dot + 1)) {
      Value nested = struct.getFieldsOrDefault(key.substring(0, dot), Value.getDefaultInstance());
      if (nested.hasStructValue()) {
        Value inner = find(nested.getStructValue(), key.substring(dot + 1));
        found = inner.getKindCase() == Value.KindCase.KIND_NOT_SET ? found : inner;
      }
    }
    return found;
  }
}
