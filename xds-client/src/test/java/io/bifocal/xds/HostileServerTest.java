package io.bifocal.xds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource.ApiType;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Over a real socket, against servers that are down, absurd or enormous. */
class HostileServerTest {
  private @Nullable Server server;

  @AfterEach
  void stop() throws InterruptedException {
    if (server != null) {
      server.shutdownNow();
      server.awaitTermination(20, TimeUnit.SECONDS);
    }
  }

  private static ApiConfigSource at(int port) {
    return ApiConfigSource.newBuilder()
        .setApiType(ApiType.GRPC)
        .addGrpcServices(
            GrpcService.newBuilder()
                .setGoogleGrpc(
                    GrpcService.GoogleGrpc.newBuilder().setTargetUri("127.0.0.1:" + port)))
        .build();
  }

  /** A server that is given each first request of a stream, and says bytes. */
  private int serve(int port, BiConsumer<DiscoveryRequest, StreamObserver<byte[]>> onRequest)
      throws IOException {
    MethodDescriptor<DiscoveryRequest, DiscoveryResponse> typed =
        AggregatedDiscoveryServiceGrpc.getStreamAggregatedResourcesMethod();
    MethodDescriptor<DiscoveryRequest, byte[]> raw =
        typed.toBuilder(typed.getRequestMarshaller(), new Bytes()).build();
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
            .addService(
                ServerServiceDefinition.builder(AggregatedDiscoveryServiceGrpc.SERVICE_NAME)
                    .addMethod(
                        raw,
                        ServerCalls.asyncBidiStreamingCall(out -> new FirstRequest(out, onRequest)))
                    .build())
            .build()
            .start();
    return server.getPort();
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      throw new UnsupportedOperationException("only sent");
    }
  }

  private record FirstRequest(
      StreamObserver<byte[]> out, BiConsumer<DiscoveryRequest, StreamObserver<byte[]>> then)
      implements StreamObserver<DiscoveryRequest> {
    @Override
    public void onNext(DiscoveryRequest request) {
      if (request.getResponseNonce().isEmpty()) {
        then.accept(request, out);
      }
    }

    @Override
    public void onError(Throwable t) {}

    @Override
    public void onCompleted() {
      out.onCompleted();
    }
  }

  private static DiscoveryResponse clusters(String version, Cluster... clusters) {
    DiscoveryResponse.Builder response =
        DiscoveryResponse.newBuilder()
            .setTypeUrl(ResourceType.CLUSTER.typeUrl())
            .setVersionInfo(version)
            .setNonce("n" + version);
    for (Cluster cluster : clusters) {
      response.addResources(Any.pack(cluster));
    }
    return response.build();
  }

  private static Cluster cluster(String name) {
    return Cluster.newBuilder().setName(name).build();
  }

  private static XdsClient client(int port) {
    return XdsClient.builder().ads(at(port)).chance(() -> 0.1).build();
  }

  @Test
  void aServerThatComesUpLateIsFound() throws Exception {
    int port;
    try (java.net.ServerSocket free =
        new java.net.ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    try (XdsClient client = client(port);
        Watch<Map<String, Resource<Cluster>>> watch =
            client.watchAll(ResourceType.CLUSTER, r -> Verdict.accept())) {
      client.start();
      await().until(() -> watch.error().isPresent());
      assertThat(watch.error().orElseThrow().kind()).isEqualTo(WatchError.Kind.TRANSPORT);
      serve(port, (request, out) -> out.onNext(clusters("1", cluster("a")).toByteArray()));
      assertThat(watch.awaitReady(Duration.ofSeconds(20))).containsOnlyKeys("a");
      assertThat(watch.error()).isEmpty();
    }
  }

  @Test
  void bytesThatAreNoResponseEndTheStreamAndWhatWasGoodStays() throws Exception {
    int port =
        serve(
            0,
            (request, out) -> {
              if (request.getVersionInfo().isEmpty()) {
                out.onNext(clusters("1", cluster("a")).toByteArray());
              }
              out.onNext(new byte[] {(byte) 0xff, (byte) 0xff, 0, 1});
            });
    try (XdsClient client = client(port);
        Watch<Map<String, Resource<Cluster>>> watch =
            client.watchAll(ResourceType.CLUSTER, r -> Verdict.accept())) {
      client.start();
      assertThat(watch.awaitReady(Duration.ofSeconds(20))).containsOnlyKeys("a");
      await().until(() -> watch.error().isPresent());
      assertThat(watch.value().orElseThrow()).containsOnlyKeys("a");
    }
  }

  @Test
  void aResponseOfSixtyFourMebibytesIsTaken() throws Exception {
    ByteString mebibyte = ByteString.copyFrom(new byte[1 << 20]);
    Cluster[] big = new Cluster[64];
    for (int i = 0; i < big.length; i++) {
      big[i] =
          cluster("c" + i).toBuilder()
              .setMetadata(
                  Metadata.newBuilder()
                      .putTypedFilterMetadata("x", Any.newBuilder().setValue(mebibyte).build()))
              .build();
    }
    byte[] bytes = clusters("1", big).toByteArray();
    int port = serve(0, (request, out) -> out.onNext(bytes));
    try (XdsClient client = client(port);
        Watch<Map<String, Resource<Cluster>>> watch =
            client.watchAll(ResourceType.CLUSTER, r -> Verdict.accept())) {
      client.start();
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> watch.value().orElse(Map.of()).size() == 64);
    }
  }

  @Test
  void aServerThatRefusesEveryStreamIsAskedAgainAndSaysWhy() throws Exception {
    int port =
        serve(
            0,
            (request, out) ->
                out.onError(Status.PERMISSION_DENIED.withDescription("not you").asException()));
    try (XdsClient client = client(port);
        Watch<Map<String, Resource<Cluster>>> watch =
            client.watchAll(ResourceType.CLUSTER, r -> Verdict.accept())) {
      client.start();
      await().until(() -> watch.error().isPresent());
      assertThat(watch.error().orElseThrow().message())
          .contains("PERMISSION_DENIED")
          .contains("not you");
    }
  }

  @Test
  void aServerBeyondTheMessageLimitIsNamedAsSuch() throws Exception {
    byte[] bytes = clusters("1", cluster("a".repeat(2_000))).toByteArray();
    int port = serve(0, (request, out) -> out.onNext(bytes));
    ApiConfigSource small =
        at(port).toBuilder()
            .setGrpcServices(
                0,
                GrpcService.newBuilder()
                    .setEnvoyGrpc(
                        GrpcService.EnvoyGrpc.newBuilder()
                            .setClusterName("xds")
                            .setMaxReceiveMessageLength(UInt32Value.of(1_000))))
            .build();
    ChannelFactory toPort =
        service -> NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    try (XdsClient client =
            XdsClient.builder().ads(small).channelFactory(toPort).chance(() -> 0.5).build();
        Watch<Map<String, Resource<Cluster>>> watch =
            client.watchAll(ResourceType.CLUSTER, r -> Verdict.accept())) {
      client.start();
      await().until(() -> watch.error().isPresent());
      assertThat(watch.error().orElseThrow().message()).contains("RESOURCE_EXHAUSTED");
    }
  }

  @Test
  void theDefaultFactoryKnowsOnlyTheBootstrapsClusters() {
    ApiConfigSource envoyGrpc =
        at(1).toBuilder()
            .setGrpcServices(
                0,
                GrpcService.newBuilder()
                    .setEnvoyGrpc(GrpcService.EnvoyGrpc.newBuilder().setClusterName("xds")))
            .build();
    try (XdsClient client = XdsClient.builder().ads(envoyGrpc).build()) {
      assertThatThrownBy(client::start)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("Unknown gRPC client cluster 'xds'");
    }
  }

  @Test
  void closingTheClientLeavesNoThreadBehind() throws Exception {
    int port = serve(0, (request, out) -> out.onNext(clusters("1", cluster("a")).toByteArray()));
    try (XdsClient client = client(port);
        Watch<Map<String, Resource<Cluster>>> watch =
            client.watchAll(ResourceType.CLUSTER, r -> Verdict.accept())) {
      client.start();
      assertThat(watch.awaitReady(Duration.ofSeconds(20))).containsOnlyKeys("a");
    }
    await()
        .untilAsserted(
            () ->
                assertThat(Thread.getAllStackTraces().keySet())
                    .extracting(Thread::getName)
                    .doesNotContain("xds", "xds-decode"));
  }
}
