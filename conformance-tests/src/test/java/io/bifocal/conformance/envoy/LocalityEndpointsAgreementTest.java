package io.bifocal.conformance.envoy;

import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import com.google.protobuf.UInt32Value;
import io.bifocal.conformance.Backend;
import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.Plays;
import io.bifocal.conformance.Resources;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.bifocal.xds.ResourceName;
import io.bifocal.xds.ResourceType;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Endpoints that come one by one, as members of collections, and names of the form xdstp:, over
 * ADS: what both subjects say, serve and count.
 */
class LocalityEndpointsAgreementTest {
  private static final ResourceType<LbEndpoint> LEDS = ResourceType.LOCALITY_ENDPOINTS;
  private static final ResourceType<ClusterLoadAssignment> EDS = ResourceType.ENDPOINTS;
  private static final String PREFIX = "xdstp://test/envoy.config.endpoint.v3.LbEndpoint/";
  private static final String CLUSTER = "xdstp://t/envoy.config.cluster.v3.Cluster/c?z=1&a=2";
  private static final String ENDPOINTS =
      "xdstp://t/envoy.config.endpoint.v3.ClusterLoadAssignment/e?z=1&a=2";
  private static final String ROUTES =
      "xdstp://t/envoy.config.route.v3.RouteConfiguration/r?z=1&a=2";
  private static final ConfigSource ADS =
      ConfigSource.newBuilder()
          .setAds(AggregatedConfigSource.getDefaultInstance())
          .setInitialFetchTimeout(Duration.newBuilder().setSeconds(2))
          .build();

  @RegisterExtension final Stage stage = new Stage();

  @Execution(CONCURRENT)
  @Test
  void aCollectionsLife() throws Exception {
    HttpConnectionManager manager = manager().setRouteConfig(routes("r", "c")).build();
    assertSame(Dialect.DELTA, manager, LocalityEndpointsAgreementTest::play);
  }

  /** Of a cluster, of its endpoints and of its routes, as they are asked for and answered. */
  @Execution(CONCURRENT)
  @ParameterizedTest
  @EnumSource(Dialect.class)
  void structuredNames(Dialect dialect) throws Exception {
    HttpConnectionManager.Builder manager = manager();
    manager.getRdsBuilder().setRouteConfigName(ROUTES).setConfigSource(ADS);
    assertSame(dialect, manager.build(), LocalityEndpointsAgreementTest::playNames);
  }

  private static void playNames(OnDemandScene scene, Backend one, Backend two) {
    Cluster.Builder cluster = Resources.edsCluster(CLUSTER, ADS).toBuilder();
    cluster.getEdsClusterConfigBuilder().setServiceName(ENDPOINTS);
    scene.pushUnanswered(ResourceType.CLUSTER, "2", cluster.build());
    scene.awaitName(ResourceName.canonical(ENDPOINTS));
    scene.push(EDS, "1", Resources.assignment(ENDPOINTS, one.address()));
    scene.note("endpoints");
    scene.push(ResourceType.ROUTES, "1", routes(ROUTES, CLUSTER));
    scene.get("x");
    scene.note("routes");
    scene.push(EDS, "2", Resources.assignment(ENDPOINTS, two.address()));
    scene.get("x");
    scene.note("other endpoints");
    scene.push(EDS, "3", Resources.assignment(ResourceName.canonical(ENDPOINTS), one.address()));
    scene.get("x");
    scene.note("under the canonical name");
  }

  private void assertSame(Dialect dialect, HttpConnectionManager manager, Play play)
      throws Exception {
    try (Plays<Subject, Recording> both =
        Plays.sideBySide(subject -> record(subject, dialect, manager, play))) {
      Recital.assertSame(both.of(Subject.ENVOY), both.of(Subject.BIFOCAL));
    }
  }

  private Recording record(
      Subject subject, Dialect dialect, HttpConnectionManager manager, Play play) {
    Backend one = stage.keep(Backend.start("127.0.0.1", "one"));
    Backend two = stage.keep(Backend.start("127.0.0.1", "two"));
    OnDemandScene scene = OnDemandScene.begin(stage, subject, dialect, manager);
    play.to(scene, one, two);
    return scene.recording();
  }

  /** Plays a scene to one subject. */
  @FunctionalInterface
  private interface Play {
    void to(OnDemandScene scene, Backend one, Backend two);
  }

  private static HttpConnectionManager.Builder manager() {
    return HttpConnectionManager.newBuilder()
        .setStatPrefix("p")
        .addHttpFilters(
            HttpFilter.newBuilder()
                .setName("envoy.filters.http.router")
                .setTypedConfig(Any.pack(Router.getDefaultInstance())));
  }

  private static RouteConfiguration routes(String name, String cluster) {
    Route route =
        Route.newBuilder()
            .setMatch(RouteMatch.newBuilder().setPrefix("/"))
            .setRoute(RouteAction.newBuilder().setCluster(cluster))
            .build();
    return RouteConfiguration.newBuilder()
        .setName(name)
        .setValidateClusters(BoolValue.of(false))
        .addVirtualHosts(VirtualHost.newBuilder().setName("v").addDomains("*").addRoutes(route))
        .build();
  }

  private static void play(OnDemandScene scene, Backend one, Backend two) {
    scene.pushUnanswered(ResourceType.CLUSTER, "2", Resources.edsCluster("c"));
    scene.awaitName("c");
    scene.say(EDS, "1", List.of(named("c", "1", places(collection("foo/*", ADS)))));
    scene.note("a place whose endpoints come one by one");
    scene.say(LEDS, "1", List.of(endpoint("foo/a", "1", one)));
    scene.get("x");
    scene.note("the first of them");
    scene.say(LEDS, "2", List.of(endpoint("foo/b", "1", two)), PREFIX + "foo/a");
    scene.get("x");
    scene.note("one comes, one goes");
    scene.say(LEDS, "3", List.of(endpoint("foo/b", "2", one)));
    scene.get("x");
    scene.note("one is another");
    scene.say(LEDS, "4", List.of(endpoint("other/b", "2", two), endpoint("foo/d/e", "1", two)));
    scene.get("x");
    scene.note("of a collection that nobody asked for");
    scene.say(LEDS, "5", List.of(), PREFIX + "foo/zzz");
    scene.note("one goes that was not there");
    scene.say(LEDS, "6", List.of());
    scene.note("nothing at all");
    scene.noteStats("what is counted of one", COUNTED);
    scene.say(
        EDS,
        "2",
        List.of(
            named("c", "2", places(collection("foo/*", ADS), collection("bar/*?z=1&a=2", ADS)))));
    scene.get("x");
    scene.note("a second place");
    scene.awaitStat("cluster.c.leds.init_fetch_timeout", 1);
    scene.get("x");
    scene.note("which times out");
    scene.say(LEDS, "7", List.of(endpoint("bar/q?a=2&z=1", "1", two)), PREFIX + "foo/b");
    scene.get("x");
    scene.note("and comes late");
    scene.noteStats("what is counted of two", COUNTED);
    LbEndpoint weightless =
        LbEndpoint.newBuilder().setLoadBalancingWeight(UInt32Value.of(0)).build();
    scene.say(LEDS, "8", List.of(named(PREFIX + "foo/c", "8", weightless)));
    scene.get("x");
    scene.note("a bad one");
    scene.say(
        EDS,
        "3",
        List.of(
            named(
                "c",
                "3",
                places(
                    collection("bar/*?z=1&a=2", ADS).toBuilder()
                        .addLbEndpoints(LbEndpoint.getDefaultInstance())
                        .build()))));
    scene.note("endpoints and a collection");
    scene.say(EDS, "4", List.of(named("c", "4", places(collection("bar/x", ADS)))));
    scene.note("one endpoint by its name");
    scene.say(LEDS, "9", List.of(endpoint("bar/x", "1", one)));
    scene.get("x");
    scene.note("which comes");
    scene.say(EDS, "5", List.of(named("c", "5", places())));
    scene.get("x");
    scene.note("no place");
  }

  private static final String[] COUNTED = {
    "cluster.c.leds.update_attempt",
    "cluster.c.leds.update_success",
    "cluster.c.leds.update_failure",
    "cluster.c.leds.update_rejected",
    "cluster.c.leds.update_empty",
    "cluster.c.leds.init_fetch_timeout",
    "cluster.c.leds.version",
    "cluster.c.leds.version_text",
    "cluster.c.update_attempt",
    "cluster.c.update_success",
    "cluster.c.update_rejected",
    "cluster.c.update_no_rebuild",
    "cluster.c.update_empty",
    "cluster.c.membership_total",
    "cluster.c.membership_change"
  };

  private static ClusterLoadAssignment places(LocalityLbEndpoints... places) {
    return ClusterLoadAssignment.newBuilder()
        .setClusterName("c")
        .addAllEndpoints(List.of(places))
        .build();
  }

  private static LocalityLbEndpoints collection(String name, ConfigSource source) {
    return under(PREFIX + name, source);
  }

  private static LocalityLbEndpoints under(String name, ConfigSource source) {
    LocalityLbEndpoints.Builder place = LocalityLbEndpoints.newBuilder();
    place.getLedsClusterLocalityConfigBuilder().setLedsConfig(source).setLedsCollectionName(name);
    place.getLocalityBuilder().setZone(name);
    return place.build();
  }

  private static Resource named(String name, String version, Message message) {
    return Resource.newBuilder()
        .setName(name)
        .setVersion(version)
        .setResource(Any.pack(message))
        .build();
  }

  private static Resource endpoint(String name, String version, Backend backend) {
    Address address = address("127.0.0.1", backend.address().getPort());
    LbEndpoint endpoint =
        LbEndpoint.newBuilder().setEndpoint(Endpoint.newBuilder().setAddress(address)).build();
    return named(PREFIX + name, version, endpoint);
  }

  private static Address address(String ip, int port) {
    Address.Builder address = Address.newBuilder();
    address.getSocketAddressBuilder().setAddress(ip).setPortValue(port);
    return address.build();
  }
}
