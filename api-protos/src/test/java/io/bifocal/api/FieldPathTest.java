package io.bifocal.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import org.junit.jupiter.api.Test;

/** Where a broken rule is, beside the words that say which. */
class FieldPathTest {

  private static ConfigException refused(Message message) {
    return catchThrowableOfType(ConfigException.class, () -> Constraints.check(message));
  }

  @Test
  void aFieldOfTheMessageItself() {
    assertThat(refused(Cluster.getDefaultInstance()).fieldPath()).isEqualTo("name");
  }

  @Test
  void aFieldDeepInsideWithThePositionsOnTheWay() {
    RouteConfiguration routes =
        RouteConfiguration.newBuilder()
            .addVirtualHosts(VirtualHost.newBuilder().setName("a").addDomains("*"))
            .addVirtualHosts(VirtualHost.newBuilder().setName("b"))
            .build();
    assertThat(refused(routes).fieldPath()).isEqualTo("virtual_hosts[1].domains");
  }

  @Test
  void aChoiceThatIsNotMade() {
    RouteConfiguration routes =
        RouteConfiguration.newBuilder()
            .addVirtualHosts(
                VirtualHost.newBuilder()
                    .setName("a")
                    .addDomains("*")
                    .addRoutes(Route.newBuilder().setMatch(RouteMatch.newBuilder().setPrefix("/"))))
            .build();
    assertThat(refused(routes).fieldPath()).isEqualTo("virtual_hosts[0].routes[0].action");
  }

  @Test
  void aNumberInItsWrapper() {
    ClusterLoadAssignment assignment =
        ClusterLoadAssignment.newBuilder()
            .setClusterName("a")
            .addEndpoints(LocalityLbEndpoints.newBuilder().setPriority(200))
            .setPolicy(
                ClusterLoadAssignment.Policy.newBuilder()
                    .setOverprovisioningFactor(UInt32Value.of(140)))
            .build();
    assertThat(refused(assignment).fieldPath()).isEqualTo("endpoints[0].priority");
  }

  @Test
  void thePathSurvivesTheContextThatIsAdded() {
    ConfigException inner = refused(Cluster.getDefaultInstance());
    assertThat(new ConfigException("file: " + inner.reason(), inner).fieldPath()).isEqualTo("name");
    ConfigException unpacked =
        catchThrowableOfType(
            ConfigException.class,
            () -> Unpack.as(Cluster.getDefaultInstance(), Any.pack(Cluster.getDefaultInstance())));
    assertThat(unpacked.fieldPath()).isEqualTo("name");
  }

  @Test
  void whatHasNoPathHasAnEmptyOne() {
    Cluster negative =
        Cluster.newBuilder()
            .setName("a")
            .setConnectTimeout(Duration.newBuilder().setSeconds(-1))
            .build();
    assertThat(refused(negative).fieldPath()).isEmpty();
  }
}
