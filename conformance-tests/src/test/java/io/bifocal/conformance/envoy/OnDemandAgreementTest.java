package io.bifocal.conformance.envoy;

import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import io.bifocal.conformance.Backend;
import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.Plays;
import io.bifocal.conformance.Resources;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.bifocal.xds.ResourceType;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.ScopedRouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.http.on_demand.v3.OnDemand;
import io.envoyproxy.envoy.extensions.filters.http.on_demand.v3.OnDemandCds;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Scopes, and virtual hosts and clusters that requests ask for: what clients get and what the
 * control plane hears, of both subjects.
 */
class OnDemandAgreementTest {
  private static final ConfigSource ADS =
      ConfigSource.newBuilder()
          .setAds(AggregatedConfigSource.getDefaultInstance())
          .setResourceApiVersion(ApiVersion.V3)
          .build();

  @RegisterExtension final Stage stage = new Stage();

  /** Plays one scene to one subject. */
  @FunctionalInterface
  private interface Play {
    void to(OnDemandScene scene);
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
    OnDemandScene scene = OnDemandScene.begin(stage, subject, dialect, manager);
    play.to(scene);
    return scene.recording();
  }

  private static HttpConnectionManager.Builder manager(OnDemand filter) {
    return HttpConnectionManager.newBuilder()
        .setStatPrefix("p")
        .addHttpFilters(filter("envoy.filters.http.on_demand", filter))
        .addHttpFilters(filter("envoy.filters.http.router", Router.getDefaultInstance()));
  }

  private static HttpFilter filter(String name, Message config) {
    return HttpFilter.newBuilder().setName(name).setTypedConfig(Any.pack(config)).build();
  }

  private static VirtualHost answering(String name, String body, String... domains) {
    return VirtualHost.newBuilder()
        .setName(name)
        .addAllDomains(Arrays.asList(domains))
        .addRoutes(
            Route.newBuilder()
                .setMatch(RouteMatch.newBuilder().setPrefix("/"))
                .setDirectResponse(
                    DirectResponseAction.newBuilder()
                        .setStatus(200)
                        .setBody(DataSource.newBuilder().setInlineString(body))))
        .build();
  }

  private static RouteConfiguration routes(String name, VirtualHost... hosts) {
    return RouteConfiguration.newBuilder()
        .setName(name)
        .addAllVirtualHosts(Arrays.asList(hosts))
        .build();
  }

  // ---- scopes

  private static ScopedRouteConfiguration scope(String name, String routes, String key) {
    ScopedRouteConfiguration.Builder scope =
        ScopedRouteConfiguration.newBuilder().setName(name).setRouteConfigurationName(routes);
    scope.getKeyBuilder().addFragmentsBuilder().setStringKey(key);
    return scope.build();
  }

  private static RouteConfiguration all(String name, String body) {
    return routes(name, answering("v", body, "*"));
  }

  @Execution(CONCURRENT)
  @ParameterizedTest
  @EnumSource(Dialect.class)
  void scopes(Dialect dialect) throws Exception {
    HttpConnectionManager.Builder manager = manager(OnDemand.getDefaultInstance());
    var scoped = manager.getScopedRoutesBuilder().setName("sc").setRdsConfigSource(ADS);
    scoped
        .getScopeKeyBuilderBuilder()
        .addFragmentsBuilder()
        .getHeaderValueExtractorBuilder()
        .setName("Host")
        .setIndex(0);
    scoped.getScopedRdsBuilder().setScopedRdsConfigSource(ADS);
    assertSame(dialect, manager.build(), OnDemandAgreementTest::playScopes);
  }

  private static void playScopes(OnDemandScene scene) {
    ResourceType<ScopedRouteConfiguration> srds = ResourceType.SCOPED_ROUTES;
    scene.push(srds, "1", scope("s1", "r1", "a"), scope("s2", "r2", "b"));
    scene.note("two scopes");
    scene.push(ResourceType.ROUTES, "1", all("r1", "one"), all("r2", "two"));
    scene.get("a");
    scene.get("b");
    scene.get("c");
    scene.note("their routes");
    scene.push(srds, "2", scope("s1", "r1", "a"), scope("s2", "r2", "a"));
    scene.note("one key for two");
    scene.push(srds, "3", scope("s1", "", "a"), scope("s2", "r2", "b"));
    scene.note("a scope without routes");
    scene.push(srds, "4", scope("s1", "r1", "c"), scope("s3", "r3", "d"));
    scene.push(ResourceType.ROUTES, "2", all("r1", "one"), all("r3", "three"));
    List.of("a", "b", "c", "d").forEach(scene::get);
    scene.note("another key, a new scope, and one gone");
    ScopedRouteConfiguration lazy = scope("s4", "r4", "e").toBuilder().setOnDemand(true).build();
    scene.push(srds, "5", scope("s1", "r1", "c"), scope("s3", "r3", "d"), lazy);
    scene.note("a scope on demand");
    CompletableFuture<String> answer = scene.ask("e");
    scene.awaitName("r4");
    scene.push(ResourceType.ROUTES, "3", all("r1", "one"), all("r3", "three"), all("r4", "four"));
    scene.noteAnswer(answer);
    scene.note("its routes");
    scene.push(
        srds,
        "6",
        scope("s5", "", "i").toBuilder().setRouteConfiguration(all("own", "inline")).build());
    scene.get("i");
    scene.get("c");
    scene.note("a scope with its routes");
    scene.noteStats(
        "what is counted",
        "http.p.scoped_rds.sc.all_scopes",
        "http.p.scoped_rds.sc.on_demand_scopes",
        "http.p.scoped_rds.sc.active_scopes",
        "http.p.scoped_rds.sc.config_reload",
        "http.p.scoped_rds.sc.update_rejected",
        "http.p.scoped_rds.sc.update_success",
        "http.p.scoped_rds.sc.version_text");
  }

  // ---- virtual hosts

  private static Resource host(String name, String version, String body, String... domains) {
    return Resource.newBuilder()
        .setName(name)
        .setVersion(version)
        .setResource(Any.pack(answering(name, body, domains)))
        .build();
  }

  private static Resource missing(String name) {
    return Resource.newBuilder().setName(name).addAliases(name).build();
  }

  @Execution(CONCURRENT)
  @Test
  void virtualHosts() throws Exception {
    HttpConnectionManager.Builder manager = manager(OnDemand.getDefaultInstance());
    manager.getRdsBuilder().setRouteConfigName("r1").setConfigSource(ADS);
    assertSame(Dialect.DELTA, manager.build(), OnDemandAgreementTest::playHosts);
  }

  private static void playHosts(OnDemandScene scene) {
    ResourceType<VirtualHost> vhds = ResourceType.VIRTUAL_HOST;
    RouteConfiguration.Builder own = routes("r1", answering("own", "own", "own.x")).toBuilder();
    own.getVhdsBuilder().setConfigSource(ADS);
    scene.push(ResourceType.ROUTES, "1", own.build());
    scene.note("routes whose hosts come by VHDS");
    scene.say(
        vhds,
        "1",
        List.of(
            host("r1/first", "1", "first", "first.x"), host("other/z", "1", "other", "other.x")));
    List.of("first.x", "FIRST.x", "own.x").forEach(scene::get);
    scene.note("hosts that nobody asked for");
    CompletableFuture<String> answer = scene.ask("New.x:80");
    scene.awaitName("r1/new.x:80");
    scene.say(vhds, "2", List.of(host("r1/new.x:80", "2", "new", "new.x:80")));
    scene.noteAnswer(answer);
    scene.note("a host on demand");
    answer = scene.ask("a.x");
    scene.awaitName("r1/a.x");
    scene.say(
        vhds,
        "3",
        List.of(
            host("r1/vh", "3", "aliased", "a.x", "b.x").toBuilder()
                .addAliases("r1/a.x")
                .addAliases("r1/b.x")
                .build()));
    scene.noteAnswer(answer);
    scene.get("b.x");
    scene.note("a host under an alias");
    answer = scene.ask("no.x");
    scene.awaitName("r1/no.x");
    scene.say(vhds, "4", List.of(missing("r1/no.x")));
    scene.noteAnswer(answer);
    scene.get("no.x");
    scene.note("a host that does not exist");
    answer = scene.ask("bad.x");
    scene.awaitName("r1/bad.x");
    scene.say(vhds, "5", List.of(host("r1/bad.x", "5", "bad", "own.x")));
    scene.say(vhds, "6", List.of(host("r1/bad.x", "6", "good", "bad.x")));
    scene.noteAnswer(answer);
    scene.note("a host that is bad, then good");
    scene.say(vhds, "7", List.of(host("r1/first", "7", "first again", "first.x")));
    scene.get("first.x");
    scene.say(vhds, "8", List.of(), "r1/new.x:80");
    scene.note("an update and a removal");
    scene.push(
        ResourceType.ROUTES, "2", own.addVirtualHosts(answering("more", "more", "more.x")).build());
    List.of("first.x", "more.x", "b.x").forEach(scene::get);
    scene.note("other routes, the same hosts");
    scene.noteStats(
        "what is counted",
        "http.p.rds.vhds.r1.update_rejected",
        "http.p.rds.vhds.r1.update_success",
        "http.p.rds.vhds.r1.version_text");
  }

  // ---- clusters

  private static VirtualHost to(String cluster) {
    return VirtualHost.newBuilder()
        .setName(cluster)
        .addDomains(cluster)
        .addRoutes(
            Route.newBuilder()
                .setMatch(RouteMatch.newBuilder().setPrefix("/"))
                .setRoute(RouteAction.newBuilder().setCluster(cluster)))
        .build();
  }

  private static Resource cluster(String version, Cluster cluster) {
    return Resource.newBuilder()
        .setName(cluster.getName())
        .setVersion(version)
        .setResource(Any.pack(cluster))
        .build();
  }

  @Execution(CONCURRENT)
  @Test
  void clusters() throws Exception {
    OnDemand filter =
        OnDemand.newBuilder()
            .setOdcds(
                OnDemandCds.newBuilder()
                    .setSource(ADS)
                    .setTimeout(Duration.newBuilder().setSeconds(1)))
            .build();
    HttpConnectionManager manager =
        manager(filter)
            .setRouteConfig(
                routes("r", to("c1"), to("c2"), to("c3"), to("c4")).toBuilder()
                    .setValidateClusters(BoolValue.of(false)))
            .build();
    Backend upstream = stage.keep(Backend.start("127.0.0.1", "up"));
    assertSame(Dialect.DELTA, manager, scene -> playClusters(scene, upstream));
  }

  private static void playClusters(OnDemandScene scene, Backend upstream) {
    ResourceType<Cluster> cds = ResourceType.CLUSTER;
    CompletableFuture<String> answer = scene.ask("c1");
    scene.awaitName("c1");
    scene.say(cds, "2", List.of(cluster("2", Resources.staticCluster("c1", upstream.address()))));
    scene.noteAnswer(answer);
    scene.get("c1");
    scene.note("a cluster on demand");
    answer = scene.ask("c2");
    scene.awaitName("c2");
    scene.say(cds, "3", List.of(), "c2");
    scene.noteAnswer(answer);
    scene.note("one that does not exist");
    scene.get("c3");
    scene.say(cds, "4", List.of(cluster("4", Resources.staticCluster("c3", upstream.address()))));
    scene.get("c3");
    scene.note("one that comes too late");
    answer = scene.ask("c4");
    scene.awaitName("c4");
    scene.say(cds, "5", List.of(cluster("5", Resources.badCluster("c4"))));
    scene.noteAnswer(answer);
    scene.note("one that is bad");
    scene.say(cds, "6", List.of(), "c1");
    scene.get("c1");
    scene.note("one that goes again");
    scene.noteStats("what is counted", "http.p.no_cluster", "cluster_manager.active_clusters");
    scene.say(ResourceType.LISTENER, "2", List.of(), "l");
    scene.awaitDrained();
    scene.note("nobody left who would ask: what was asked for stays asked for");
  }
}
