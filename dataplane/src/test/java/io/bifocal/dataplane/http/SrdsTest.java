package io.bifocal.dataplane.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.xds.ResourceType;
import io.envoyproxy.envoy.admin.v3.ScopedRoutesConfigDump;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.ScopedRouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.ScopedRouteConfigurationsList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Routes that are chosen by scope. */
@Timeout(30)
class SrdsTest {
  private static final ConfigSource ADS =
      ConfigSource.newBuilder().setAds(AggregatedConfigSource.getDefaultInstance()).build();
  private final HttpBench bench = new HttpBench();

  @AfterEach
  void close() throws Exception {
    bench.close();
  }

  private static HttpConnectionManager.Builder manager() throws Exception {
    HttpConnectionManager.Builder manager = HttpBench.manager("[]").toBuilder();
    var scoped = manager.getScopedRoutesBuilder().setName("sc").setRdsConfigSource(ADS);
    scoped
        .getScopeKeyBuilderBuilder()
        .addFragmentsBuilder()
        .getHeaderValueExtractorBuilder()
        .setName("Host")
        .setIndex(0);
    scoped.getScopedRdsBuilder().setScopedRdsConfigSource(ADS);
    return manager;
  }

  private static ScopedRouteConfiguration scope(String name, String routes, String... key) {
    ScopedRouteConfiguration.Builder scope =
        ScopedRouteConfiguration.newBuilder().setName(name).setRouteConfigurationName(routes);
    for (String fragment : key) {
      scope.getKeyBuilder().addFragmentsBuilder().setStringKey(fragment);
    }
    return scope.build();
  }

  private void scopes(String version, ScopedRouteConfiguration... scopes) {
    bench.xds.respond(ResourceType.SCOPED_ROUTES, version, scopes);
  }

  private void routes(RouteConfiguration... routes) {
    bench.xds.respond(ResourceType.ROUTES, "1", routes);
  }

  private String ask(String host) throws Exception {
    String answer = bench.ask("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    return answer.substring(9, 12) + answer.substring(answer.indexOf("\r\n\r\n") + 4);
  }

  private void twoScopes() throws Exception {
    bench.serve(manager().build());
    scopes("1", scope("s1", "r1", "a"), scope("s2", "r2", "b"));
    routes(Routes.answering("r1", "one"), Routes.answering("r2", "two"));
    bench.xds.newRequests();
  }

  @Test
  void theListenerWaitsForItsScopesAndTheirRoutes() throws Exception {
    bench.serve(manager().build());
    AtomicBoolean ready = new AtomicBoolean();
    bench.init.await(() -> ready.set(true));
    assertThat(bench.xds.newRequests()).containsExactly("SRDS[]");

    scopes("1", scope("s1", "r1", "a"), scope("s2", "r2", "b"));

    assertThat(ready).isFalse();
    assertThat(bench.xds.newRequests())
        .as("all routes in one request, before the acknowledgement")
        .containsExactly("RDS[r1, r2]", "SRDS[] v1");
    routes(Routes.answering("r1", "one"));
    assertThat(ready).isFalse();
    routes(Routes.answering("r2", "two"));
    assertThat(ready).isTrue();
    assertThat(ask("a")).isEqualTo("200one");
    assertThat(ask("b")).isEqualTo("200two");
    assertThat(ask("c")).isEqualTo("404");
  }

  @Test
  void aRefusalOrATimeoutEndsTheWaitingToo() throws Exception {
    bench.serve(manager().build());
    AtomicBoolean ready = new AtomicBoolean();
    bench.init.await(() -> ready.set(true));
    bench.xds.timeOut(ResourceType.SCOPED_ROUTES, "any");
    assertThat(ready).isTrue();
    assertThat(ask("a")).isEqualTo("404");
  }

  @Test
  void whatIsAbsentIsGoneAndWhatStaysKeepsItsRoutes() throws Exception {
    twoScopes();
    scopes("2", scope("s1", "r1", "c"), scope("s3", "r3", "d"));
    assertThat(bench.xds.newRequests()).containsExactly("RDS[r1, r3] v1", "SRDS[] v2");
    assertThat(ask("a")).isEqualTo("404");
    assertThat(ask("b")).isEqualTo("404");
    assertThat(ask("c")).as("the key has changed, the routes are there").isEqualTo("200one");
    assertThat(ask("d")).as("its routes have not come yet").isEqualTo("404");
    assertThat(bench.gauge("http.p.scoped_rds.sc.all_scopes")).isEqualTo(2);
    assertThat(bench.counter("http.p.scoped_rds.sc.config_reload")).isEqualTo(2);
  }

  @Test
  void anUpdateIsTakenAsAWholeOrNotAtAll() throws Exception {
    twoScopes();
    scopes("2", scope("s3", "r3", "x"), scope("s4", "r4", "x"));
    scopes("3", scope("s3", "r3", "x"), scope("s3", "r4", "y"));
    scopes("4", scope("s3", "r3", "x"), scope("s4", "", "y"));
    assertThat(bench.xds.newRequests())
        .containsExactly(
            "SRDS[] v1 error: Error adding/updating scoped route(s): scope key conflict found,"
                + " first scope is 's3', second scope is 's4'",
            "SRDS[] v1 error: Error adding/updating scoped route(s): duplicate scoped route"
                + " configuration 's3' found",
            "SRDS[] v1 error: route_configuration_name is empty.");
    assertThat(ask("a")).isEqualTo("200one");
  }

  @Test
  void aScopeMayBringItsRoutes() throws Exception {
    bench.serve(manager().build());
    scopes(
        "1",
        scope("s1", "", "a").toBuilder()
            .setRouteConfiguration(Routes.answering("own", "inline"))
            .build());
    assertThat(ask("a")).isEqualTo("200inline");
    assertThat(bench.xds.open(ResourceType.ROUTES)).isZero();
  }

  @Test
  void managersShareScopesWhichEndWithTheLast() throws Exception {
    twoScopes();
    var second = bench.make(manager().build(), new InitManager("late"));
    assertThat(bench.xds.open(ResourceType.SCOPED_ROUTES)).isEqualTo(1);

    ScopedRoutesConfigDump dump = bench.factory.scopes().dump();
    assertThat(dump.getDynamicScopedRouteConfigsList()).hasSize(1);
    assertThat(dump.getDynamicScopedRouteConfigs(0).getName()).isEqualTo("sc");
    assertThat(dump.getDynamicScopedRouteConfigs(0).getVersionInfo()).isEqualTo("1");
    assertThat(
            dump.getDynamicScopedRouteConfigs(0)
                .getScopedRouteConfigs(1)
                .unpack(ScopedRouteConfiguration.class))
        .isEqualTo(scope("s2", "r2", "b"));

    bench.filter().close();
    assertThat(bench.xds.open(ResourceType.ROUTES)).isEqualTo(2);
    second.close();
    assertThat(bench.xds.open(ResourceType.SCOPED_ROUTES)).isZero();
    assertThat(bench.xds.open(ResourceType.ROUTES)).isZero();
    assertThat(bench.factory.scopes().dump())
        .isEqualTo(ScopedRoutesConfigDump.getDefaultInstance());
  }

  private static HttpConnectionManager listing(ScopedRouteConfiguration... scopes)
      throws Exception {
    HttpConnectionManager.Builder manager = manager();
    ScopedRouteConfigurationsList.Builder list =
        manager.getScopedRoutesBuilder().getScopedRouteConfigurationsListBuilder();
    for (ScopedRouteConfiguration scope : scopes) {
      list.addScopedRouteConfigurations(scope);
    }
    return manager.build();
  }

  @Test
  void aManagerMayListItsScopes() throws Exception {
    ScopedRouteConfiguration scope =
        scope("s1", "", "a").toBuilder()
            .setRouteConfiguration(Routes.answering("own", "listed"))
            .build();
    bench.serve(listing(scope));
    assertThat(ask("a")).isEqualTo("200listed");
    assertThat(ask("b")).isEqualTo("404");
    assertThat(bench.factory.scopes().dump().getInlineScopedRouteConfigs(0).getName())
        .isEqualTo("sc");
    bench.filter().close();
    assertThat(bench.factory.scopes().dump().getInlineScopedRouteConfigsCount()).isZero();
    assertThat(bench.factory.routes().routesDump().getStaticRouteConfigsCount()).isZero();
  }

  @Test
  void listedScopesMustHaveTheirRoutes() {
    assertThatThrownBy(() -> bench.serve(listing(scope("s1", "r1", "a"))))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Fetching routes via RDS (route_configuration_name) is not supported with inline"
                + " scoped routes.");
    assertThatThrownBy(() -> bench.serve(listing(scope("s1", "", "a"))))
        .isInstanceOf(ConfigException.class)
        .hasMessage("You must specify a route_configuration with inline scoped routes.");
  }
}
