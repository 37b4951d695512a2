package io.bifocal.xds;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.xds.testing.HeardRequest;
import io.bifocal.xds.testing.Named;
import io.bifocal.xds.testing.ScriptedControlPlane;
import io.bifocal.xds.time.ThreadLoop;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource.ApiType;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ScriptedControlPlaneTest {
  private static final Cluster A = Cluster.newBuilder().setName("a").build();

  private final ScriptedControlPlane server = new ScriptedControlPlane();
  private final ManagedChannel channel =
      Grpc.newChannelBuilder("127.0.0.1:" + server.port(), InsecureChannelCredentials.create())
          .build();

  @AfterEach
  void close() {
    channel.shutdownNow();
    server.close();
  }

  private XdsClient client(ApiType dialect) {
    return XdsClient.builder().ads(source(dialect)).channel(channel).chance(() -> 0).build();
  }

  private static ApiConfigSource source(ApiType dialect) {
    return ApiConfigSource.newBuilder()
        .setApiType(dialect)
        .addGrpcServices(
            GrpcService.newBuilder()
                .setEnvoyGrpc(GrpcService.EnvoyGrpc.newBuilder().setClusterName("any")))
        .build();
  }

  @ParameterizedTest
  @EnumSource(
      value = ApiType.class,
      names = {"GRPC", "DELTA_GRPC"})
  void whatIsPushedArrivesAndTheAnswerIsWrittenDown(ApiType dialect) throws Exception {
    try (XdsClient client = client(dialect);
        Watch<Map<String, Resource<Cluster>>> watch =
            client.watchAll(ResourceType.CLUSTER, r -> Verdict.accept())) {
      client.start();
      server.awaitSubscription(ResourceType.CLUSTER);

      String nonce =
          server.push(ResourceType.CLUSTER, "1", List.of(Named.of(ResourceType.CLUSTER, A)));

      assertThat(watch.awaitReady(Duration.ofSeconds(20)).values())
          .extracting(Resource::value)
          .containsExactly(A);
      HeardRequest answer = server.awaitRequest("that answers", r -> r.nonce().equals(nonce));
      assertThat(answer.error()).isEmpty();
      assertThat(answer.stream()).isEqualTo(1);
      assertThat(answer.method())
          .isEqualTo(
              dialect == ApiType.GRPC ? "StreamAggregatedResources" : "DeltaAggregatedResources");
    }
  }

  @Test
  void aNewDeltaStreamHearsWhatChangedSinceWhatTheClientHas() throws Exception {
    try (XdsClient client = client(ApiType.DELTA_GRPC);
        Watch<Map<String, Resource<Cluster>>> watch =
            client.watchAll(ResourceType.CLUSTER, r -> Verdict.accept())) {
      client.start();
      server.awaitSubscription(ResourceType.CLUSTER);
      server.push(ResourceType.CLUSTER, "1", List.of(Named.of(ResourceType.CLUSTER, A)));
      watch.awaitReady(Duration.ofSeconds(20));

      server.hangUp(1);
      server.closeStreams();
      HeardRequest again = server.awaitRequest("on the third", r -> r.stream() == 3);
      DeltaDiscoveryRequest message = ((HeardRequest.Delta) again).message();
      assertThat(message.getInitialResourceVersionsMap()).containsOnlyKeys("a");

      String nonce = server.push(ResourceType.CLUSTER, "2", List.of());
      server.awaitRequest("that answers", r -> r.nonce().equals(nonce));
      assertThat(watch.value().orElseThrow()).isEmpty();
    }
  }

  @Test
  void aTypeMayHaveAStreamOfItsOwn() {
    ConfigSource own = ConfigSource.newBuilder().setApiConfigSource(source(ApiType.GRPC)).build();
    try (ThreadLoop loop = ThreadLoop.start("test-xds");
        XdsClient client = XdsClient.builder().channel(channel).loop(loop).build()) {
      client.start();
      loop.execute(
          () -> {
            var unused =
                client
                    .subscriptions()
                    .subscribe(
                        own,
                        ResourceType.CLUSTER,
                        Set.of(),
                        update -> Verdict.reject("seen"),
                        SubscriptionObserver.NONE);
          });
      assertThat(server.awaitRequest("of anything", r -> true).method())
          .isEqualTo("StreamClusters");
      server.push(ResourceType.CLUSTER, "1", List.of(Named.of(ResourceType.CLUSTER, A)));
      HeardRequest refusal = server.awaitRequest("that refuses", r -> r.error().isPresent());
      assertThat(refusal.error())
          .hasValueSatisfying(e -> assertThat(e.getMessage()).isEqualTo("seen"));
    }
  }
}
