package io.bifocal.dataplane.cluster;

import static io.bifocal.dataplane.cluster.ClusterFixture.eds;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.TextFormat;
import io.bifocal.dataplane.cluster.ClusterFixture.FakePool;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.HealthFlag;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.HealthCheck;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an update makes of a host whose primary address stays; as measured on Envoy 1.40. */
class HostIdentityTest {
  private static final String AT =
      "address { socket_address { address: '10.0.0.1' port_value: 80 } }";

  private final ClusterFixture f = new ClusterFixture();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lb_endpoints { endpoint { %s } load_balancing_weight { value: 3 } }",
        "lb_endpoints { endpoint { %s } health_status: DEGRADED }",
        "lb_endpoints { endpoint { %s } metadata { filter_metadata { key: 'a' value { } } } }",
        "lb_endpoints { endpoint { %s } } priority: 1",
        "lb_endpoints { endpoint { %s } } load_balancing_weight { value: 5 }",
        "lb_endpoints { endpoint { %s additional_addresses { address { pipe { path: '/p' } } } } }",
      })
  void theSameHostIsChangedInPlace(String update) {
    f.running(eds("e1"), checked("e2"));
    kept("e1", update);
    kept("e2", update);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lb_endpoints { endpoint { %s } } locality { region: 'r' }",
        "lb_endpoints { endpoint { %s hostname: 'h' } }",
      })
  void anotherPlaceOrNameIsAnotherHost(String update) {
    f.running(eds("e1"), checked("e2"));
    replaced("e1", update);
    replaced("e2", update);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "health_check_config { hostname: 'h' }",
        "health_check_config { port_value: 81 }",
        "health_check_config { disable_active_health_check: true }",
        "health_check_config { address { socket_address { address: '10.0.0.2' port_value: 80 } } }",
      })
  void whatHealthChecksAskCountsWhereThereAreSome(String config) {
    f.running(eds("e1"), checked("e2"));
    String update = "lb_endpoints { endpoint { %s " + config + " } }";
    kept("e1", update);
    replaced("e2", update);
  }

  @Test
  void anAddressForHealthChecksThatIsTheHostsOwnIsNoChange() {
    f.running(checked("e2"));
    kept("e2", "lb_endpoints { endpoint { %s health_check_config { " + AT + " } } }");
  }

  @Test
  void anotherHostAtTheAddressBeginsAnew() {
    f.running(eds("e1"));
    FakePool before = f.pool("e1");
    before.host().stats().cxTotal().inc();
    before.host().state().mark(HealthFlag.FAILED_OUTLIER_CHECK, true);
    update("e1", "lb_endpoints { endpoint { %s hostname: 'h' } }");
    FakePool after = f.pool("e1");
    assertThat(after.host().stats().cxTotal().value()).isZero();
    assertThat(after.host().state().unflagged()).isTrue();
    assertThat(ClusterFixture.httpPool(f.get("e1"), after.host())).isSameAs(after);
    assertThat(ClusterFixture.httpPool(f.get("e1"), before.host()))
        .as("who has chosen the former one goes on with it")
        .isNotSameAs(after);
    assertThat(f.stat("cluster.e1.membership_change")).isEqualTo(2);
    assertThat(f.stat("cluster.e1.membership_total")).isEqualTo(1);
  }

  private void kept(String cluster, String update) {
    FakePool before = f.pool(cluster);
    update(cluster, update);
    assertThat(before.drained).as(cluster + ": " + update).isFalse();
    assertThat(f.pool(cluster)).isSameAs(before);
    assertThat(f.pool(cluster).host().primary()).isInstanceOf(Address.Ip.class);
  }

  private void replaced(String cluster, String update) {
    FakePool before = f.pool(cluster);
    update(cluster, update);
    assertThat(before.drained).as(cluster + ": " + update).isTrue();
    assertThat(f.pool(cluster)).isNotSameAs(before);
  }

  private void update(String cluster, String locality) {
    try {
      f.eds(
          "2",
          TextFormat.parse(
              "cluster_name: '" + cluster + "' endpoints { " + locality.formatted(AT) + " }",
              ClusterLoadAssignment.class));
    } catch (TextFormat.ParseException e) {
      throw new AssertionError(e);
    }
  }

  private static Cluster checked(String name) {
    return eds(name).toBuilder().addHealthChecks(HealthCheck.getDefaultInstance()).build();
  }
}
