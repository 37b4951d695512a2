package io.bifocal.xds;

import static io.bifocal.xds.Conversation.cluster;
import static io.bifocal.xds.Conversation.endpoints;
import static io.bifocal.xds.ResourceType.CLUSTER;
import static io.bifocal.xds.ResourceType.ENDPOINTS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.xds.snapshot.ClusterSnapshot;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DiscoveryType;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.EdsClusterConfig;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What is closed is gone: subscriptions, timers, threads, channels. */
class LeakTest {
  private static final Cluster EDS =
      cluster("a").toBuilder()
          .setType(DiscoveryType.EDS)
          .setEdsClusterConfig(EdsClusterConfig.newBuilder().setEdsConfig(Conversation.ADS))
          .build();

  @Test
  void watchesThatAreClosedLeaveNoSubscriptionAndNoTimer() {
    Conversation talk = Conversation.stateOfTheWorld().start();
    List<Watch<?>> watches = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      watches.add(talk.client.watch(CLUSTER, "c" + i, WatchListener.accepting()));
      watches.add(talk.client.cluster("a", WatchListener.accepting()));
      watches.add(talk.client.listener("l" + i, WatchListener.accepting()));
      watches.add(talk.client.watchAll(CLUSTER, WatchListener.accepting()));
    }
    talk.respond(CLUSTER, "1", "c1", EDS);
    talk.respond(ENDPOINTS, "1", "e1", endpoints("a"));
    talk.time.run();
    assertThat(talk.client.watched()).isEqualTo(50 + 1 + 50 + 1 + 1);
    assertThat(talk.time.pendingTimers()).isPositive();
    watches.forEach(Watch::close);
    watches.forEach(Watch::close);
    talk.time.run();
    assertThat(talk.client.watched()).isZero();
    assertThat(talk.time.pendingTimers()).isZero();
  }

  @Test
  void closingWithinTheListenerIsClosing() {
    Conversation talk = Conversation.stateOfTheWorld().start();
    List<Watch<ClusterSnapshot>> held = new ArrayList<>();
    held.add(
        talk.client.cluster(
            "a",
            snapshot -> {
              held.get(0).close();
              return Verdict.accept();
            }));
    talk.respond(CLUSTER, "1", "c1", cluster("a"));
    talk.time.run();
    assertThat(talk.client.watched()).isZero();
    assertThat(talk.heard()).contains("CDS [] v1 c1");
  }

  @Test
  void clientsThatAreClosedLeaveNoThreadAndNoChannel() throws Exception {
    List<ManagedChannel> channels = new ArrayList<>();
    try (InProcessControlPlane server = new InProcessControlPlane()) {
      server.setClusters("1", EDS);
      for (int i = 0; i < 10; i++) {
        XdsClient client =
            XdsClient.builder()
                .node("n", "c")
                .server("unused")
                .channelFactory(
                    service -> {
                      ManagedChannel channel = server.channel();
                      channels.add(channel);
                      return channel;
                    })
                .build();
        client.start();
        try (Watch<Resource<Cluster>> watch =
            client.watch(CLUSTER, "a", WatchListener.accepting())) {
          watch.awaitReady(Duration.ofSeconds(20));
          // The tree waits for its endpoints, and its timers run, when the client is closed.
          var unused = client.cluster("a", WatchListener.accepting());
          CompletableFuture<Void> other = CompletableFuture.runAsync(client::close);
          client.close();
          other.join();
        }
      }
      assertThat(channels).hasSize(10).allMatch(ManagedChannel::isShutdown);
      await()
          .untilAsserted(
              () ->
                  assertThat(Thread.getAllStackTraces().keySet())
                      .extracting(Thread::getName)
                      .doesNotContain("xds", "xds-decode"));
    }
  }
}
