package io.bifocal.xds;

import static io.bifocal.xds.Conversation.cluster;
import static io.bifocal.xds.Conversation.endpoints;
import static io.bifocal.xds.ResourceType.CLUSTER;
import static io.bifocal.xds.ResourceType.ENDPOINTS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource.ApiType;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.Node;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A subscription whose source names a server has a stream of its own. */
class OwnStreamTest {
  private final Conversation talk = Conversation.stateOfTheWorld();

  private static ConfigSource server(ApiType api) {
    return ConfigSource.newBuilder()
        .setApiConfigSource(
            ApiConfigSource.newBuilder()
                .setApiType(api)
                .addGrpcServices(
                    GrpcService.newBuilder()
                        .setEnvoyGrpc(GrpcService.EnvoyGrpc.newBuilder().setClusterName("xds"))))
        .build();
  }

  private <T extends com.google.protobuf.Message> Subscription subscribe(
      ApiType api, ResourceType<T> type, String... names) {
    return talk.subscribe(
        server(api), type, Set.of(names), u -> Verdict.accept(), SubscriptionObserver.NONE);
  }

  @Test
  void clustersComeOnTheirOwnService() {
    subscribe(ApiType.GRPC, CLUSTER);
    talk.start();
    assertThat(talk.server.opened())
        .contains("envoy.service.cluster.v3.ClusterDiscoveryService/StreamClusters");
    assertThat(talk.heard()).containsExactly("CDS [] node n");
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    assertThat(talk.heard()).containsExactly("CDS [] v1 n1 node n");
    assertThat(talk.takeSeen()).containsExactly("CDS all [a] @1");
  }

  @Test
  void endpointsComeIncrementallyOnTheirOwnService() {
    talk.start();
    Subscription subscription = subscribe(ApiType.DELTA_GRPC, ENDPOINTS, "e");
    assertThat(talk.server.opened())
        .endsWith("envoy.service.endpoint.v3.EndpointDiscoveryService/DeltaEndpoints");
    assertThat(talk.heard()).containsExactly("EDS +[e] node n");
    talk.respondDelta(
        ENDPOINTS, "n1", java.util.List.of(Conversation.resource("1", endpoints("e"))));
    assertThat(talk.takeSeen()).containsExactly("EDS [e] @sn1");
    subscription.close();
    subscription.close();
    assertThat(talk.server.isOpen()).isFalse();
    assertThat(talk.time.pendingTimers()).isZero();
  }

  @Test
  void eachSubscriptionHasAStreamOfItsOwn() {
    talk.start();
    subscribe(ApiType.GRPC, ENDPOINTS, "e1");
    subscribe(ApiType.GRPC, ENDPOINTS, "e2");
    assertThat(talk.server.opened()).hasSize(3);
  }

  @Test
  void whatHasNoServiceOrIsNoGrpcIsRefused() {
    ResourceType<Node> odd = ResourceType.of("ODD", Node.getDefaultInstance(), Node::getId, false);
    assertThatThrownBy(() -> subscribe(ApiType.GRPC, odd, "x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("ODD");
    assertThatThrownBy(() -> subscribe(ApiType.REST, CLUSTER))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("REST");
  }
}
