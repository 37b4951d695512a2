package io.bifocal.xds;

import static io.bifocal.xds.Conversation.cluster;
import static io.bifocal.xds.ResourceType.CLUSTER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bifocal.xds.snapshot.ClusterSnapshot;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DiscoveryType;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.EdsClusterConfig;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;

/** Waiting on a main thread; over real loops, for there a thread can wait. */
class ReadyTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofMillis(300);

  @Test
  void readyIsTheFirstValue() throws Exception {
    try (InProcessControlPlane server = new InProcessControlPlane();
        XdsClient client = XdsClient.builder().channel(server.channel()).build();
        Watch<Resource<Cluster>> watch = client.watch(CLUSTER, "a", WatchListener.accepting())) {
      server.setClusters("1", cluster("a"));
      assertThat(watch.ready()).isNotDone();
      client.start();
      assertThat(watch.awaitReady(LONG).version()).isEqualTo("1");
      assertThat(watch.ready()).isCompleted();
      client.awaitReady(LONG);
      client.ready().join();
    }
  }

  @Test
  void whoWaitsInVainHearsWhatIsMissingAndWhy() {
    try (XdsClient client = XdsClient.builder().node("n", "c").server("127.0.0.1:1").build();
        Watch<Resource<Cluster>> watch = client.watch(CLUSTER, "a", WatchListener.accepting());
        Watch<?> other = client.listener("l", WatchListener.accepting())) {
      client.start();
      org.awaitility.Awaitility.await().until(() -> watch.error().isPresent());
      org.awaitility.Awaitility.await().until(() -> other.error().isPresent());
      NotReadyException one =
          catchThrowableOfType(NotReadyException.class, () -> watch.awaitReady(SHORT));
      assertThat(one.missing())
          .extracting(WatchError::kind)
          .containsExactly(WatchError.Kind.TRANSPORT);
      assertThat(one)
          .hasMessageContaining("CDS a is not ready after 300 ms")
          .hasMessageContaining("TRANSPORT CDS a: ")
          .hasMessageContaining("UNAVAILABLE")
          .hasMessageContaining("Connection refused");
      NotReadyException all =
          catchThrowableOfType(NotReadyException.class, () -> client.awaitReady(SHORT));
      assertThat(all.missing())
          .extracting(error -> error.type() + " " + error.resource())
          .containsExactlyInAnyOrder("CDS a", "LDS l");
    }
  }

  @Test
  void ofATreeEachMissingPartIsNamed() throws Exception {
    Cluster eds =
        cluster("a").toBuilder()
            .setType(DiscoveryType.EDS)
            .setEdsClusterConfig(EdsClusterConfig.newBuilder().setEdsConfig(Conversation.ADS))
            .build();
    try (InProcessControlPlane server = new InProcessControlPlane();
        XdsClient client = XdsClient.builder().channel(server.channel()).build();
        Watch<ClusterSnapshot> watch = client.cluster("a", WatchListener.accepting())) {
      server.setClusters("1", eds);
      client.start();
      server.take();
      server.take();
      NotReadyException why =
          catchThrowableOfType(NotReadyException.class, () -> watch.awaitReady(SHORT));
      assertThat(why).hasMessageContaining("\n  TIMEOUT EDS a: no answer yet");
    }
  }

  @Test
  void withoutAControlPlaneTheErrorSaysWhatToDo() {
    try (XdsClient client = XdsClient.builder().node("n", "c").build();
        Watch<Resource<Cluster>> watch = client.watch(CLUSTER, "a", WatchListener.accepting())) {
      client.start();
      assertThatThrownBy(() -> watch.awaitReady(SHORT))
          .isInstanceOf(NotReadyException.class)
          .hasMessageContaining("CONFIGURATION CDS a")
          .hasMessageContaining("dynamic_resources.ads_config");
    }
  }

  @Test
  void aWatchThatIsClosedIsCancelled() {
    try (XdsClient client = XdsClient.builder().node("n", "c").build()) {
      Watch<Resource<Cluster>> watch = client.watch(CLUSTER, "a", WatchListener.accepting());
      watch.close();
      assertThatThrownBy(() -> watch.awaitReady(LONG)).isInstanceOf(CancellationException.class);
    }
  }

  @Test
  void theLoopMustNotWaitForItself() {
    Conversation talk = Conversation.stateOfTheWorld().start();
    Watch<Resource<Cluster>> watch = talk.client.watch(CLUSTER, "a", WatchListener.accepting());
    assertThatThrownBy(() -> watch.awaitReady(SHORT)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> talk.client.awaitReady(SHORT))
        .isInstanceOf(IllegalStateException.class);
  }
}
