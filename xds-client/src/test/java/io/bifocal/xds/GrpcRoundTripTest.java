package io.bifocal.xds;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.xds.time.ThreadLoop;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource.ApiType;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GrpcRoundTripTest {
  private static final ConfigSource ADS =
      ConfigSource.newBuilder().setAds(AggregatedConfigSource.getDefaultInstance()).build();

  @Test
  void acknowledgesWhatIsAcceptedAndRefusesWhatIsNot() throws Exception {
    try (InProcessControlPlane server = new InProcessControlPlane();
        ThreadLoop loop = ThreadLoop.start("test-xds");
        XdsClient client =
            XdsClient.builder()
                .node(Node.newBuilder().setId("n").setCluster("c").build())
                .channel(server.channel())
                .loop(loop)
                .build()) {
      server.setClusters("1", Cluster.newBuilder().setName("a").build());
      server.set(ResourceType.LISTENER, "7", Listener.newBuilder().setName("l").build());
      loop.execute(
          () -> {
            var unused =
                client
                    .subscriptions()
                    .subscribe(
                        ADS,
                        ResourceType.CLUSTER,
                        Set.of(),
                        update -> Verdict.accept(),
                        SubscriptionObserver.NONE);
          });
      client.start();
      DiscoveryRequest first = server.take();
      assertThat(first.getNode().getId()).isEqualTo("n");
      assertThat(first.getResourceNamesList()).isEmpty();
      DiscoveryRequest ack = server.take();
      assertThat(ack.getVersionInfo()).isEqualTo("1");
      assertThat(ack.getResponseNonce()).isEqualTo("n1");

      loop.execute(
          () -> {
            var unused =
                client
                    .subscriptions()
                    .subscribe(
                        ADS,
                        ResourceType.LISTENER,
                        Set.of(),
                        update -> Verdict.reject("not this one"),
                        SubscriptionObserver.NONE);
          });
      assertThat(server.take().getTypeUrl()).isEqualTo(ResourceType.LISTENER.typeUrl());
      DiscoveryRequest nack = server.take();
      assertThat(nack.getVersionInfo()).isEmpty();
      assertThat(nack.getResponseNonce()).isEqualTo("n2");
      assertThat(nack.getErrorDetail().getCode()).isEqualTo(13);
      assertThat(nack.getErrorDetail().getMessage()).isEqualTo("not this one");
    }
  }

  @Test
  void saysAgainWhatItHoldsOnANewStream() throws Exception {
    try (InProcessControlPlane server = new InProcessControlPlane();
        XdsClient client = XdsClient.builder().channel(server.channel()).chance(() -> 0).build();
        Watch<Map<String, Resource<Cluster>>> watch =
            client.watchAll(ResourceType.CLUSTER, resource -> Verdict.accept())) {
      server.setClusters("1", Cluster.newBuilder().setName("a").build());
      client.start();
      server.take();
      assertThat(server.take().getVersionInfo()).isEqualTo("1");
      assertThat(watch.value().orElseThrow()).containsKey("a");
      server.hangUp();
      DiscoveryRequest again = server.take();
      assertThat(again.getVersionInfo()).isEqualTo("1");
      assertThat(again.getResponseNonce()).isEmpty();
    }
  }

  @Test
  void configuredMetadataGoesWithTheStream() throws Exception {
    ApiConfigSource ads =
        ApiConfigSource.newBuilder()
            .setApiType(ApiType.GRPC)
            .addGrpcServices(
                GrpcService.newBuilder()
                    .setEnvoyGrpc(
                        GrpcService.EnvoyGrpc.newBuilder().setAuthority("control.example"))
                    .addInitialMetadata(
                        HeaderValue.newBuilder().setKey("authorization").setValue("Bearer t")))
            .build();
    try (InProcessControlPlane server = new InProcessControlPlane();
        XdsClient client = XdsClient.builder().ads(ads).channel(server.channel()).build();
        Watch<Map<String, Resource<Cluster>>> watch =
            client.watchAll(ResourceType.CLUSTER, r -> Verdict.accept())) {
      client.start();
      server.take();
      assertThat(watch.error()).isEmpty();
      assertThat(server.authorizations).containsExactly("Bearer t");
      assertThat(server.authorities).containsExactly("control.example");
    }
  }

  @Test
  void bothDoorsMayBeUsedTogether() throws Exception {
    try (InProcessControlPlane server = new InProcessControlPlane();
        ThreadLoop loop = ThreadLoop.start("test-xds");
        XdsClient client = XdsClient.builder().channel(server.channel()).loop(loop).build();
        Watch<Map<String, Resource<Cluster>>> watch =
            client.watchAll(ResourceType.CLUSTER, r -> Verdict.accept())) {
      loop.execute(
          () -> {
            var unused =
                client
                    .subscriptions()
                    .subscribe(
                        ADS,
                        ResourceType.CLUSTER,
                        Set.of(),
                        update -> Verdict.reject("not for the proxy"),
                        SubscriptionObserver.NONE);
          });
      server.setClusters("1", Cluster.newBuilder().setName("a").build());
      client.start();
      assertThat(watch.awaitReady(Duration.ofSeconds(20))).containsOnlyKeys("a");
      server.take();
      assertThat(server.take().getErrorDetail().getMessage()).isEqualTo("not for the proxy");
    }
  }
}
