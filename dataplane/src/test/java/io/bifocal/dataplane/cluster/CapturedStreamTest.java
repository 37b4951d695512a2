package io.bifocal.dataplane.cluster;

import static io.bifocal.dataplane.cluster.ClusterFixture.ADS;
import static io.bifocal.dataplane.cluster.ClusterFixture.assignment;
import static io.bifocal.dataplane.cluster.ClusterFixture.changed;
import static io.bifocal.dataplane.cluster.ClusterFixture.eds;
import static io.bifocal.dataplane.cluster.ClusterFixture.inline;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.TransportSockets;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.XdsClient;
import io.bifocal.xds.time.ThreadLoop;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The order of requests on a real stream, as it was captured from Envoy 1.40. */
class CapturedStreamTest {
  private final ThreadLoop control = ThreadLoop.start("control");
  private final RecordingControlPlane server = new RecordingControlPlane();
  private final ManagedChannel channel =
      NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
  private final CompletableFuture<Boolean> initialized = new CompletableFuture<>();

  private ClusterManager start(ApiConfigSource.ApiType dialect) {
    XdsClient client =
        XdsClient.builder()
            .loop(control)
            .ads(
                ApiConfigSource.newBuilder()
                    .setApiType(dialect)
                    .addGrpcServices(GrpcService.getDefaultInstance())
                    .build())
            .channel(channel)
            .build();
    StatsStore stats = new StatsStore(0);
    ClusterTables tables =
        new ClusterTables(
            List.of(),
            stats,
            w -> {
              throw new AssertionError("there is no worker");
            },
            (config, counted, loop, local) -> (hosts, context) -> null,
            ProxyPlace.UNKNOWN);
    ClusterManager manager =
        new ClusterManager(
            control,
            client.subscriptions(),
            stats,
            tables,
            ClusterDefaults.DEFAULT,
            new ScriptedNames(control),
            new TransportSockets(),
            UpstreamFilters.Reader.NONE);
    control.execute(
        () ->
            manager.start(
                ADS,
                SubscriptionObserver.NONE,
                c -> SubscriptionObserver.NONE,
                () -> initialized.complete(true)));
    client.start();
    return manager;
  }

  @AfterEach
  void close() {
    channel.shutdownNow();
    server.close();
    control.close();
  }

  @ParameterizedTest
  @EnumSource(names = {"GRPC", "DELTA_GRPC"})
  void atStartTheAcknowledgementComesAfterTheSubscription(ApiConfigSource.ApiType dialect)
      throws Exception {
    start(dialect);
    assertThat(server.next()).isEqualTo("CDS");
    server.respond(ResourceType.CLUSTER, "1", inline("a", "127.0.0.1"), eds("e1"));
    assertThat(server.next()).isEqualTo("EDS e1");
    assertThat(server.next()).isEqualTo("CDS ack");
    assertThat(initialized).isNotDone();
    server.respond(ResourceType.ENDPOINTS, "1", assignment("e1", "127.0.0.1"));
    assertThat(server.next()).startsWith("EDS").endsWith("ack");
    assertThat(initialized.get(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void laterTheAcknowledgementWaitsForTheEndpoints() throws Exception {
    start(ApiConfigSource.ApiType.GRPC);
    server.next();
    server.respond(ResourceType.CLUSTER, "1");
    assertThat(server.next()).isEqualTo("CDS ack");
    initialized.get(20, TimeUnit.SECONDS);
    server.respond(ResourceType.CLUSTER, "2", eds("e1"), eds("e2"));
    assertThat(server.next()).isEqualTo("EDS e1,e2");
    server.respond(
        ResourceType.ENDPOINTS, "1", assignment("e1", "127.0.0.1"), assignment("e2", "127.0.0.1"));
    assertThat(List.of(server.next(), server.next()))
        .containsExactlyInAnyOrder("CDS ack", "EDS e1,e2 ack");
    server.respond(ResourceType.CLUSTER, "3", changed(eds("e1"), 9), eds("e2"));
    assertThat(server.next())
        .as("asked again for the changed one, with the last version and nonce")
        .isEqualTo("EDS e1,e2 ack");
    server.respond(ResourceType.ENDPOINTS, "1", assignment("e1", "127.0.0.1"));
    assertThat(List.of(server.next(), server.next()))
        .containsExactlyInAnyOrder("CDS ack", "EDS e1,e2 ack");
  }

  /** Envoy asks nothing here, and its acknowledgement waits for the fetch timeout: 15 s. */
  @Test
  void inDeltaAChangedClusterAsksForItsEndpointsAgain() throws Exception {
    start(ApiConfigSource.ApiType.DELTA_GRPC);
    server.next();
    server.respond(ResourceType.CLUSTER, "1", eds("e1"));
    assertThat(List.of(server.next(), server.next())).containsExactly("EDS e1", "CDS ack");
    server.respond(ResourceType.ENDPOINTS, "1", assignment("e1", "127.0.0.1"));
    assertThat(server.next()).isEqualTo("EDS ack");
    initialized.get(20, TimeUnit.SECONDS);
    server.respond(ResourceType.CLUSTER, "2", changed(eds("e1"), 9));
    assertThat(server.next()).isEqualTo("EDS e1");
    server.respond(ResourceType.ENDPOINTS, "1", assignment("e1", "127.0.0.1"));
    assertThat(List.of(server.next(), server.next()))
        .containsExactlyInAnyOrder("CDS ack", "EDS ack");
  }
}
