package io.bifocal.xds;

import static io.bifocal.xds.Conversation.cluster;
import static io.bifocal.xds.Conversation.endpoints;
import static io.bifocal.xds.ResourceType.CLUSTER;
import static io.bifocal.xds.ResourceType.ENDPOINTS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.util.Values;
import io.bifocal.xds.internal.stream.ScriptedTransport;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource.ApiType;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.Node;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

  private static Bootstrap withFailover() {
    Bootstrap.Builder bootstrap = Bootstrap.newBuilder();
    bootstrap.getStaticResourcesBuilder().addClustersBuilder().setName("xds");
    bootstrap
        .getLayeredRuntimeBuilder()
        .addLayersBuilder()
        .getStaticLayerBuilder()
        .putFields("envoy.restart_features.xds_failover_support", Values.of(true));
    return bootstrap.build();
  }

  @Test
  void itHasAFailoverToo() {
    VirtualTime time = new VirtualTime();
    ScriptedTransport both = new ScriptedTransport(time);
    XdsClient client =
        XdsClient.builder()
            .loop(time)
            .decodeExecutor(time)
            .chance(() -> 0.5)
            .servers(withFailover())
            .transport(both)
            .build();
    client.start();
    both.reachable(false);
    ConfigSource.Builder twice = server(ApiType.GRPC).toBuilder();
    GrpcService second = twice.getApiConfigSource().getGrpcServices(0);
    twice.getApiConfigSourceBuilder().addGrpcServices(second);
    client
        .subscriptions()
        .subscribe(
            twice.build(), CLUSTER, Set.of(), u -> Verdict.accept(), SubscriptionObserver.NONE);
    time.advance(Duration.ofMillis(250));
    assertThat(both.opened()).as("twice the server, then at once the other").hasSize(3);
  }

  @Test
  void whoSubscribedCountsItsStream() {
    List<String> told = new ArrayList<>();
    talk.start();
    talk.subscribe(
        server(ApiType.GRPC),
        CLUSTER,
        Set.of(),
        u -> Verdict.accept(),
        new SubscriptionObserver() {
          @Override
          public TransportObserver ownStream() {
            return new TransportObserver() {
              @Override
              public void onConnected(boolean connected) {
                told.add("connected " + connected);
              }

              @Override
              public void onServer(int server) {
                told.add("server " + server);
              }
            };
          }
        });
    talk.server.hangUp("bye");
    talk.time.run();
    assertThat(told).containsExactly("server 0", "connected true", "server 0", "connected false");
  }

  @ParameterizedTest
  @CsvSource({
    "SCOPED_ROUTES, GRPC, route.v3.ScopedRoutesDiscoveryService/StreamScopedRoutes",
    "SCOPED_ROUTES, DELTA_GRPC, route.v3.ScopedRoutesDiscoveryService/DeltaScopedRoutes",
    "VIRTUAL_HOST, DELTA_GRPC, route.v3.VirtualHostDiscoveryService/DeltaVirtualHosts",
    "LOCALITY_ENDPOINTS, DELTA_GRPC,"
        + " endpoint.v3.LocalityEndpointDiscoveryService/DeltaLocalityEndpoints",
    "SECRET, GRPC, secret.v3.SecretDiscoveryService/StreamSecrets",
    "SECRET, DELTA_GRPC, secret.v3.SecretDiscoveryService/DeltaSecrets",
    "RUNTIME, GRPC, runtime.v3.RuntimeDiscoveryService/StreamRuntime",
    "RUNTIME, DELTA_GRPC, runtime.v3.RuntimeDiscoveryService/DeltaRuntime",
    "EXTENSION_CONFIG, GRPC, extension.v3.ExtensionConfigDiscoveryService/StreamExtensionConfigs",
    "EXTENSION_CONFIG, DELTA_GRPC,"
        + " extension.v3.ExtensionConfigDiscoveryService/DeltaExtensionConfigs",
  })
  void eachTypeHasItsService(String type, ApiType api, String method) throws Exception {
    talk.start();
    subscribe(api, (ResourceType<?>) ResourceType.class.getField(type).get(null), "name");
    assertThat(talk.server.opened()).endsWith("envoy.service." + method);
  }

  @ParameterizedTest
  @ValueSource(strings = {"VIRTUAL_HOST", "LOCALITY_ENDPOINTS"})
  void someTypesAreIncrementalOnly(String type) throws Exception {
    ResourceType<?> only = (ResourceType<?>) ResourceType.class.getField(type).get(null);
    assertThatThrownBy(() -> subscribe(ApiType.GRPC, only, "name"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no service");
  }

  @Test
  void whatHasNoServiceOrIsNoGrpcIsRefused() {
    ResourceType<Node> odd = ResourceType.of("ODD", Node.getDefaultInstance(), Node::getId, false);
    assertThatThrownBy(() -> subscribe(ApiType.GRPC, odd, "x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("ODD");
    assertThatThrownBy(() -> subscribe(ApiType.AGGREGATED_GRPC, CLUSTER))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Unsupported config source AGGREGATED_GRPC");
  }
}
