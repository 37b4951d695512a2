package io.bifocal.dataplane.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.UInt32Value;
import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
import io.bifocal.dataplane.Http3Rehearsal;
import io.bifocal.dataplane.Proxy;
import io.bifocal.dataplane.ProxyOptions;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Locality;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What {@code scripts/bifocal} runs once for each build, to learn which classes a start needs: the
 * program is started, hears of a cluster from a control plane in either dialect, and then that its
 * endpoint has moved, is asked what operators ask, and serves a request; and then requests over
 * HTTP/3.
 */
public final class Rehearsal {
  private static final int PATIENCE_SECONDS = 30;
  private static final String CLUSTER = "rehearsed";

  private Rehearsal() {}

  /**
   * The rehearsal; ends with the JVM.
   *
   * @param args a file with the bootstrap, where {@code CONTROL_PLANE_PORT} and {@code
   *     UPSTREAM_PORT} stand for ports that are not known yet
   */
  public static void main(String[] args)
      throws IOException,
          ConfigException,
          ExecutionException,
          InterruptedException,
          TimeoutException {
    try (ServerSocket upstream = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
      Thread answering = new Thread(() -> answer(upstream), "rehearsal-upstream");
      answering.setDaemon(true);
      answering.start();
      Server controlPlane =
          Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
              .addService(new ControlPlane())
              .build()
              .start();
      String bootstrap =
          Files.readString(Path.of(args[0]))
              .replace("CONTROL_PLANE_PORT", String.valueOf(controlPlane.getPort()))
              .replace("UPSTREAM_PORT", String.valueOf(upstream.getLocalPort()));
      Main.run("--config-yaml", bootstrap.replace("DELTA_GRPC", "GRPC"), "--mode", "init_only");
      rehearse(bootstrap);
      var unused = Http3Rehearsal.play(); // not everywhere is there QUIC
      controlPlane.shutdownNow();
    }
    System.exit(0);
  }

  private static void rehearse(String bootstrap)
      throws ConfigException,
          IOException,
          ExecutionException,
          InterruptedException,
          TimeoutException {
    var read = new BootstrapReader(false).readYaml(bootstrap, "the rehearsal's");
    try (Proxy proxy = Proxy.start(read, ProxyOptions.defaults())) {
      proxy.live().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      SocketAddress admin = proxy.adminAddress().orElseThrow();
      for (String path : List.of("/ready", "/stats?filter=%5Eserver")) {
        ask(admin, path);
      }
      ask(proxy.listenerAddresses("ingress").get(0), "/");
    }
  }

  private static void ask(SocketAddress server, String path) throws IOException {
    InetSocketAddress at = (InetSocketAddress) server;
    URI page = URI.create("http://%s:%d%s".formatted(at.getHostString(), at.getPort(), path));
    try (InputStream answer = page.toURL().openStream()) {
      var unused = answer.readAllBytes();
    }
  }

  private static void answer(ServerSocket upstream) {
    try {
      while (true) {
        try (Socket socket = upstream.accept()) {
          int first = socket.getInputStream().read(new byte[4096]);
          if (first > 0) {
            socket
                .getOutputStream()
                .write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".getBytes(UTF_8));
          }
        }
      }
    } catch (IOException e) {
      return; // the rehearsal is over
    }
  }

  /** One cluster with one endpoint, of which nobody asks anything. */
  private static final class ControlPlane extends AggregatedDiscoveryServiceImplBase {
    private static final String CLUSTERS = MessageTypes.url(Cluster.getDescriptor());
    private static final String ENDPOINTS = MessageTypes.url(ClusterLoadAssignment.getDescriptor());

    private static Any packed(String typeUrl, String version) {
      return Any.newBuilder()
          .setTypeUrl(typeUrl)
          .setValue(resource(typeUrl, version).toByteString())
          .build();
    }

    private static Message resource(String typeUrl, String version) {
      if (typeUrl.equals(CLUSTERS)) {
        ConfigSource ads =
            ConfigSource.newBuilder()
                .setResourceApiVersion(ApiVersion.V3)
                .setAds(AggregatedConfigSource.getDefaultInstance())
                .build();
        return Cluster.newBuilder()
            .setName(CLUSTER)
            .setType(Cluster.DiscoveryType.EDS)
            .setEdsClusterConfig(Cluster.EdsClusterConfig.newBuilder().setEdsConfig(ads))
            .build();
      }
      LocalityLbEndpoints.Builder place =
          LocalityLbEndpoints.newBuilder()
              .setLocality(Locality.newBuilder().setRegion("r"))
              .setLoadBalancingWeight(UInt32Value.of(1));
      place
          .addLbEndpointsBuilder()
          .setHealthStatus(HealthStatus.HEALTHY)
          .setLoadBalancingWeight(UInt32Value.of(1))
          .getEndpointBuilder()
          .getAddressBuilder()
          .getSocketAddressBuilder()
          .setAddress("127.0.0.1")
          .setPortValue(Integer.parseInt(version));
      return ClusterLoadAssignment.newBuilder().setClusterName(CLUSTER).addEndpoints(place).build();
    }

    private static boolean known(String typeUrl) {
      return typeUrl.equals(CLUSTERS) || typeUrl.equals(ENDPOINTS);
    }

    // The endpoint moves as soon as it has been taken.
    private static @Nullable String version(String typeUrl, String acknowledged) {
      if (acknowledged.isEmpty()) {
        return "1";
      }
      return acknowledged.equals("1") && typeUrl.equals(ENDPOINTS) ? "2" : null;
    }

    @Override
    public StreamObserver<DiscoveryRequest> streamAggregatedResources(
        StreamObserver<DiscoveryResponse> to) {
      return new Answering<>(
          to,
          request -> {
            String version = version(request.getTypeUrl(), request.getResponseNonce());
            if (version == null) {
              return null;
            }
            DiscoveryResponse.Builder response =
                DiscoveryResponse.newBuilder()
                    .setTypeUrl(request.getTypeUrl())
                    .setVersionInfo(version)
                    .setNonce(version);
            if (known(request.getTypeUrl())) {
              response.addResources(packed(request.getTypeUrl(), version));
            }
            return response.build();
          });
    }

    @Override
    public StreamObserver<DeltaDiscoveryRequest> deltaAggregatedResources(
        StreamObserver<DeltaDiscoveryResponse> to) {
      return new Answering<>(
          to,
          request -> {
            String version = version(request.getTypeUrl(), request.getResponseNonce());
            if (version == null) {
              return null;
            }
            DeltaDiscoveryResponse.Builder response =
                DeltaDiscoveryResponse.newBuilder()
                    .setTypeUrl(request.getTypeUrl())
                    .setSystemVersionInfo(version)
                    .setNonce(version);
            if (known(request.getTypeUrl())) {
              response.addResources(
                  Resource.newBuilder()
                      .setName(CLUSTER)
                      .setVersion(version)
                      .setResource(packed(request.getTypeUrl(), version)));
            }
            return response.build();
          });
    }
  }

  /** Answers some requests. */
  private record Answering<Q, R>(StreamObserver<R> to, Function<Q, @Nullable R> answer)
      implements StreamObserver<Q> {
    @Override
    public void onNext(Q request) {
      R response = answer.apply(request);
      if (response != null) {
        to.onNext(response);
      }
    }

    @Override
    public void onError(Throwable broken) {}

    @Override
    public void onCompleted() {
      to.onCompleted();
    }
  }
}
