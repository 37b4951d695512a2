package io.bifocal.xds;

import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import java.util.function.Function;

/**
 * A kind of resource: how it is called on the wire, and how a message of it tells its own name.
 *
 * @param shortName as in logs and statistics, e.g. {@code CDS}
 * @param typeUrl with the prefix {@code type.googleapis.com/}
 * @param prototype the default instance, for parsing
 * @param nameOf the resource's name, for resources that travel without a {@code Resource} wrapper
 * @param wholeState whether a state-of-the-world response lists everything there is, so that what
 *     is absent is removed (CDS, LDS)
 */
public record ResourceType<T extends Message>(
    String shortName, String typeUrl, T prototype, Function<T, String> nameOf, boolean wholeState) {

  private static final String PREFIX = "type.googleapis.com/";

  public static final ResourceType<Cluster> CLUSTER =
      of("CDS", Cluster.getDefaultInstance(), Cluster::getName, true);
  public static final ResourceType<ClusterLoadAssignment> ENDPOINTS =
      of(
          "EDS",
          ClusterLoadAssignment.getDefaultInstance(),
          ClusterLoadAssignment::getClusterName,
          false);
  public static final ResourceType<Listener> LISTENER =
      of("LDS", Listener.getDefaultInstance(), Listener::getName, true);
  public static final ResourceType<RouteConfiguration> ROUTES =
      of("RDS", RouteConfiguration.getDefaultInstance(), RouteConfiguration::getName, false);

  /** A type of your own; its URL follows from the message's full name. */
  public static <T extends Message> ResourceType<T> of(
      String shortName, T prototype, Function<T, String> nameOf, boolean wholeState) {
    return new ResourceType<>(
        shortName,
        PREFIX + prototype.getDescriptorForType().getFullName(),
        prototype,
        nameOf,
        wholeState);
  }

  @Override
  public String toString() {
    return shortName;
  }
}
