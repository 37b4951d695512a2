package io.bifocal.dataplane.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.tcp.DirectClusters;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.dataplane.worker.Workers;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AdsChannelFactoryTest {
  private final Workers workers = Workers.start(1, Transport.best());
  private final Worker worker = workers.get(0);
  private final StatsStore stats = new StatsStore(1);
  private final DirectClusters clusters = new DirectClusters(worker, workers.transport(), stats);
  private final AdsChannelFactory factory =
      new AdsChannelFactory(w -> clusters, worker, cluster -> Pings.NONE);
  private final Queue<Object> heard = new ConcurrentLinkedQueue<>();
  private Server server;

  @BeforeEach
  void startServer() throws Exception {
    server = start(loopback(0));
    clusters.with("xds_cluster", loopback(server.getPort()));
  }

  @AfterEach
  void stop() {
    server.shutdownNow();
    workers.close();
  }

  /** Echoes each request's version in a response padded with the request's error text. */
  private static Server start(InetSocketAddress address) throws Exception {
    return NettyServerBuilder.forAddress(address)
        .maxInboundMessageSize(Integer.MAX_VALUE)
        .addService(
            new AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase() {
              @Override
              public StreamObserver<DiscoveryRequest> streamAggregatedResources(
                  StreamObserver<DiscoveryResponse> responses) {
                return new Observer<>() {
                  @Override
                  public void onNext(DiscoveryRequest request) {
                    responses.onNext(
                        DiscoveryResponse.newBuilder()
                            .setVersionInfo(request.getVersionInfo())
                            .setNonce(request.getResponseNonce())
                            .build());
                  }
                };
              }
            })
        .build()
        .start();
  }

  private static class Observer<T> implements StreamObserver<T> {
    @Override
    public void onNext(T value) {}

    @Override
    public void onError(Throwable t) {}

    @Override
    public void onCompleted() {}
  }

  private StreamObserver<DiscoveryRequest> stream(ManagedChannel channel) {
    return AggregatedDiscoveryServiceGrpc.newStub(channel)
        .streamAggregatedResources(
            new Observer<>() {
              @Override
              public void onNext(DiscoveryResponse response) {
                heard.add(response.getVersionInfo() + "/" + response.getNonce().length());
              }

              @Override
              public void onError(Throwable t) {
                heard.add(Status.fromThrowable(t));
              }
            });
  }

  private static GrpcService envoyGrpc(String cluster) {
    return GrpcService.newBuilder()
        .setEnvoyGrpc(GrpcService.EnvoyGrpc.newBuilder().setClusterName(cluster))
        .build();
  }

  private Status failure() {
    await().until(() -> !heard.isEmpty());
    assertThat(heard.peek()).isInstanceOf(Status.class);
    return (Status) heard.remove();
  }

  @Test
  void aStreamRidesOnAConnectionOfTheCluster() throws Exception {
    ManagedChannel channel = factory.open(envoyGrpc("xds_cluster"));
    StreamObserver<DiscoveryRequest> requests = stream(channel);
    requests.onNext(DiscoveryRequest.newBuilder().setVersionInfo("1").build());
    await().until(() -> heard.contains("1/0"));
    assertThat(clusters.acquired).hasValue(1);
    assertThat(channel.authority()).isEqualTo("xds_cluster");
    channel.shutdownNow();
    assertThat(channel.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    await().untilAsserted(() -> assertThat(clusters.channels).noneMatch(c -> c.isOpen()));
  }

  @Test
  void messagesOfManyMegabytesPassBothWays() throws Exception {
    ManagedChannel channel = factory.open(envoyGrpc("xds_cluster"));
    String large = "x".repeat(24 << 20);
    stream(channel)
        .onNext(DiscoveryRequest.newBuilder().setVersionInfo("1").setResponseNonce(large).build());
    await().until(() -> heard.contains("1/" + large.length()));
    channel.shutdownNow();
    assertThat(channel.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aCallOnAMissingClusterIsUnavailableAndSaysWhichOne() {
    ManagedChannel channel = factory.open(envoyGrpc("nosuch"));
    stream(channel);
    Status status = failure();
    assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(status.getDescription()).isEqualTo("there is no cluster 'nosuch'");
    channel.shutdownNow();
  }

  @Test
  void aClusterWithoutHostsIsUnavailable() {
    clusters.with("empty", null);
    ManagedChannel channel = factory.open(envoyGrpc("empty"));
    stream(channel);
    assertThat(failure().getDescription()).isEqualTo("no healthy upstream in cluster 'empty'");
    channel.shutdownNow();
  }

  @Test
  void theRacesOwnWordsReachTheCallAndTheNextCallTriesAtOnce() throws Exception {
    int closed;
    try (ServerSocket socket = new ServerSocket(0)) {
      closed = socket.getLocalPort();
    }
    clusters.with("late", loopback(closed));
    ManagedChannel channel = factory.open(envoyGrpc("late"));
    stream(channel);
    assertThat(failure().getDescription())
        .contains("'late'", "remote connection failure", "Connection refused");
    stream(channel);
    failure();
    assertThat(clusters.acquired).hasValue(2);

    Server late = start(loopback(closed));
    stream(channel).onNext(DiscoveryRequest.newBuilder().setVersionInfo("9").build());
    await().until(() -> heard.contains("9/0"));
    assertThat(clusters.acquired).hasValue(3);
    channel.shutdownNow();
    late.shutdownNow();
  }

  @Test
  void anEndedConnectionFailsItsStreamsAndTheNextStreamConnectsAnew() throws Exception {
    ManagedChannel channel = factory.open(envoyGrpc("xds_cluster"));
    stream(channel).onNext(DiscoveryRequest.newBuilder().setVersionInfo("1").build());
    await().until(() -> heard.remove("1/0"));
    var unused = clusters.channels.get(0).close();
    assertThat(failure().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    stream(channel).onNext(DiscoveryRequest.newBuilder().setVersionInfo("2").build());
    await().until(() -> heard.contains("2/0"));
    channel.shutdownNow();
  }

  @Test
  void noThreadIsLeftAfterShutdown() throws Exception {
    ManagedChannel channel = factory.open(envoyGrpc("xds_cluster"));
    stream(channel).onNext(DiscoveryRequest.newBuilder().setVersionInfo("1").build());
    await().until(() -> heard.contains("1/0"));
    assertThat(threads()).isPositive();
    channel.shutdownNow();
    assertThat(channel.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    await().untilAsserted(() -> assertThat(threads()).isZero());
  }

  @Test
  void aServiceOfNoKindIsRefused() {
    assertThatThrownBy(() -> factory.open(GrpcService.getDefaultInstance()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("neither envoy_grpc nor google_grpc");
  }

  private static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddresses.forString("127.0.0.1"), port);
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(t -> t.getName().startsWith("bifocal-xds-"))
        .count();
  }
}
