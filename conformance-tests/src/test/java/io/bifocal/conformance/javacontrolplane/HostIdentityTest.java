package io.bifocal.conformance.javacontrolplane;

import static io.bifocal.conformance.Resources.assignment;
import static io.bifocal.conformance.Resources.edsCluster;
import static io.bifocal.conformance.Resources.listener;
import static io.bifocal.conformance.Resources.route;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import com.google.protobuf.Struct;
import io.bifocal.conformance.Backend;
import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whether an endpoint whose address stays is the host that it was: a host that is keeps its
 * connection and its counters.
 */
class HostIdentityTest {
  @RegisterExtension final Stage stage = new Stage();

  private int version;

  @Execution(CONCURRENT)
  @ParameterizedTest
  @EnumSource(Subject.class)
  void whatChangesInPlaceAndWhatMakesAnotherHost(Subject subject) {
    ControlPlane controlPlane = stage.keep(new ControlPlane(0));
    Backend backend = stage.keep(Backend.start("127.0.0.1", "hello"));
    ClusterLoadAssignment plain = assignment("backend", backend.address());
    publish(controlPlane, plain);
    Proxy proxy =
        stage.start(subject, Bootstraps.ads(controlPlane.port(), Dialect.SOTW)).awaitLive();
    proxy.awaitBody("ingress", "/", "hello");

    assertKept(
        proxy, controlPlane, plain, a -> endpoint(a).getLoadBalancingWeightBuilder().setValue(3));
    assertKept(proxy, controlPlane, plain, a -> endpoint(a).setHealthStatus(HealthStatus.DEGRADED));
    assertKept(
        proxy,
        controlPlane,
        plain,
        a -> endpoint(a).getMetadataBuilder().putFilterMetadata("a", Struct.getDefaultInstance()));
    assertKept(proxy, controlPlane, plain, a -> a.getEndpointsBuilder(0).setPriority(1));
    assertKept(
        proxy,
        controlPlane,
        plain,
        a ->
            endpoint(a)
                .getEndpointBuilder()
                .getHealthCheckConfigBuilder()
                .setPortValue(81)
                .setHostname("h"));
    assertReplaced(
        proxy, controlPlane, plain, a -> endpoint(a).getEndpointBuilder().setHostname("h"));
    assertReplaced(
        proxy,
        controlPlane,
        plain,
        a -> a.getEndpointsBuilder(0).getLocalityBuilder().setRegion("r"));
    assertThat(controlPlane.nacks()).isEmpty();
  }

  private void assertKept(
      Proxy proxy,
      ControlPlane controlPlane,
      ClusterLoadAssignment plain,
      Consumer<ClusterLoadAssignment.Builder> change) {
    long connections = count(proxy);
    update(proxy, controlPlane, plain, change);
    assertThat(count(proxy)).isEqualTo(connections).isPositive();
    assertThat(proxy.stat("cluster.backend.upstream_cx_active")).isEqualTo(1);
    update(proxy, controlPlane, plain, same -> {});
  }

  private void assertReplaced(
      Proxy proxy,
      ControlPlane controlPlane,
      ClusterLoadAssignment plain,
      Consumer<ClusterLoadAssignment.Builder> change) {
    update(proxy, controlPlane, plain, change);
    assertThat(count(proxy)).isZero();
    await().until(() -> proxy.stat("cluster.backend.upstream_cx_active") == 0);
    proxy.awaitBody("ingress", "/", "hello");
    assertThat(count(proxy)).isEqualTo(1);
  }

  private void update(
      Proxy proxy,
      ControlPlane controlPlane,
      ClusterLoadAssignment plain,
      Consumer<ClusterLoadAssignment.Builder> change) {
    long before = proxy.stat("cluster.backend.update_success");
    ClusterLoadAssignment.Builder next = plain.toBuilder();
    change.accept(next);
    publish(controlPlane, next.build());
    proxy.awaitStat("cluster.backend.update_success", before + 1);
  }

  private void publish(ControlPlane controlPlane, ClusterLoadAssignment assignment) {
    controlPlane.publish(
        String.valueOf(++version),
        List.of(edsCluster("backend")),
        List.of(assignment),
        List.of(listener("ingress", "routes")),
        List.of(route("routes", "backend")));
  }

  private static LbEndpoint.Builder endpoint(ClusterLoadAssignment.Builder assignment) {
    return assignment.getEndpointsBuilder(0).getLbEndpointsBuilder(0);
  }

  /** The host's connections so far, as {@code /clusters} counts them. */
  private static long count(Proxy proxy) {
    return proxy
        .admin("/clusters")
        .body()
        .lines()
        .filter(line -> line.startsWith("backend::") && line.contains("::cx_total::"))
        .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf(':') + 1).strip()))
        .sum();
  }
}
