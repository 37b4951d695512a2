package io.bifocal.xds;

import static io.bifocal.xds.Conversation.cluster;
import static io.bifocal.xds.Conversation.resource;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.bifocal.xds.snapshot.ClusterSnapshot;
import io.bifocal.xds.snapshot.ListenerSnapshot;
import io.bifocal.xds.snapshot.RouteSnapshot;
import io.bifocal.xds.snapshot.ScopeSnapshot;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DiscoveryType;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.EdsClusterConfig;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.ScopedRouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Parts of a tree that come one by one: scopes, virtual hosts, endpoints of a locality. */
class CollectionsInTreesTest {
  private static final ConfigSource ADS = Conversation.ads(15);
  private static final String COLLECTION = "xdstp://t/envoy.config.endpoint.v3.LbEndpoint/c/*";
  private static final String MEMBER = "xdstp://t/envoy.config.endpoint.v3.LbEndpoint/c/";

  private static <S> WatchListener<S> accepting() {
    return snapshot -> Verdict.accept();
  }

  private static Listener listener(String name, HttpConnectionManager manager) {
    return Listener.newBuilder()
        .setName(name)
        .addFilterChains(
            FilterChain.newBuilder()
                .addFilters(Filter.newBuilder().setName("f").setTypedConfig(Any.pack(manager))))
        .build();
  }

  private static HttpConnectionManager scoped() {
    HttpConnectionManager.Builder manager = HttpConnectionManager.newBuilder().setStatPrefix("p");
    ScopedRoutes.Builder scoped =
        manager.getScopedRoutesBuilder().setName("scopes").setRdsConfigSource(ADS);
    scoped.getScopedRdsBuilder().setScopedRdsConfigSource(ADS);
    scoped
        .getScopeKeyBuilderBuilder()
        .addFragmentsBuilder()
        .getHeaderValueExtractorBuilder()
        .setName("x-scope")
        .setIndex(0);
    return manager.build();
  }

  private static ScopedRouteConfiguration.Builder scope(String name) {
    ScopedRouteConfiguration.Builder scope = ScopedRouteConfiguration.newBuilder().setName(name);
    scope.getKeyBuilder().addFragmentsBuilder().setStringKey(name);
    return scope;
  }

  private static ScopedRouteConfiguration scope(String name, String routes) {
    return scope(name).setRouteConfigurationName(routes).build();
  }

  private static VirtualHost host(String name, String cluster) {
    return VirtualHost.newBuilder()
        .setName(name)
        .addDomains(name)
        .addRoutes(
            Route.newBuilder()
                .setMatch(RouteMatch.newBuilder().setPrefix("/"))
                .setRoute(RouteAction.newBuilder().setCluster(cluster)))
        .build();
  }

  private static RouteConfiguration routes(String name, String cluster) {
    return RouteConfiguration.newBuilder()
        .setName(name)
        .addVirtualHosts(host("all", cluster))
        .build();
  }

  private static List<String> scopes(ListenerSnapshot snapshot) {
    List<String> all = new ArrayList<>();
    for (ScopeSnapshot scope : snapshot.scopes()) {
      all.add(scope.name() + scope.routes().map(RouteSnapshot::name).map(n -> ":" + n).orElse(""));
    }
    return all;
  }

  private static Resource named(String name, Message value) {
    return Resource.newBuilder().setName(name).setVersion("1").setResource(Any.pack(value)).build();
  }

  @Test
  void scopesLeadToTheirRoutesAndClusters() {
    Conversation talk = Conversation.stateOfTheWorld().start();
    Watch<ListenerSnapshot> watch = talk.client.listener("l", accepting());
    talk.respond(ResourceType.LISTENER, "1", "l1", listener("l", scoped()));
    talk.respond(
        ResourceType.SCOPED_ROUTES,
        "1",
        "s1",
        scope("one", "r1"),
        scope("two").setRouteConfigurationName("r2").setOnDemand(true).build(),
        scope("three").setRouteConfiguration(routes("own", "b")).build());
    assertThat(talk.heard()).contains("RDS [r1]");
    talk.respond(ResourceType.ROUTES, "1", "r1", routes("r1", "a"));
    talk.respond(ResourceType.CLUSTER, "1", "c1", cluster("a"), cluster("b"));

    ListenerSnapshot snapshot = watch.value().orElseThrow();
    assertThat(scopes(snapshot)).containsExactly("one:r1", "three:own", "two");
    assertThat(snapshot.route("r1")).isPresent();
    assertThat(snapshot.clusters()).containsOnlyKeys("a", "b");
    assertThat(snapshot.isComplete()).isTrue();

    talk.heard();
    talk.respond(ResourceType.SCOPED_ROUTES, "2", "s2", scope("one", "r1"));
    assertThat(scopes(watch.value().orElseThrow())).containsExactly("one:r1");
    assertThat(watch.value().orElseThrow().clusters()).containsOnlyKeys("a");
    assertThat(talk.heard()).contains("CDS [a] v1 c1");
  }

  @Test
  void thatThereAreNoScopesIsKnownToWhoeverComesLater() {
    Conversation talk = Conversation.stateOfTheWorld().start();
    Watch<ListenerSnapshot> first = talk.client.listener("l", accepting());
    talk.respond(
        ResourceType.LISTENER, "1", "l1", listener("l", scoped()), listener("m", scoped()));
    talk.respond(ResourceType.SCOPED_ROUTES, "1", "s1");
    assertThat(first.value().orElseThrow().scopes()).isEmpty();
    Watch<ListenerSnapshot> second = talk.client.listener("m", accepting());
    talk.respond(
        ResourceType.LISTENER, "2", "l2", listener("l", scoped()), listener("m", scoped()));
    assertThat(second.value().orElseThrow().isComplete()).isTrue();
  }

  @Test
  void aSecondWatchOfATypeWithoutResourcesIsReadyToo() {
    Conversation talk = Conversation.stateOfTheWorld().start();
    Watch<?> first = talk.client.watchAll(ResourceType.CLUSTER, accepting());
    talk.time.run();
    talk.respond(ResourceType.CLUSTER, "1", "c1");
    assertThat(first.ready()).isDone();
    Watch<?> second = talk.client.watchAll(ResourceType.CLUSTER, accepting());
    talk.time.run();
    assertThat(second.ready()).isDone();
  }

  @Test
  void rejectingATreeRefusesTheScopesThatMadeIt() {
    Conversation talk = Conversation.stateOfTheWorld().start();
    Watch<ListenerSnapshot> watch =
        talk.client.listener(
            "l",
            snapshot ->
                snapshot.clusters().containsKey("bad")
                    ? Verdict.reject("no bad ones")
                    : Verdict.accept());
    talk.respond(ResourceType.LISTENER, "1", "l1", listener("l", scoped()));
    ScopedRouteConfiguration good = scope("one").setRouteConfiguration(routes("r", "a")).build();
    talk.respond(ResourceType.SCOPED_ROUTES, "1", "s1", good);
    talk.respond(ResourceType.CLUSTER, "1", "c1", cluster("a"), cluster("bad"));
    talk.heard();

    ScopedRouteConfiguration bad = scope("two").setRouteConfiguration(routes("r", "bad")).build();
    talk.respond(ResourceType.SCOPED_ROUTES, "2", "s2", good, bad);
    talk.respond(ResourceType.CLUSTER, "2", "c2", cluster("a"), cluster("bad"));
    assertThat(talk.heard().toString()).contains("error: ").contains("no bad ones");
    assertThat(scopes(watch.value().orElseThrow())).containsExactly("one:r");

    talk.respond(
        ResourceType.SCOPED_ROUTES,
        "3",
        "s3",
        good,
        scope("three").setRouteConfiguration(routes("r3", "a")).build());
    assertThat(scopes(watch.value().orElseThrow())).containsExactly("one:r", "three:r3");
  }

  @Test
  void virtualHostsThatComeByThemselvesStandAmongTheOthers() {
    Conversation talk = Conversation.delta().start();
    HttpConnectionManager.Builder manager = HttpConnectionManager.newBuilder().setStatPrefix("p");
    manager.getRdsBuilder().setRouteConfigName("r").setConfigSource(ADS);
    Watch<ListenerSnapshot> watch = talk.client.listener("l", accepting());
    talk.respondDelta(
        ResourceType.LISTENER, "l1", List.of(resource("1", listener("l", manager.build()))));
    RouteConfiguration.Builder routes = routes("r", "a").toBuilder();
    routes.getVhdsBuilder().setConfigSource(ADS);
    talk.respondDelta(ResourceType.ROUTES, "r1", List.of(resource("1", routes.build())));
    talk.respondDelta(
        ResourceType.VIRTUAL_HOST,
        "v1",
        List.of(named("r/more", host("more", "b")), named("other/x", host("x", "c"))));
    talk.respondDelta(
        ResourceType.CLUSTER,
        "c1",
        List.of(resource("1", cluster("a")), resource("1", cluster("b"))));

    assertThat(hosts(watch)).containsExactly("all", "more");
    assertThat(watch.value().orElseThrow().clusters()).containsOnlyKeys("a", "b");

    talk.respondDelta(ResourceType.VIRTUAL_HOST, "v2", List.of(), "r/more");
    assertThat(hosts(watch)).containsExactly("all");
    assertThat(watch.value().orElseThrow().clusters()).containsOnlyKeys("a");
  }

  private static List<String> hosts(Watch<ListenerSnapshot> watch) {
    RouteConfiguration routes =
        watch.value().orElseThrow().route("r").orElseThrow().routes().value().orElseThrow();
    return routes.getVirtualHostsList().stream().map(VirtualHost::getName).toList();
  }

  private static Cluster eds() {
    return cluster("a").toBuilder()
        .setType(DiscoveryType.EDS)
        .setEdsClusterConfig(EdsClusterConfig.newBuilder().setEdsConfig(ADS))
        .build();
  }

  private static ClusterLoadAssignment inCollection() {
    ClusterLoadAssignment.Builder assignment =
        ClusterLoadAssignment.newBuilder().setClusterName("a");
    assignment
        .addEndpointsBuilder()
        .getLedsClusterLocalityConfigBuilder()
        .setLedsCollectionName(COLLECTION)
        .setLedsConfig(ADS);
    return assignment.build();
  }

  private static LbEndpoint endpoint(int port) {
    LbEndpoint.Builder endpoint = LbEndpoint.newBuilder();
    endpoint
        .getEndpointBuilder()
        .getAddressBuilder()
        .getSocketAddressBuilder()
        .setAddress("10.0.0.1")
        .setPortValue(port);
    return endpoint.build();
  }

  @Test
  void endpointsOfACollectionStandInTheirLocality() {
    Conversation talk = Conversation.delta().start();
    Watch<ClusterSnapshot> watch = talk.client.cluster("a", accepting());
    talk.respondDelta(ResourceType.CLUSTER, "c1", List.of(resource("1", eds())));
    talk.respondDelta(ResourceType.ENDPOINTS, "e1", List.of(resource("1", inCollection())));
    assertThat(watch.value()).isEmpty();
    talk.respondDelta(
        ResourceType.LOCALITY_ENDPOINTS,
        "m1",
        List.of(named(MEMBER + "1", endpoint(1)), named(MEMBER + "2", endpoint(2))));
    assertThat(endpoints(watch)).containsExactly(endpoint(1), endpoint(2));
    assertThat(watch.value().orElseThrow().isComplete()).isTrue();

    talk.respondDelta(
        ResourceType.LOCALITY_ENDPOINTS,
        "m2",
        List.of(named(MEMBER + "2", endpoint(22))),
        MEMBER + "1");
    assertThat(endpoints(watch)).containsExactly(endpoint(22));
  }

  @Test
  void aCollectionThatDoesNotComeIsSaidInTheTree() {
    Conversation talk = Conversation.delta().start();
    Watch<ClusterSnapshot> watch = talk.client.cluster("a", accepting());
    talk.respondDelta(ResourceType.CLUSTER, "c1", List.of(resource("1", eds())));
    talk.respondDelta(ResourceType.ENDPOINTS, "e1", List.of(resource("1", inCollection())));
    talk.time.advance(Duration.ofSeconds(16));

    ClusterSnapshot snapshot = watch.value().orElseThrow();
    assertThat(endpoints(watch)).isEmpty();
    WatchError error = snapshot.errors().get(0);
    assertThat(error.kind()).isEqualTo(WatchError.Kind.TIMEOUT);
    assertThat(error.type()).isEqualTo(ResourceType.LOCALITY_ENDPOINTS);
    assertThat(error.resource()).isEqualTo(COLLECTION);
  }

  private static List<LbEndpoint> endpoints(Watch<ClusterSnapshot> watch) {
    return watch
        .value()
        .orElseThrow()
        .assignment()
        .orElseThrow()
        .getEndpoints(0)
        .getLbEndpointsList();
  }
}
