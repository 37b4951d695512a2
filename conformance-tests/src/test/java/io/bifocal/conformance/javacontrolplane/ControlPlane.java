package io.bifocal.conformance.javacontrolplane;

import io.bifocal.conformance.Loopback;
import io.bifocal.conformance.Resources;
import io.envoyproxy.controlplane.cache.v3.SimpleCache;
import io.envoyproxy.controlplane.cache.v3.Snapshot;
import io.envoyproxy.controlplane.server.DefaultExecutorGroup;
import io.envoyproxy.controlplane.server.DiscoveryServerCallbacks;
import io.envoyproxy.controlplane.server.StartupConfigs;
import io.envoyproxy.controlplane.server.V3DiscoveryServer;
import io.envoyproxy.controlplane.server.serializer.DefaultProtoResourcesSerializer;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * java-control-plane serving one snapshot to every node, over ADS or a stream for each type, and
 * remembering what was refused.
 */
public final class ControlPlane implements AutoCloseable {
  private static final String EVERYBODY = "all";
  private static final int NACKS_KEPT = 1000;

  private final SimpleCache<String> cache = new SimpleCache<>(node -> EVERYBODY);
  // Each once: what is refused is sent again at once, so that one refusal would crowd out the next.
  private final Set<String> nacks = Collections.synchronizedSet(new LinkedHashSet<>());
  private final Server server;

  /** On 127.0.0.1 and this port; 0 is an ephemeral one. */
  public ControlPlane(int port) {
    this(Loopback.v4(port));
  }

  public ControlPlane(InetSocketAddress address) {
    this(address, () -> false);
  }

  /**
   * One with callbacks more than its own.
   *
   * @param configs whether a missing assignment is made an empty one
   */
  ControlPlane(
      InetSocketAddress address, StartupConfigs configs, DiscoveryServerCallbacks... others) {
    List<DiscoveryServerCallbacks> callbacks = new ArrayList<>(List.of(others));
    callbacks.add(new Ear());
    V3DiscoveryServer discovery =
        new V3DiscoveryServer(
            callbacks,
            cache,
            new DefaultExecutorGroup(),
            new DefaultProtoResourcesSerializer(),
            configs);
    try {
      server =
          NettyServerBuilder.forAddress(address)
              .addService(discovery.getAggregatedDiscoveryServiceImpl())
              .addService(discovery.getClusterDiscoveryServiceImpl())
              .addService(discovery.getEndpointDiscoveryServiceImpl())
              .addService(discovery.getListenerDiscoveryServiceImpl())
              .addService(discovery.getRouteDiscoveryServiceImpl())
              .addService(discovery.getSecretDiscoveryServiceImpl())
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int port() {
    return server.getPort();
  }

  /** The different error details of the refusals so far: type URL, a space, message. */
  public List<String> nacks() {
    synchronized (nacks) {
      return List.copyOf(nacks);
    }
  }

  /** Replaces what is served. */
  public void publish(
      String version,
      List<Cluster> clusters,
      List<ClusterLoadAssignment> assignments,
      List<Listener> listeners,
      List<RouteConfiguration> routes) {
    publish(version, clusters, assignments, listeners, routes, List.of());
  }

  /** The same, with secrets. */
  public void publish(
      String version,
      List<Cluster> clusters,
      List<ClusterLoadAssignment> assignments,
      List<Listener> listeners,
      List<RouteConfiguration> routes,
      List<Secret> secrets) {
    cache.setSnapshot(
        EVERYBODY, Snapshot.create(clusters, assignments, listeners, routes, secrets, version));
  }

  @Override
  public void close() {
    try {
      server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * In a JVM of its own: {@code ControlPlane BACKEND-PORT}; prints its port, and serves until it is
   * killed.
   */
  public static void main(String[] arguments) throws InterruptedException {
    InetSocketAddress backend = Loopback.v4(Integer.parseInt(arguments[0]));
    ControlPlane controlPlane = new ControlPlane(0);
    controlPlane.publish(
        "1",
        List.of(Resources.edsCluster("backend")),
        List.of(Resources.assignment("backend", backend)),
        List.of(Resources.listener("ingress", "routes")),
        List.of(Resources.route("routes", "backend")));
    System.out.println("port " + controlPlane.port());
    controlPlane.server.awaitTermination();
  }

  private final class Ear implements DiscoveryServerCallbacks {
    @Override
    public void onV3StreamRequest(long streamId, DiscoveryRequest request) {
      if (request.hasErrorDetail()) {
        refused(request.getTypeUrl(), request.getErrorDetail().getMessage());
      }
    }

    @Override
    public void onV3StreamDeltaRequest(long streamId, DeltaDiscoveryRequest request) {
      if (request.hasErrorDetail()) {
        refused(request.getTypeUrl(), request.getErrorDetail().getMessage());
      }
    }

    private void refused(String typeUrl, String message) {
      if (nacks.size() < NACKS_KEPT) {
        nacks.add(typeUrl + " " + message);
      }
    }
  }
}
