package io.bifocal.conformance.javacontrolplane;

import static io.bifocal.conformance.Resources.assignment;
import static io.bifocal.conformance.Resources.listener;
import static io.bifocal.conformance.Resources.route;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.bifocal.conformance.Backend;
import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.Loopback;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Resources;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.envoyproxy.controlplane.server.exception.RequestException;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.grpc.Status;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The seven scenarios of java-control-plane's own integration suite, on its published jars: one
 * stream or one for each type, both dialects, what is warming, what is missing, and a stream that
 * is not let in.
 */
class IntegrationScenariosTest {
  @RegisterExtension final Stage stage = new Stage();

  private final Recorder recorder = new Recorder();
  private @Nullable Backend started;
  private int version;
  private int weight = 1;

  static Stream<Arguments> everyone() {
    return Arrays.stream(Subject.values())
        .flatMap(
            subject ->
                Arrays.stream(Dialect.values()).map(dialect -> Arguments.of(subject, dialect)));
  }

  // ---- V3DiscoveryServerAdsIT, AdsDeltaResourcesIT

  @Execution(CONCURRENT)
  @ParameterizedTest
  @MethodSource("everyone")
  void onOneStreamEachTypeIsAskedForAndAcknowledgedOnce(Subject subject, Dialect dialect) {
    ControlPlane controlPlane = controlPlane(recorder);
    publish(controlPlane, List.of(edsCluster("backend")), List.of(listener("ingress", "routes")));
    Proxy proxy = stage.start(subject, Bootstraps.ads(controlPlane.port(), dialect)).awaitLive();
    proxy.awaitBody("ingress", "/", "hello");

    assertThat(recorder.opened()).isEqualTo(1);
    assertOfEach(1);
  }

  // ---- XdsIT, XdsDeltaResourcesIT

  @Execution(CONCURRENT)
  @ParameterizedTest
  @MethodSource("everyone")
  void onAStreamForEachTypeTheSameHappens(Subject subject, Dialect dialect)
      throws InvalidProtocolBufferException {
    ControlPlane controlPlane = controlPlane(recorder);
    ConfigSource source = own(dialect);
    publish(
        controlPlane,
        List.of(edsCluster("backend", source)),
        List.of(withRoutesFrom(listener("ingress", "routes"), source)));
    Proxy proxy = stage.start(subject, separate(controlPlane, dialect)).awaitLive();
    proxy.awaitBody("ingress", "/", "hello");

    assertThat(recorder.opened()).isEqualTo(4);
    assertOfEach(1);
  }

  private void assertOfEach(int once) {
    for (String type :
        List.of("Cluster", "ClusterLoadAssignment", "Listener", "RouteConfiguration")) {
      await(type).untilAsserted(() -> assertThat(recorder.acks(type)).isEqualTo(once));
      assertThat(recorder.responses(type)).as(type).isEqualTo(once);
      assertThat(recorder.resources(type)).as(type).isEqualTo(once);
      assertThat(recorder.refusals(type)).as(type).isZero();
    }
  }

  // ---- AdsDeltaResourcesIT, XdsDeltaResourcesIT: what changes is sent, and nothing else

  static Stream<Arguments> oneStreamOrMany() {
    return Arrays.stream(Subject.values())
        .flatMap(s -> Stream.of(Arguments.of(s, true), Arguments.of(s, false)));
  }

  @Execution(CONCURRENT)
  @ParameterizedTest
  @MethodSource("oneStreamOrMany")
  void updatesAndRemovalsComeAlone(Subject subject, boolean ads)
      throws InvalidProtocolBufferException {
    ControlPlane controlPlane = controlPlane(recorder);
    ConfigSource source = own(Dialect.DELTA);
    Cluster cluster = ads ? edsCluster("backend") : edsCluster("backend", source);
    Listener one = listener("ingress", "routes");
    Listener two = listener("second", "routes");
    if (!ads) {
      one = withRoutesFrom(one, source);
      two = withRoutesFrom(two, source);
    }
    publish(controlPlane, List.of(cluster), List.of(one));
    Proxy proxy =
        stage
            .start(
                subject,
                ads
                    ? Bootstraps.ads(controlPlane.port(), Dialect.DELTA)
                    : separate(controlPlane, Dialect.DELTA))
            .awaitLive();
    proxy.awaitBody("ingress", "/", "hello");
    assertOfEach(1);

    publish(controlPlane, List.of(cluster), List.of(one, two));
    proxy.awaitBody("second", "/", "hello");
    await().untilAsserted(() -> assertThat(recorder.acks("Listener")).isEqualTo(2));
    assertThat(recorder.resources("Listener")).as("the new one alone").isEqualTo(2);
    assertThat(recorder.removed("Listener")).isZero();
    assertThat(recorder.resources("Cluster")).isEqualTo(1);

    Cluster changed =
        cluster.toBuilder()
            .setConnectTimeout(com.google.protobuf.Duration.newBuilder().setSeconds(7))
            .build();
    // Envoy waits for endpoints before it acknowledges, and this server sends what has changed
    // only.
    weight = 2;
    publish(controlPlane, List.of(changed), List.of(one, two));
    await().untilAsserted(() -> assertThat(recorder.acks("Cluster")).isEqualTo(2));
    assertThat(recorder.resources("Cluster")).isEqualTo(2);
    assertThat(recorder.resources("Listener")).as("nothing of what stayed").isEqualTo(2);
    proxy.awaitBody("ingress", "/", "hello");

    publish(controlPlane, List.of(changed), List.of(one));
    await().untilAsserted(() -> assertThat(recorder.acks("Listener")).isEqualTo(3));
    assertThat(recorder.resources("Listener")).isEqualTo(2);
    assertThat(recorder.removed("Listener")).isEqualTo(1);
    await().untilAsserted(() -> assertThat(proxy.listeners()).containsOnlyKeys("ingress"));
    assertThat(recorder.refusals("Listener") + recorder.refusals("Cluster")).isZero();
  }

  // ---- AdsWarmingClusterIT

  /** The cluster is said to speak HTTP/2 and does not, and then is said to speak HTTP/1.1. */
  @Execution(CONCURRENT)
  @ParameterizedTest
  @MethodSource("everyone")
  @SuppressWarnings("deprecation") // as the suite has it
  void aClusterThatChangesWarmsWithTheEndpointsOfOldAndServes(Subject subject, Dialect dialect) {
    ControlPlane controlPlane = controlPlane(recorder);
    Cluster wrong =
        edsCluster("backend").toBuilder()
            .setHttp2ProtocolOptions(Http2ProtocolOptions.getDefaultInstance())
            .build();
    publish(controlPlane, List.of(wrong), List.of(listener("ingress", "routes")));
    Proxy proxy = stage.start(subject, Bootstraps.ads(controlPlane.port(), dialect)).awaitLive();
    await()
        .untilAsserted(
            () ->
                assertThat(Http.get(proxy.listener("ingress"), "/").status())
                    .as("an upstream that answers in another protocol")
                    .isEqualTo(502));

    if (subject == Subject.ENVOY && dialect == Dialect.DELTA) {
      // It waits for endpoints, and this server sends what has changed only; Bifocal asks again.
      weight = 2;
    }
    publish(controlPlane, List.of(edsCluster("backend")), List.of(listener("ingress", "routes")));

    await()
        .atMost(Duration.ofSeconds(5))
        .untilAsserted(
            () -> assertThat(Http.get(proxy.listener("ingress"), "/").status()).isEqualTo(200));
    assertThat(recorder.refusals("Cluster")).isZero();
  }

  // ---- AdsAllowDefaultEmptyEdsIT

  /**
   * Of two clusters one has no assignment: the server makes an empty one of it. In delta this
   * server does not, and patience ends.
   */
  @Execution(CONCURRENT)
  @ParameterizedTest
  @MethodSource("everyone")
  void anAssignmentThatIsMissingIsEmptyIfTheServerMaySay(Subject subject, Dialect dialect) {
    ControlPlane controlPlane = stage.keep(new ControlPlane(Loopback.v4(0), () -> true, recorder));
    ConfigSource impatient =
        Resources.ads().toBuilder().setInitialFetchTimeout(Resources.seconds(1)).build();
    publish(
        controlPlane,
        List.of(edsCluster("backend"), edsCluster("empty", impatient)),
        List.of(listener("ingress", "routes")));
    Proxy proxy = stage.start(subject, Bootstraps.ads(controlPlane.port(), dialect)).awaitLive();
    proxy.awaitBody("ingress", "/", "hello");
    assertThat(proxy.stat("cluster.empty.membership_total")).isZero();
    boolean answered = dialect == Dialect.SOTW;
    assertThat(proxy.stat("cluster.empty.update_success")).isEqualTo(answered ? 1 : 0);
    assertThat(proxy.stat("cluster.empty.init_fetch_timeout")).isEqualTo(answered ? 0 : 1);
  }

  // ---- AdsStreamOpenExceptionIT

  @Execution(CONCURRENT)
  @ParameterizedTest
  @MethodSource("everyone")
  void aStreamThatIsNotLetInIsTriedAgain(Subject subject, Dialect dialect) {
    AtomicInteger refused = new AtomicInteger();
    Recorder doorkeeper =
        new Recorder() {
          @Override
          public void onStreamOpen(long streamId, String typeUrl) throws RequestException {
            super.onStreamOpen(streamId, typeUrl);
            if (refused.incrementAndGet() <= 2) {
              throw new RequestException(Status.PERMISSION_DENIED);
            }
          }
        };
    ControlPlane controlPlane = controlPlane(doorkeeper);
    publish(controlPlane, List.of(edsCluster("backend")), List.of(listener("ingress", "routes")));
    Proxy proxy = stage.start(subject, Bootstraps.ads(controlPlane.port(), dialect)).awaitLive();
    proxy.awaitBody("ingress", "/", "hello");
    assertThat(doorkeeper.opened()).isEqualTo(3);
  }

  // ----

  private ControlPlane controlPlane(Recorder recorder) {
    return stage.keep(new ControlPlane(Loopback.v4(0), () -> false, recorder));
  }

  private void publish(
      ControlPlane controlPlane, List<Cluster> clusters, List<Listener> listeners) {
    ClusterLoadAssignment.Builder endpoints =
        assignment("backend", backend().address()).toBuilder();
    endpoints
        .getEndpointsBuilder(0)
        .getLbEndpointsBuilder(0)
        .getLoadBalancingWeightBuilder()
        .setValue(weight);
    controlPlane.publish(
        String.valueOf(++version),
        clusters,
        List.of(endpoints.build()),
        listeners,
        List.of(route("routes", "backend")));
  }

  private Backend backend() {
    if (started == null) {
      started = stage.keep(Backend.start("127.0.0.1", "hello"));
    }
    return started;
  }

  private static Cluster edsCluster(String name) {
    return Resources.edsCluster(name);
  }

  private static Cluster edsCluster(String name, ConfigSource source) {
    return edsCluster(name).toBuilder()
        .setEdsClusterConfig(Cluster.EdsClusterConfig.newBuilder().setEdsConfig(source))
        .build();
  }

  private static Listener withRoutesFrom(Listener listener, ConfigSource source)
      throws InvalidProtocolBufferException {
    Listener.Builder changed = listener.toBuilder();
    var filter = changed.getFilterChainsBuilder(0).getFiltersBuilder(0);
    HttpConnectionManager.Builder manager =
        filter.getTypedConfig().unpack(HttpConnectionManager.class).toBuilder();
    manager.getRdsBuilder().setConfigSource(source);
    filter.setTypedConfig(Any.pack(manager.build()));
    return changed.build();
  }

  /** A stream of its own. */
  private static ConfigSource own(Dialect dialect) {
    return ConfigSource.newBuilder()
        .setResourceApiVersion(ApiVersion.V3)
        .setApiConfigSource(
            ApiConfigSource.newBuilder()
                .setApiType(
                    dialect == Dialect.SOTW
                        ? ApiConfigSource.ApiType.GRPC
                        : ApiConfigSource.ApiType.DELTA_GRPC)
                .setTransportApiVersion(ApiVersion.V3)
                .addGrpcServices(
                    GrpcService.newBuilder()
                        .setEnvoyGrpc(
                            GrpcService.EnvoyGrpc.newBuilder().setClusterName("xds_cluster"))))
        .build();
  }

  private static String separate(ControlPlane controlPlane, Dialect dialect) {
    String own =
        "{api_config_source: {api_type: %s, transport_api_version: V3, grpc_services: [{envoy_grpc:"
                .formatted(dialect == Dialect.SOTW ? "GRPC" : "DELTA_GRPC")
            + " {cluster_name: xds_cluster}}]}, resource_api_version: V3}";
    return """
        node: {id: test-id, cluster: test-cluster}
        admin:
          address: {socket_address: {address: 127.0.0.1, port_value: 0}}
        dynamic_resources:
          cds_config: %1$s
          lds_config: %1$s
        static_resources:
          clusters:
        """
            .formatted(own)
        + Bootstraps.http2Cluster("xds_cluster", controlPlane.port());
  }
}
