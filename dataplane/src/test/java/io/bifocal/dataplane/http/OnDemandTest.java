package io.bifocal.dataplane.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.UInt32Value;
import io.bifocal.dataplane.pool.CircuitBreakers;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.ScopedRouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.http.buffer.v3.Buffer;
import io.envoyproxy.envoy.extensions.filters.http.buffer.v3.BufferPerRoute;
import io.envoyproxy.envoy.extensions.filters.http.on_demand.v3.OnDemand;
import io.envoyproxy.envoy.extensions.filters.http.on_demand.v3.PerRouteConfig;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests that wait for what they lack. */
@Timeout(30)
class OnDemandTest {
  private static final ConfigSource ADS = ads(15_000);
  private static final String FILTER = "envoy.filters.http.on_demand";
  private final HttpBench bench = HttpBench.withControlThread();

  @AfterEach
  void close() throws Exception {
    bench.close();
  }

  private static ConfigSource ads(int fetchMillis) {
    return ConfigSource.newBuilder()
        .setAds(AggregatedConfigSource.getDefaultInstance())
        .setInitialFetchTimeout(
            Duration.newBuilder()
                .setSeconds(fetchMillis / 1000)
                .setNanos(fetchMillis % 1000 * 1_000_000))
        .build();
  }

  private static HttpConnectionManager.Builder manager(String routes, OnDemand filter)
      throws Exception {
    return HttpBench.manager(routes).toBuilder()
        .addHttpFilters(
            0, HttpFilter.newBuilder().setName(FILTER).setTypedConfig(Any.pack(filter)));
  }

  private static OnDemand clusters(int timeoutMillis) {
    OnDemand.Builder filter = OnDemand.newBuilder();
    filter
        .getOdcdsBuilder()
        .setSource(ADS)
        .setTimeout(Duration.newBuilder().setNanos(timeoutMillis * 1_000_000));
    return filter.build();
  }

  private static String get(String host) {
    return "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
  }

  private CompletableFuture<String> ask(String request) throws Exception {
    ScriptedUpstream.Peer client = bench.client();
    client.send(request);
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return client.message();
          } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        });
  }

  private void awaitWaiting(int requests) {
    await().until(() -> bench.gauge("http.p.on_demand.rq_waiting") == requests);
  }

  // ---- virtual hosts

  private void serveHosts(ConfigSource vhds) throws Exception {
    serveHosts(vhds, manager("[]", OnDemand.getDefaultInstance()).build());
  }

  private void serveHosts(ConfigSource vhds, HttpConnectionManager manager) throws Exception {
    HttpConnectionManager.Builder rds = manager.toBuilder();
    rds.getRdsBuilder().setRouteConfigName("r1").setConfigSource(ADS);
    bench.serve(rds.build());
    RouteConfiguration.Builder routes =
        RouteConfiguration.newBuilder()
            .setName("r1")
            .addVirtualHosts(Routes.host("own", "own", "own.x"));
    routes.getVhdsBuilder().setConfigSource(vhds);
    bench.onControl(
        () -> {
          bench.xds.respond(ResourceType.ROUTES, "1", routes.build());
          return true;
        });
  }

  private void hosts(List<Resource<VirtualHost>> hosts, String... removed) throws Exception {
    bench.onControl(
        () -> {
          bench.xds.respondDelta(ResourceType.VIRTUAL_HOST, "1", hosts, List.of(removed));
          return true;
        });
  }

  private Set<String> hostsAskedFor() throws Exception {
    return bench.onControl(() -> bench.xds.names(ResourceType.VIRTUAL_HOST));
  }

  private static Resource<VirtualHost> host(String name, String domain, String... aliases) {
    return new Resource<>(
        "r1/" + name, List.of(aliases), "1", Routes.host(name, "from " + name, domain));
  }

  @Test
  void aRequestWaitsForItsVirtualHost() throws Exception {
    serveHosts(ADS);
    hosts(
        List.of(host("first", "first.x"), new Resource<>("r2/z", "1", Routes.host("z", "z", "z"))));
    assertThat(bench.ask(get("first.x"))).endsWith("from first");
    assertThat(hostsAskedFor()).as("everything there is").isEmpty();

    CompletableFuture<String> answer = ask(get("New.x:80"));
    awaitWaiting(1);
    assertThat(hostsAskedFor()).containsExactly("*", "r1/new.x:80");
    hosts(List.of(host("new.x:80", "new.x:80")));

    assertThat(answer.get()).endsWith("from new.x:80");
    awaitWaiting(0);
    assertThat(bench.counter("http.p.on_demand.rq_total")).isEqualTo(1);
  }

  @Test
  void aVirtualHostThatComesWhileTheQuestionIsOnItsWayIsFound() throws Exception {
    serveHosts(ADS);
    CompletableFuture<String> answer =
        bench.onControl(
            () -> {
              CompletableFuture<String> asked = ask(get("new.x"));
              awaitWaiting(1);
              bench.xds.respondDelta(
                  ResourceType.VIRTUAL_HOST, "1", List.of(host("vh", "new.x")), List.of());
              return asked;
            });
    assertThat(answer.get(20, TimeUnit.SECONDS)).endsWith("from vh");
    assertThat(hostsAskedFor()).as("there is nothing to ask for").isEmpty();
  }

  @Test
  void whatHoldsForTheRouteThatCameHoldsForTheFiltersBehind() throws Exception {
    HttpConnectionManager manager =
        manager("[]", OnDemand.getDefaultInstance())
            .addHttpFilters(
                1,
                HttpFilter.newBuilder()
                    .setName("buffer")
                    .setTypedConfig(
                        Any.pack(Buffer.newBuilder().setMaxRequestBytes(bytes(1000)).build())))
            .build();
    serveHosts(ADS, manager);
    CompletableFuture<String> answer =
        ask("POST / HTTP/1.1\r\nHost: small.x\r\nContent-Length: 10\r\n\r\n0123456789");
    awaitWaiting(1);
    BufferPerRoute small =
        BufferPerRoute.newBuilder()
            .setBuffer(Buffer.newBuilder().setMaxRequestBytes(bytes(5)))
            .build();
    VirtualHost host =
        Routes.host("small.x", "small", "small.x").toBuilder()
            .putTypedPerFilterConfig("buffer", Any.pack(small))
            .build();
    hosts(List.of(new Resource<>("r1/small.x", "1", host)));
    assertThat(answer.get()).startsWith("HTTP/1.1 413 ");
  }

  private static UInt32Value bytes(int limit) {
    return UInt32Value.of(limit);
  }

  @Test
  void aRoutesConfigurationOfAnotherKindSaysNothing() throws Exception {
    HttpConnectionManager manager =
        manager(
                "[{match: {prefix: /}, typed_per_filter_config: {"
                    + FILTER
                    + ": {'@type': "
                    + "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute,"
                    + " disabled: true}}, route: {cluster: none}}]",
                clusters(100))
            .build();
    bench.serve(manager);
    assertThat(bench.ask(get("a"))).startsWith("HTTP/1.1 503 ");
    assertThat(bench.counter("http.p.on_demand.rq_timeout")).isEqualTo(1);
  }

  @Test
  void aVirtualHostMayComeUnderAnAlias() throws Exception {
    serveHosts(ADS);
    CompletableFuture<String> one = ask(get("a.x"));
    CompletableFuture<String> two = ask(get("a.x"));
    awaitWaiting(2);
    hosts(List.of(host("vh", "*.x", "r1/a.x", "r1/b.x")));
    assertThat(one.get()).endsWith("from vh");
    assertThat(two.get()).endsWith("from vh");
    assertThat(bench.ask(get("b.x"))).endsWith("from vh");

    hosts(List.of(), "r1/vh");
    assertThat(hostsAskedFor()).as("asked anew when it is needed").containsExactly("*");
    CompletableFuture<String> again = ask(get("a.x"));
    awaitWaiting(1);
    hosts(List.of(host("vh", "*.x", "r1/a.x")));
    assertThat(again.get()).endsWith("from vh");
  }

  @Test
  void aHostThatDoesNotExistIsNotWaitedForAgain() throws Exception {
    serveHosts(ADS);
    CompletableFuture<String> answer = ask(get("no.x"));
    awaitWaiting(1);
    hosts(List.of(), "r1/no.x");
    assertThat(answer.get()).startsWith("HTTP/1.1 404 ");
    assertThat(bench.ask(get("no.x"))).startsWith("HTTP/1.1 404 ");
    assertThat(bench.counter("http.p.on_demand.rq_total")).isEqualTo(2);

    hosts(List.of(host("no.x", "no.x")));
    assertThat(bench.ask(get("no.x"))).as("it has come to exist").endsWith("from no.x");
  }

  @Test
  void aHostThatIsRefusedIsWaitedForUntilItIsGood() throws Exception {
    serveHosts(ADS);
    CompletableFuture<String> answer = ask(get("bad.x"));
    awaitWaiting(1);
    hosts(List.of(host("bad.x", "own.x")));
    assertThat(bench.xds.requests())
        .last()
        .asString()
        .endsWith(
            "error: Only unique values for domains are permitted. Duplicate entry of domain own.x"
                + " in route r1");
    hosts(List.of(host("bad.x", "bad.x")));
    assertThat(answer.get()).endsWith("from bad.x");
  }

  @Test
  void theTimeToWaitIsBounded() throws Exception {
    serveHosts(ads(200));
    assertThat(bench.ask(get("slow.x"))).startsWith("HTTP/1.1 404 ");
    assertThat(bench.counter("http.p.on_demand.rq_timeout")).isEqualTo(1);
    awaitWaiting(0);
    hosts(List.of(host("slow.x", "slow.x")));
    assertThat(bench.ask(get("slow.x"))).as("late is better than never").endsWith("from slow.x");
  }

  @Test
  void withoutTheFilterNobodyWaits() throws Exception {
    serveHosts(ADS, HttpBench.manager("[]"));
    assertThat(bench.ask(get("new.x"))).startsWith("HTTP/1.1 404 ");
    assertThat(hostsAskedFor()).isEmpty();
  }

  @Test
  void aClientThatLeavesLeavesNothing() throws Exception {
    serveHosts(ADS);
    ScriptedUpstream.Peer client = bench.client();
    client.send("POST / HTTP/1.1\r\nhost: new.x\r\ncontent-length: 9\r\n\r\nabc");
    awaitWaiting(1);
    client.reset();
    awaitWaiting(0);
    await().until(() -> bench.gauge("http.p.downstream_rq_active") == 0);
    hosts(List.of(host("new.x", "new.x")));
    assertThat(bench.ask(get("new.x"))).endsWith("from new.x");
  }

  // ---- scopes

  @Test
  void routesOfAScopeThatCannotBeAskedForAreCounted() throws Exception {
    serveLazyScope();
    bench.onControl(
        () -> {
          bench.xds.serveOnly(source -> false);
          return true;
        });
    assertThat(bench.ask(get("lazy"))).startsWith("HTTP/1.1 404 ");
    assertThat(bench.ask(get("lazy"))).startsWith("HTTP/1.1 404 ");
    assertThat(bench.counter("http.p.scoped_rds.sc.on_demand_refused")).isEqualTo(2);
  }

  @Test
  void theRoutesOfAScopeMayBeAskedForOnDemand() throws Exception {
    serveLazyScope();
    assertThat(bench.xds.open(ResourceType.ROUTES)).isZero();
    assertThat(bench.ask(get("other"))).startsWith("HTTP/1.1 404 ");

    CompletableFuture<String> answer = ask(get("lazy"));
    awaitWaiting(1);
    bench.onControl(
        () -> {
          assertThat(bench.xds.names(ResourceType.ROUTES)).containsExactly("r9");
          bench.xds.respond(ResourceType.ROUTES, "1", Routes.answering("r9", "lazily"));
          return true;
        });
    assertThat(answer.get()).endsWith("lazily");
    assertThat(bench.gauge("http.p.scoped_rds.sc.on_demand_scopes")).isEqualTo(1);
    assertThat(bench.gauge("http.p.scoped_rds.sc.active_scopes")).isEqualTo(1);
  }

  private void serveLazyScope() throws Exception {
    HttpConnectionManager.Builder manager = manager("[]", OnDemand.getDefaultInstance());
    var scoped = manager.getScopedRoutesBuilder().setName("sc").setRdsConfigSource(ADS);
    scoped
        .getScopeKeyBuilderBuilder()
        .addFragmentsBuilder()
        .getHeaderValueExtractorBuilder()
        .setName("host")
        .setIndex(0);
    scoped.getScopedRdsBuilder().setScopedRdsConfigSource(ADS);
    bench.serve(manager.build());
    ScopedRouteConfiguration.Builder scope =
        ScopedRouteConfiguration.newBuilder()
            .setName("s")
            .setOnDemand(true)
            .setRouteConfigurationName("r9");
    scope.getKeyBuilder().addFragmentsBuilder().setStringKey("lazy");
    bench.onControl(
        () -> {
          bench.xds.respond(ResourceType.SCOPED_ROUTES, "1", scope.build());
          return true;
        });
  }

  // ---- clusters

  private static final String TO_UP = "[{match: {prefix: /}, route: {cluster: up}}]";

  private void present(String cluster) throws Exception {
    bench.onControl(
        () -> {
          bench.clusterNames.present(cluster);
          return true;
        });
  }

  @Test
  void aRequestWaitsForItsClusterAndItsBodyIsKept() throws Exception {
    bench.serve(manager(TO_UP, clusters(900)).build());
    ScriptedUpstream.Peer client = bench.client();
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 6\r\n\r\nabc");
    awaitWaiting(1);
    client.send("def");
    bench.upstream(
        peer -> {
          String body = peer.message().replaceAll("(?s).*\r\n\r\n", "");
          peer.send("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n" + body);
          peer.head();
        });
    present("up");
    assertThat(client.message()).startsWith("HTTP/1.1 200 OK").endsWith("\r\n\r\nabcdef");
    assertThat(bench.counter("http.p.rq_total")).as("routed once").isEqualTo(1);
  }

  @Test
  void aLongBodyIsReadOnlyUpToTheLimitMeanwhile() throws Exception {
    bench.serve(manager(TO_UP, clusters(0)).build());
    int length = 32 * 1024 * 1024;
    ScriptedUpstream.Peer client = bench.client();
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: " + length + "\r\n\r\n");
    awaitWaiting(1);
    CompletableFuture<Void> sent =
        CompletableFuture.runAsync(
            () -> {
              try {
                client.out().write(new byte[length]);
              } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    await()
        .during(java.time.Duration.ofMillis(300))
        .atMost(java.time.Duration.ofSeconds(20))
        .until(() -> bench.counter("http.p.downstream_cx_rx_bytes_total") < 1024 * 1024);
    assertThat(sent).as("the client must wait").isNotDone();
    CompletableFuture<Integer> received = new CompletableFuture<>();
    bench.upstream(
        peer -> {
          peer.head();
          received.complete(peer.in().readNBytes(length).length);
          peer.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        });
    present("up");
    assertThat(client.message()).endsWith("ok");
    assertThat(received.get()).isEqualTo(length);
  }

  @Test
  void aClusterThatDoesNotComeInTimeIsMissing() throws Exception {
    bench.serve(manager(TO_UP, clusters(100)).build());
    assertThat(bench.ask(get("a"))).startsWith("HTTP/1.1 503 ");
    assertThat(bench.counter("http.p.on_demand.rq_timeout")).isEqualTo(1);
    assertThat(bench.counter("http.p.no_cluster")).isEqualTo(1);
  }

  @Test
  void aRouteMayTurnItOffAndOn() throws Exception {
    String routes =
        """
        - match: {prefix: /off}
          route: {cluster: up}
          typed_per_filter_config:
            envoy.filters.http.on_demand: {"@type": type.googleapis.com/%1$s}
        - match: {prefix: /other}
          route: {cluster: up}
          typed_per_filter_config:
            another.name:
              "@type": type.googleapis.com/%1$s
              odcds: {source: {ads: {}}, timeout: 0.1s}
        - match: {prefix: /on}
          route: {cluster: up}
          typed_per_filter_config:
            envoy.filters.http.on_demand:
              "@type": type.googleapis.com/%1$s
              odcds: {source: {ads: {}}, timeout: 0.1s}
        """
            .formatted(PerRouteConfig.getDescriptor().getFullName())
            .indent(12);
    bench.serve(manager("\n" + routes, OnDemand.getDefaultInstance()).build());
    assertThat(bench.ask("GET /off HTTP/1.1\r\nhost: a\r\n\r\n")).startsWith("HTTP/1.1 503 ");
    assertThat(bench.ask("GET /other HTTP/1.1\r\nhost: a\r\n\r\n")).startsWith("HTTP/1.1 503 ");
    assertThat(bench.counter("http.p.on_demand.rq_total")).isZero();
    assertThat(bench.ask("GET /on HTTP/1.1\r\nhost: a\r\n\r\n")).startsWith("HTTP/1.1 503 ");
    assertThat(bench.counter("http.p.on_demand.rq_total")).isEqualTo(1);
  }

  @Test
  void aClusterWithoutHostsIsNotMissing() throws Exception {
    bench.cluster("up", null, CircuitBreakers.defaults());
    bench.serve(manager(TO_UP, clusters(900)).build());
    assertThat(bench.ask(get("a"))).endsWith("no healthy upstream");
    assertThat(bench.counter("http.p.on_demand.rq_total")).isZero();
  }
}
