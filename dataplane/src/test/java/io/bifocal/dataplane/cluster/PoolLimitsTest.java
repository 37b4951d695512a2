package io.bifocal.dataplane.cluster;

import static io.bifocal.dataplane.cluster.ClusterFixture.inline;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.cluster.ClusterFixture.FakePool;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which pools there are for one host. */
class PoolLimitsTest {
  private final ClusterFixture f = new ClusterFixture();

  private Host host() {
    Host host = f.get("a").chooseHost();
    if (host == null) {
      throw new AssertionError("no host");
    }
    return host;
  }

  private @Nullable ConnectionPool pool(RoutingPriority priority, ApplicationProtocol downstream) {
    return f.get("a").httpPool(host(), priority, downstream);
  }

  private @Nullable ConnectionPool pool(RoutingPriority priority) {
    return pool(priority, ApplicationProtocol.HTTP_1_1);
  }

  @Test
  void eachPriorityHasAPoolAndLimitsOfItsOwn() {
    Cluster.Builder cluster = inline("a", "10.0.0.1").toBuilder();
    var thresholds = cluster.getCircuitBreakersBuilder().addThresholdsBuilder();
    thresholds.setPriority(RoutingPriority.HIGH).getMaxRequestsBuilder().setValue(7);
    f.running(cluster.build());
    ConnectionPool normal = pool(RoutingPriority.DEFAULT);
    assertThat(pool(RoutingPriority.DEFAULT)).isSameAs(normal);
    FakePool high = (FakePool) pool(RoutingPriority.HIGH);
    assertThat(high).isNotSameAs(normal);
    assertThat(high).isNotNull();
    assertThat(f.get("a").breakers(RoutingPriority.HIGH).requests().max()).isEqualTo(7);
    assertThat(f.get("a").breakers().requests().max()).isEqualTo(1024);
    assertThat(f.stat("cluster.a.circuit_breakers.high.rq_open")).isZero();
  }

  @Test
  void whoSpeaksAsItsClientHasAPoolForEachProtocol() {
    Cluster.Builder cluster = inline("a", "10.0.0.1").toBuilder();
    f.running(asDownstream(cluster));
    ConnectionPool http1 = pool(RoutingPriority.DEFAULT, ApplicationProtocol.HTTP_1_1);
    FakePool http2 = (FakePool) pool(RoutingPriority.DEFAULT, ApplicationProtocol.HTTP_2);
    assertThat(http2).isNotSameAs(http1);
    assertThat(http2).isNotNull();
    assertThat(f.pools.get(1).settings.protocol()).isEqualTo(ApplicationProtocol.HTTP_2);
    assertThat(f.pools.get(0).settings.protocol()).isEqualTo(ApplicationProtocol.HTTP_1_1);
  }

  @SuppressWarnings("deprecation") // the older of two ways to say it
  private static Cluster asDownstream(Cluster.Builder cluster) {
    cluster.getHttp2ProtocolOptionsBuilder();
    return cluster
        .setProtocolSelection(Cluster.ClusterProtocolSelection.USE_DOWNSTREAM_PROTOCOL)
        .build();
  }

  @Test
  void beyondTheLimitOfPoolsOnlyAnIdleOneMakesRoom() {
    Cluster.Builder cluster = inline("a", "10.0.0.1").toBuilder();
    var thresholds = cluster.getCircuitBreakersBuilder().addThresholdsBuilder();
    thresholds.getMaxConnectionPoolsBuilder().setValue(1);
    f.running(asDownstream(cluster));
    assertThat(pool(RoutingPriority.DEFAULT)).isNotNull();
    assertThat(f.stat("cluster.a.circuit_breakers.default.cx_pool_open")).isEqualTo(1);

    assertThat(pool(RoutingPriority.DEFAULT, ApplicationProtocol.HTTP_2)).isNull();
    assertThat(f.stat("cluster.a.upstream_cx_pool_overflow")).isEqualTo(1);

    f.pools.get(0).users = 0;
    assertThat(pool(RoutingPriority.DEFAULT, ApplicationProtocol.HTTP_2)).isNotNull();
    assertThat(f.pools.get(0).closed).isTrue();
    assertThat(pool(RoutingPriority.DEFAULT)).as("the one that is used stays").isNull();
  }

  @Test
  void aPoolWithoutAConnectionTakesNobodysPlace() {
    Cluster.Builder cluster = ClusterFixture.eds("a").toBuilder();
    var thresholds = cluster.getCircuitBreakersBuilder().addThresholdsBuilder();
    thresholds.getMaxConnectionPoolsBuilder().setValue(1);
    f.running(cluster.build());
    Host one = host();
    FakePool first = f.pool("a");
    ClusterLoadAssignment.Builder both =
        ClusterFixture.assignment("a", "10.0.0.1", "10.0.0.2").toBuilder();
    both.getEndpointsBuilder(0).getLbEndpointsBuilder(0).setHealthStatus(HealthStatus.UNHEALTHY);
    f.eds("2", both.build());
    assertThat(host()).isNotEqualTo(one);
    first.users = 0;
    assertThat(pool(RoutingPriority.DEFAULT)).as("it is another host's, as with Envoy").isNull();
    first.becomeEmpty();
    assertThat(f.stat("cluster.a.circuit_breakers.default.cx_pool_open")).isZero();
    assertThat(pool(RoutingPriority.DEFAULT)).isNotNull();
    first.becomeEmpty(); // a second time, which frees nothing
    assertThat(f.get("a").httpPool(one, RoutingPriority.DEFAULT, ApplicationProtocol.HTTP_1_1))
        .isNull();
  }

  @Test
  void aPoolGivesItsPlaceBackThoughTheLimitCameLater() {
    f.running(inline("a", "10.0.0.1"));
    FakePool first = f.pool("a");
    first.becomeEmpty();
    assertThat(f.pool("a")).as("there is no limit").isSameAs(first);
    f.runtime.set("circuit_breakers.a.default.max_connection_pools", "1");
    first.becomeEmpty();
    assertThat(f.get("a").breakers().pools().inUse()).isZero();
    assertThat(f.pool("a")).isNotSameAs(first);
  }

  @Test
  void aChangeOfHostsClosesConnectionsWhereThatIsWanted() {
    Cluster.Builder cluster = ClusterFixture.eds("e").toBuilder();
    cluster.getCommonLbConfigBuilder().setCloseConnectionsOnHostSetChange(true);
    f.running(cluster.build());
    FakePool before = f.pool("e");
    f.eds("2", ClusterFixture.assignment("e", "10.0.0.1", "10.0.0.2"));
    assertThat(before.drained).isTrue();
    assertThat(f.pool("e")).isNotSameAs(before);
  }

  @Test
  void connectionsAreMadeAtTheHostThatIsNext() {
    Cluster.Builder cluster = inline("a", "10.0.0.1").toBuilder();
    cluster.getPreconnectPolicyBuilder().getPredictivePreconnectRatioBuilder().setValue(2);
    f.running(cluster.build());
    assertThat(pool(RoutingPriority.DEFAULT)).isNotNull();
    assertThat(f.pools.get(0).preconnects).isEqualTo(1);
  }

  @Test
  void soItIsForATcpProxy() {
    Cluster.Builder cluster = inline("a", "10.0.0.1").toBuilder();
    cluster.getPreconnectPolicyBuilder().getPredictivePreconnectRatioBuilder().setValue(2);
    f.running(cluster.build());
    WorkerCluster a = f.get("a");
    assertThat(a.tcpPool(requireNonNull(a.chooseHost()))).isNotNull();
    assertThat(f.pools.get(0).preconnects).isEqualTo(1);
  }
}
