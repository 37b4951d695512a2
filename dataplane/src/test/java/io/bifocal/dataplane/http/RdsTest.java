package io.bifocal.dataplane.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.xds.ResourceType;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.Rds;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Routes that a control plane sends. */
@Timeout(30)
class RdsTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  private final HttpBench bench = new HttpBench();

  @AfterEach
  void close() throws Exception {
    bench.close();
  }

  private static HttpConnectionManager manager() throws Exception {
    return HttpBench.manager("[]").toBuilder()
        .setRds(
            Rds.newBuilder()
                .setRouteConfigName("r1")
                .setConfigSource(
                    ConfigSource.newBuilder().setAds(AggregatedConfigSource.newBuilder())))
        .build();
  }

  private static RouteConfiguration answers(String body, String... domains) {
    VirtualHost.Builder host = VirtualHost.newBuilder().setName("v");
    for (String domain : domains) {
      host.addDomains(domain);
    }
    host.addRoutes(
        Route.newBuilder()
            .setMatch(RouteMatch.newBuilder().setPrefix("/"))
            .setDirectResponse(
                DirectResponseAction.newBuilder()
                    .setStatus(200)
                    .setBody(DataSource.newBuilder().setInlineString(body))));
    return RouteConfiguration.newBuilder().setName("r1").addVirtualHosts(host).build();
  }

  private AtomicBoolean awaitInit() {
    AtomicBoolean ready = new AtomicBoolean();
    bench.init.await(() -> ready.set(true));
    return ready;
  }

  @Test
  void theListenerWaitsForItsRoutes() throws Exception {
    bench.serve(manager());
    AtomicBoolean ready = awaitInit();
    assertThat(ready).isFalse();
    assertThat(bench.xds.names(ResourceType.ROUTES)).containsExactly("r1");

    bench.xds.respond(ResourceType.ROUTES, "1", answers("one", "*"));

    assertThat(ready).isTrue();
    assertThat(bench.ask(GET)).startsWith("HTTP/1.1 200 OK").endsWith("one");
  }

  @Test
  void anUpdateIsUsedByTheNextRequestOfAnOpenConnection() throws Exception {
    bench.serve(manager());
    bench.xds.respond(ResourceType.ROUTES, "1", answers("one", "*"));
    ScriptedUpstream.Peer client = bench.client();
    client.send(GET);
    assertThat(client.message()).endsWith("one");

    bench.xds.respond(ResourceType.ROUTES, "2", answers("two", "*"));

    client.send(GET);
    assertThat(client.message()).endsWith("two");
  }

  @Test
  void aBadUpdateIsRefusedAndWhatWasGoodStays() throws Exception {
    bench.serve(manager());
    bench.xds.respond(ResourceType.ROUTES, "1", answers("one", "*"));

    bench.xds.respond(ResourceType.ROUTES, "2", answers("two", "*", "*"));

    assertThat(bench.xds.requests())
        .last()
        .isEqualTo("RDS[r1] v1 error: Only a single wildcard domain is permitted in route r1");
    assertThat(bench.ask(GET)).endsWith("one");
  }

  @Test
  void aRefusalAlsoEndsTheWaitingAndRequestsGet404() throws Exception {
    bench.serve(manager());
    AtomicBoolean ready = awaitInit();

    bench.xds.respond(ResourceType.ROUTES, "1", answers("one", "*", "*"));

    assertThat(ready).isTrue();
    assertThat(bench.ask(GET)).startsWith("HTTP/1.1 404 ");
  }

  @Test
  void aTimeoutAlsoEndsTheWaiting() throws Exception {
    bench.serve(manager());
    AtomicBoolean ready = awaitInit();

    bench.xds.disconnect();
    assertThat(ready).isFalse();
    bench.xds.timeOut(ResourceType.ROUTES, "r1");

    assertThat(ready).isTrue();
  }

  @Test
  void managersShareASubscriptionWhichEndsWithTheLast() throws Exception {
    bench.serve(manager(), InetAddresses.forString("127.0.0.1"));
    var first = bench.filter();
    bench.xds.respond(ResourceType.ROUTES, "1", answers("one", "*"));
    InitManager late = new InitManager("late");
    var second = bench.make(manager(), late);

    AtomicBoolean ready = new AtomicBoolean();
    late.await(() -> ready.set(true));
    assertThat(ready).as("routes that are there need no waiting").isTrue();
    assertThat(bench.xds.open(ResourceType.ROUTES)).isEqualTo(1);
    var dump = bench.factory.routes().routesDump();
    assertThat(dump.getDynamicRouteConfigsList()).hasSize(1);
    assertThat(dump.getDynamicRouteConfigs(0).getVersionInfo()).isEqualTo("1");
    assertThat(dump.getDynamicRouteConfigs(0).getRouteConfig().unpack(RouteConfiguration.class))
        .isEqualTo(answers("one", "*"));

    first.close();
    assertThat(bench.xds.open(ResourceType.ROUTES)).isEqualTo(1);
    second.close();
    assertThat(bench.xds.open(ResourceType.ROUTES)).isZero();
    assertThat(bench.factory.routes().routesDump().getDynamicRouteConfigsList()).isEmpty();
  }
}
