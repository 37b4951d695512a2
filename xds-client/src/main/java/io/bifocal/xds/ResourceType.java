package io.bifocal.xds;

import com.google.protobuf.Message;
import io.bifocal.api.MessageTypes;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.ScopedRouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.service.runtime.v3.Runtime;
import java.util.function.Function;

/**
 * A kind of resource: how it is called on the wire, and how a message of it tells its own name.
 *
 * @param shortName as in logs and statistics, e.g. {@code CDS}
 * @param typeUrl with the prefix {@code type.googleapis.com/}
 * @param prototype the default instance, for parsing
 * @param nameOf the resource's name, for resources that travel without a {@code Resource} wrapper
 * @param wholeState whether a state-of-the-world response lists everything there is, so that what
 *     is absent is removed (CDS, LDS, SRDS)
 */
public record ResourceType<T extends Message>(
    String shortName, String typeUrl, T prototype, Function<T, String> nameOf, boolean wholeState) {

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
  public static final ResourceType<ScopedRouteConfiguration> SCOPED_ROUTES =
      of(
          "SRDS",
          ScopedRouteConfiguration.getDefaultInstance(),
          ScopedRouteConfiguration::getName,
          true);

  /** On demand, in the incremental dialect only; the wrapper's name is {@code <routes>/<host>}. */
  public static final ResourceType<VirtualHost> VIRTUAL_HOST =
      of("VHDS", VirtualHost.getDefaultInstance(), VirtualHost::getName, false);

  public static final ResourceType<Secret> SECRET =
      of("SDS", Secret.getDefaultInstance(), Secret::getName, false);
  public static final ResourceType<TypedExtensionConfig> EXTENSION_CONFIG =
      of("ECDS", TypedExtensionConfig.getDefaultInstance(), TypedExtensionConfig::getName, false);
  public static final ResourceType<Runtime> RUNTIME =
      of("RTDS", Runtime.getDefaultInstance(), Runtime::getName, false);

  /** In the incremental dialect only; an endpoint has no name but its wrapper's. */
  public static final ResourceType<LbEndpoint> LOCALITY_ENDPOINTS =
      of("LEDS", LbEndpoint.getDefaultInstance(), endpoint -> "", false);

  /** A type of your own; its URL follows from the message's full name. */
  public static <T extends Message> ResourceType<T> of(
      String shortName, T prototype, Function<T, String> nameOf, boolean wholeState) {
    return new ResourceType<>(
        shortName, MessageTypes.url(MessageTypes.of(prototype)), prototype, nameOf, wholeState);
  }

  @Override
  public String toString() {
    return shortName;
  }
}
