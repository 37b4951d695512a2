package io.bifocal.xds;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.grpc.ManagedChannel;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class EmbedderExampleTest {

  @Test
  void watchesAClusterAndRejectsWhatItCannotUse() throws Exception {
    try (var server = new InProcessControlPlane()) {
      server.setClusters("1", Cluster.newBuilder().setName("orders").build());
      ManagedChannel channel = server.channel();
      // snippet
      Node me = Node.newBuilder().setId("app-1").setCluster("shop").build();
      try (var client = XdsClient.builder().node(me).channel(channel).build()) {
        client.start();
        try (var orders =
            client.watch(
                ResourceType.CLUSTER,
                "orders",
                cluster ->
                    cluster.value().hasOutlierDetection()
                        ? Verdict.reject("outlier detection is not for us")
                        : Verdict.accept())) {
          Resource<Cluster> first = orders.awaitReady(Duration.ofSeconds(5));
          assertThat(first.name()).isEqualTo("orders");
          assertThat(first.version()).isEqualTo("1");
          assertThat(orders.error()).isEmpty();
        }
      }
      // snippet
    }
  }
}
