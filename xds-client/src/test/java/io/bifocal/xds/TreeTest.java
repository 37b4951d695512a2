package io.bifocal.xds;

import static io.bifocal.xds.Conversation.cluster;
import static io.bifocal.xds.Conversation.endpoints;
import static io.bifocal.xds.Conversation.resource;
import static io.bifocal.xds.ResourceType.CLUSTER;
import static io.bifocal.xds.ResourceType.ENDPOINTS;
import static io.bifocal.xds.ResourceType.LISTENER;
import static io.bifocal.xds.ResourceType.ROUTES;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.UInt32Value;
import io.bifocal.xds.snapshot.ClusterSnapshot;
import io.bifocal.xds.snapshot.ListenerSnapshot;
import io.bifocal.xds.snapshot.RouteSnapshot;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DiscoveryType;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.EdsClusterConfig;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource.ApiType;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.SelfConfigSource;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.Rds;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/** Listeners and clusters with all that they name. */
class TreeTest {
  private static final ConfigSource ADS =
      ConfigSource.newBuilder().setAds(AggregatedConfigSource.getDefaultInstance()).build();

  private static final ConfigSource NOWHERE =
      ConfigSource.newBuilder()
          .setApiConfigSource(ApiConfigSource.newBuilder().setApiType(ApiType.GRPC))
          .build();

  private final Conversation talk = Conversation.stateOfTheWorld().start();

  /** Notes what it hears; rejects trees with a cluster whose name begins with "bad". */
  private static final class Ear<S> implements WatchListener<S> {
    final List<String> heard = new ArrayList<>();
    final List<S> snapshots = new ArrayList<>();

    @Override
    public Verdict onUpdate(S snapshot) {
      heard.add(show(snapshot));
      if (show(snapshot).contains("bad")) {
        return Verdict.reject("no bad ones");
      }
      snapshots.add(snapshot);
      return Verdict.accept();
    }

    @Override
    public void onError(WatchError error) {
      heard.add(error.kind() + " " + error.type() + " " + error.resource());
    }

    @Override
    public void onAmbientError(WatchError error) {
      heard.add("ambient " + error.kind() + " " + error.type() + " " + error.resource());
    }

    List<String> take() {
      List<String> taken = List.copyOf(heard);
      heard.clear();
      return taken;
    }
  }

  private final Ear<ListenerSnapshot> ear = new Ear<>();

  private static String show(Object snapshot) {
    if (snapshot instanceof ListenerSnapshot listener) {
      return listener.name()
          + listener.routes().stream().map(TreeTest::show).toList()
          + listener.clusters().values().stream().map(TreeTest::show).toList();
    }
    if (snapshot instanceof RouteSnapshot route) {
      return route.name()
          + route.routes().error().map(e -> "!" + e.kind()).orElse("")
          + route.clusters().keySet();
    }
    ClusterSnapshot cluster = (ClusterSnapshot) snapshot;
    return cluster.name()
        + cluster.cluster().error().map(e -> "!" + e.kind()).orElse("")
        + cluster
            .endpoints()
            .map(
                p ->
                    p.error()
                        .map(e -> "/" + e.kind())
                        .orElseGet(
                            () ->
                                "/"
                                    + p.value()
                                        .orElseThrow()
                                        .getPolicy()
                                        .getOverprovisioningFactor()
                                        .getValue()))
            .orElse("");
  }

  private static Cluster eds(String name) {
    return cluster(name).toBuilder()
        .setType(DiscoveryType.EDS)
        .setEdsClusterConfig(EdsClusterConfig.newBuilder().setEdsConfig(ADS))
        .build();
  }

  /** Endpoints that are told apart by a number. */
  private static ClusterLoadAssignment endpoints(String name, int mark) {
    return Conversation.endpoints(name).toBuilder()
        .setPolicy(
            ClusterLoadAssignment.Policy.newBuilder()
                .setOverprovisioningFactor(UInt32Value.of(mark)))
        .build();
  }

  private static RouteConfiguration routes(String name, String... clusters) {
    VirtualHost.Builder host = VirtualHost.newBuilder().setName("all").addDomains("*");
    for (String cluster : clusters) {
      host.addRoutes(
          Route.newBuilder()
              .setMatch(RouteMatch.newBuilder().setPrefix("/" + cluster))
              .setRoute(RouteAction.newBuilder().setCluster(cluster)));
    }
    return RouteConfiguration.newBuilder().setName(name).addVirtualHosts(host).build();
  }

  private static HttpConnectionManager rds(String routes, ConfigSource source) {
    return HttpConnectionManager.newBuilder()
        .setStatPrefix("http")
        .setRds(Rds.newBuilder().setRouteConfigName(routes).setConfigSource(source))
        .build();
  }

  private static Listener listener(String name, Message... filters) {
    Listener.Builder listener = Listener.newBuilder().setName(name);
    for (Message filter : filters) {
      listener.addFilterChains(
          FilterChain.newBuilder()
              .addFilters(Filter.newBuilder().setName("f").setTypedConfig(Any.pack(filter))));
    }
    return listener.build();
  }

  /** The whole tree of l: routes r to cluster a. */
  private Watch<ListenerSnapshot> wholeTree() {
    Watch<ListenerSnapshot> watch = talk.client.listener("l", ear);
    talk.respond(LISTENER, "1", "l1", listener("l", rds("r", ADS)));
    talk.respond(ROUTES, "1", "r1", routes("r", "a"));
    talk.respond(CLUSTER, "1", "c1", eds("a"));
    talk.respond(ENDPOINTS, "1", "e1", endpoints("a", 1));
    talk.heard();
    return watch;
  }

  @Test
  void aListenerComesWhenAllThatItLeadsToIsThere() {
    Watch<ListenerSnapshot> watch = talk.client.listener("l", ear);
    assertThat(talk.heard()).containsExactly("LDS [l] node n");
    talk.respond(LISTENER, "1", "l1", listener("l", rds("r", ADS)));
    assertThat(talk.heard()).containsExactly("RDS [r]", "LDS [l] v1 l1");
    talk.respond(ROUTES, "1", "r1", routes("r", "a", "b"));
    assertThat(talk.heard()).containsExactly("CDS [a, b]", "RDS [r] v1 r1");
    talk.respond(CLUSTER, "1", "c1", eds("a"), cluster("b"));
    assertThat(talk.heard()).containsExactly("EDS [a]", "CDS [a, b] v1 c1");
    assertThat(ear.take()).isEmpty();
    assertThat(watch.value()).isEmpty();
    talk.respond(ENDPOINTS, "1", "e1", endpoints("a", 1));
    assertThat(ear.take()).containsExactly("l[r[a, b]][a/1, b]");
    assertThat(talk.heard()).containsExactly("EDS [a] v1 e1");
    ListenerSnapshot snapshot = watch.ready().join();
    assertThat(watch.value()).contains(snapshot);
    assertThat(snapshot.isComplete()).isTrue();
    assertThat(snapshot.listener().version()).isEqualTo("1");
    assertThat(snapshot.route("r").orElseThrow().clusters()).containsOnlyKeys("a", "b");
    assertThat(snapshot.cluster("a").orElseThrow().assignment()).contains(endpoints("a", 1));
  }

  @Test
  void inlineRoutesWeightedClustersAndTcpProxies() {
    RouteConfiguration inline =
        RouteConfiguration.newBuilder()
            .addVirtualHosts(
                VirtualHost.newBuilder()
                    .setName("all")
                    .addDomains("*")
                    .addRoutes(
                        Route.newBuilder()
                            .setMatch(RouteMatch.newBuilder().setPrefix("/"))
                            .setRoute(
                                RouteAction.newBuilder()
                                    .addRequestMirrorPolicies(
                                        RouteAction.RequestMirrorPolicy.newBuilder()
                                            .setCluster("shadow"))
                                    .setWeightedClusters(
                                        WeightedCluster.newBuilder()
                                            .addClusters(weighted("w1"))
                                            .addClusters(weighted("w2"))))))
            .build();
    talk.client.listener("l", ear);
    talk.respond(
        LISTENER,
        "1",
        "l1",
        listener(
            "l",
            HttpConnectionManager.newBuilder().setStatPrefix("h").setRouteConfig(inline).build(),
            TcpProxy.newBuilder().setStatPrefix("t").setCluster("tcp").build()));
    assertThat(talk.heard()).endsWith("CDS [w1, w2, shadow, tcp]", "LDS [l] v1 l1");
    talk.respond(
        CLUSTER,
        "1",
        "c1",
        cluster("w1").toBuilder().setLoadAssignment(endpoints("w1", 7)).build(),
        cluster("w2"),
        cluster("shadow"),
        cluster("tcp"));
    assertThat(ear.take()).containsExactly("l[[w1, w2, shadow]][w1/7, w2, shadow, tcp]");
  }

  private static WeightedCluster.ClusterWeight weighted(String name) {
    return WeightedCluster.ClusterWeight.newBuilder()
        .setName(name)
        .setWeight(UInt32Value.of(1))
        .build();
  }

  @Test
  void whatIsMissingIsSaidInTheTree() {
    Watch<ListenerSnapshot> watch = talk.client.listener("l", ear);
    talk.respond(LISTENER, "1", "l1", listener("l", rds("r", ADS)));
    talk.respond(ROUTES, "1", "r1", routes("r", "a", "gone"));
    talk.respond(CLUSTER, "1", "c1", eds("a"));
    talk.time.advance(Duration.ofSeconds(14));
    assertThat(ear.take()).isEmpty();
    talk.time.advance(Duration.ofSeconds(1));
    assertThat(ear.take()).containsExactly("l[r[a, gone]][a/TIMEOUT, gone!DOES_NOT_EXIST]");
    ListenerSnapshot snapshot = watch.value().orElseThrow();
    assertThat(snapshot.isComplete()).isFalse();
    assertThat(snapshot.errors()).extracting(WatchError::resource).containsExactly("a", "gone");
    talk.respond(ENDPOINTS, "1", "e1", endpoints("a", 1));
    assertThat(ear.take()).containsExactly("l[r[a, gone]][a/1, gone!DOES_NOT_EXIST]");
  }

  @Test
  void aChangedTreeReplacesTheOldOneOnlyWhenItIsWhole() {
    Watch<ListenerSnapshot> watch = wholeTree();
    ear.take();
    talk.respond(ROUTES, "2", "r2", routes("r", "b"));
    assertThat(talk.heard()).containsExactly("CDS [a, b] v1 c1", "RDS [r] v2 r2");
    talk.respond(CLUSTER, "2", "c2", eds("a"), eds("b"));
    assertThat(talk.heard()).containsExactly("EDS [a, b] v1 e1", "CDS [a, b] v2 c2");
    talk.respond(ENDPOINTS, "2", "e2", endpoints("a", 2));
    assertThat(ear.take()).as("the old one lives on").containsExactly("l[r[a]][a/2]");
    assertThat(talk.heard()).containsExactly("EDS [a, b] v2 e2");
    talk.respond(ENDPOINTS, "3", "e3", endpoints("b", 1));
    assertThat(ear.take()).containsExactly("l[r[b]][b/1]");
    assertThat(talk.heard())
        .as("what nobody needs any more is let go")
        .containsExactlyInAnyOrder("CDS [b] v2 c2", "EDS [b] v3 e3");
    assertThat(watch.value().map(TreeTest::show)).contains("l[r[b]][b/1]");
  }

  @Test
  void oneResponseMakesOneTree() {
    talk.client.listener("l", ear);
    talk.respond(LISTENER, "1", "l1", listener("l", rds("r", ADS)));
    talk.respond(ROUTES, "1", "r1", routes("r", "a", "b", "c"));
    talk.respond(CLUSTER, "1", "c1", eds("a"), eds("b"), eds("c"));
    assertThat(talk.heard()).as("and one request").endsWith("EDS [a, b, c]", "CDS [a, b, c] v1 c1");
    talk.respond(ENDPOINTS, "1", "e1", endpoints("a", 1), endpoints("b", 1), endpoints("c", 1));
    talk.respond(ENDPOINTS, "2", "e2", endpoints("a", 2), endpoints("b", 2), endpoints("c", 1));
    assertThat(ear.take())
        .containsExactly("l[r[a, b, c]][a/1, b/1, c/1]", "l[r[a, b, c]][a/2, b/2, c/1]");
  }

  @Test
  void aVersionThatMovesIsSeenButNotTold() {
    Watch<ListenerSnapshot> watch = wholeTree();
    ear.take();
    talk.respond(CLUSTER, "2", "c2", eds("a"));
    assertThat(ear.take()).isEmpty();
    assertThat(
            watch
                .value()
                .orElseThrow()
                .cluster("a")
                .orElseThrow()
                .cluster()
                .resource()
                .orElseThrow())
        .extracting(Resource::version)
        .isEqualTo("2");
  }

  @Test
  void rejectingATreeRefusesWhatMadeItWholeAndKeepsTheOldOne() {
    Watch<ListenerSnapshot> watch = wholeTree();
    talk.respond(ROUTES, "2", "r2", routes("r", "bad"));
    talk.respond(CLUSTER, "2", "c2", cluster("bad"));
    assertThat(talk.heard())
        .containsExactly(
            "CDS [a, bad] v1 c1", "RDS [r] v2 r2", "CDS [a, bad] v1 c2 error: no bad ones");
    assertThat(watch.value().map(TreeTest::show)).contains("l[r[a]][a/1]");
    assertThat(watch.error().orElseThrow().kind()).isEqualTo(WatchError.Kind.REJECTED);
    ear.take();
    talk.respond(ENDPOINTS, "2", "e2", endpoints("a", 2));
    assertThat(ear.take())
        .as("what was refused is not offered again with what comes next")
        .containsExactly("l[r[a]][a/2]");
    talk.respond(ROUTES, "3", "r3", routes("r", "a"));
    assertThat(talk.heard()).endsWith("CDS [a] v1 c2", "RDS [r] v3 r3");
  }

  @Test
  void aVerdictFromAnExecutorHoldsTheAnswerAndGathersWhatComesMeanwhile() {
    Queue<Runnable> tasks = new ArrayDeque<>();
    Watch<ListenerSnapshot> watch = talk.client.listener("l", ear, tasks::add);
    talk.respond(LISTENER, "1", "l1", listener("l", rds("r", ADS)));
    talk.respond(ROUTES, "1", "r1", routes("r", "a"));
    talk.respond(CLUSTER, "1", "c1", eds("a"));
    talk.heard();
    talk.respond(ENDPOINTS, "1", "e1", endpoints("a", 1));
    talk.respond(ENDPOINTS, "2", "e2", endpoints("a", 2));
    talk.respond(ENDPOINTS, "3", "e3", endpoints("a", 3));
    assertThat(talk.heard()).isEmpty();
    assertThat(watch.value()).isEmpty();
    tasks.remove().run();
    assertThat(talk.heard()).isEmpty();
    assertThat(watch.value().map(TreeTest::show)).contains("l[r[a]][a/1]");
    tasks.remove().run();
    assertThat(talk.heard()).containsExactly("EDS [a] v3 e3");
    assertThat(ear.take()).containsExactly("l[r[a]][a/1]", "l[r[a]][a/3]");
    assertThat(tasks).isEmpty();
  }

  @Test
  void aRejectionFromAnExecutorIsANackToo() {
    Queue<Runnable> tasks = new ArrayDeque<>();
    talk.client.cluster("bad", new Ear<ClusterSnapshot>(), tasks::add);
    talk.heard();
    talk.respond(CLUSTER, "1", "c1", cluster("bad"));
    assertThat(talk.heard()).isEmpty();
    tasks.remove().run();
    assertThat(talk.heard()).containsExactly("CDS [bad] c1 error: no bad ones");
  }

  @Test
  void aListenerThatCannotBeReadIsRefusedWithItsField() {
    Watch<ListenerSnapshot> watch = talk.client.listener("l", ear);
    talk.heard();
    talk.respond(
        LISTENER,
        "1",
        "l1",
        listener("l", HttpConnectionManager.newBuilder().setStatPrefix("").build()));
    assertThat(talk.heard().get(0))
        .startsWith("LDS [l] l1 error: l: filter_chains[0].filters[0].typed_config: Proto");
    assertThat(ear.take()).containsExactly("REJECTED LDS l");
    assertThat(watch.error().orElseThrow().fieldPath())
        .isEqualTo("filter_chains[0].filters[0].typed_config.stat_prefix");
    wholeTree();
    talk.respond(
        LISTENER,
        "2",
        "l2",
        listener("l", HttpConnectionManager.newBuilder().setStatPrefix("").build()));
    assertThat(ear.take()).endsWith("ambient REJECTED LDS l");
    assertThat(watch.value().map(TreeTest::show)).contains("l[r[a]][a/1]");
  }

  @Test
  void aRootThatIsGoneEndsTheValueAndEverythingUnderIt() {
    Watch<ListenerSnapshot> watch = wholeTree();
    ear.take();
    talk.respond(LISTENER, "2", "l2");
    assertThat(ear.take()).containsExactly("DOES_NOT_EXIST LDS l");
    assertThat(watch.value()).isEmpty();
    assertThat(talk.heard())
        .containsExactlyInAnyOrder("LDS [l] v2 l2", "RDS [] v1 r1", "CDS [] v1 c1", "EDS [] v1 e1");
    talk.respond(LISTENER, "3", "l3", listener("l"));
    assertThat(ear.take()).containsExactly("l[][]");
    assertThat(watch.error()).isEmpty();
  }

  @Test
  void aBrokenStreamIsToldOnceAndTheTreeStays() {
    Watch<ListenerSnapshot> watch = wholeTree();
    ear.take();
    talk.server.hangUp("gone");
    talk.time.run();
    assertThat(ear.take()).containsExactly("ambient TRANSPORT LDS l");
    assertThat(watch.value()).isPresent();
    Ear<ClusterSnapshot> late = new Ear<>();
    talk.client.cluster("z", late);
    talk.server.reachable(false);
    talk.time.advance(Duration.ofSeconds(1));
    assertThat(late.take()).contains("TRANSPORT CDS z");
  }

  @Test
  void treesShareWhatTheyNeedAndTheLastOneLetsGo() {
    Watch<ListenerSnapshot> watch = wholeTree();
    Ear<ClusterSnapshot> other = new Ear<>();
    Watch<ClusterSnapshot> cluster = talk.client.cluster("a", other);
    assertThat(talk.heard()).as("known").isEmpty();
    assertThat(other.take()).containsExactly("a/1");
    watch.close();
    assertThat(talk.heard()).containsExactlyInAnyOrder("LDS [] v1 l1", "RDS [] v1 r1");
    talk.respond(ENDPOINTS, "2", "e2", endpoints("a", 2));
    assertThat(other.take()).containsExactly("a/2");
    cluster.close();
    cluster.close();
    assertThat(talk.heard()).endsWith("CDS [] v1 c1", "EDS [] v2 e2");
    ear.take();
    talk.client.close();
    talk.time.run();
    assertThat(talk.time.pendingTimers()).isZero();
    assertThat(ear.take()).isEmpty();
  }

  @Test
  void closingWhileAVerdictIsAwaitedAnswers() {
    Queue<Runnable> tasks = new ArrayDeque<>();
    Watch<ClusterSnapshot> watch = talk.client.cluster("a", new Ear<>(), tasks::add);
    talk.client.watch(CLUSTER, "a", WatchListener.accepting());
    talk.heard();
    talk.respond(CLUSTER, "1", "c1", cluster("a"));
    assertThat(talk.heard()).isEmpty();
    watch.close();
    assertThat(talk.heard()).containsExactly("CDS [a] v1 c1");
  }

  @Test
  void endpointsThatTheServerRemovesStay() {
    Conversation delta = Conversation.delta().start();
    Ear<ClusterSnapshot> cluster = new Ear<>();
    Watch<ClusterSnapshot> watch = delta.client.cluster("a", cluster);
    delta.respondDelta(CLUSTER, "c1", List.of(resource("1", eds("a"))));
    delta.respondDelta(ENDPOINTS, "e1", List.of(resource("1", endpoints("a", 1))));
    delta.respondDelta(ENDPOINTS, "e2", List.of(), "a");
    assertThat(cluster.take()).containsExactly("a/1", "ambient DOES_NOT_EXIST EDS a");
    assertThat(watch.value().map(TreeTest::show)).contains("a/1");
    delta.respondDelta(CLUSTER, "c2", List.of(), "a");
    assertThat(cluster.take()).containsExactly("DOES_NOT_EXIST CDS a");
    assertThat(watch.value()).isEmpty();
  }

  @Test
  void selfIsWhereTheParentComesFrom() {
    talk.client.listener("l", ear);
    talk.respond(
        LISTENER,
        "1",
        "l1",
        listener(
            "l",
            rds(
                "r",
                ConfigSource.newBuilder().setSelf(SelfConfigSource.getDefaultInstance()).build())));
    assertThat(talk.heard()).endsWith("RDS [r]", "LDS [l] v1 l1");
  }

  @Test
  void aSourceThatIsNotServedIsAnErrorInTheTree() {
    talk.client.listener("l", ear);
    talk.respond(LISTENER, "1", "l1", listener("l", rds("r", NOWHERE)));
    assertThat(ear.take()).containsExactly("l[r!CONFIGURATION[]][]");
  }
}
