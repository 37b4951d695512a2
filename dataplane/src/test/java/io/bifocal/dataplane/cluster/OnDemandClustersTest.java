package io.bifocal.dataplane.cluster;

import static io.bifocal.dataplane.cluster.ClusterFixture.ADS;
import static io.bifocal.dataplane.cluster.ClusterFixture.assignment;
import static io.bifocal.dataplane.cluster.ClusterFixture.eds;
import static io.bifocal.dataplane.cluster.ClusterFixture.inline;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.bifocal.dataplane.ondemand.Wait;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Clusters that requests ask for. */
class OnDemandClustersTest {
  private final ClusterFixture f = new ClusterFixture();
  private final List<String> answered = new ArrayList<>();

  private Wait ask(String cluster) {
    Wait wait =
        Wait.begin(
            f.manager.onDemand().question(ADS, cluster, Duration.ofSeconds(5)),
            f.time,
            f.time,
            () -> answered.add(cluster + (f.find(cluster) == null ? " missing" : " found")));
    f.time.run();
    return wait;
  }

  private void found(Cluster... clusters) {
    List<Resource<Cluster>> resources = new ArrayList<>();
    for (Cluster cluster : clusters) {
      resources.add(new Resource<>(cluster.getName(), "1", cluster));
    }
    f.xds.respondDelta(ResourceType.CLUSTER, "d", resources, List.of());
    f.time.run();
  }

  private void gone(String... clusters) {
    f.xds.respondDelta(ResourceType.CLUSTER, "d", List.of(), List.of(clusters));
    f.time.run();
  }

  @Test
  void theSameQuestionIsEqualSoThatNobodyAsksForEver() {
    OnDemandClusters clusters = f.manager.onDemand();
    Duration second = Duration.ofSeconds(1);
    assertThat(clusters.question(ClusterFixture.ADS, "a", second))
        .isEqualTo(clusters.question(ClusterFixture.ADS, "a", second))
        .isNotEqualTo(clusters.question(ClusterFixture.ADS, "b", second));
  }

  @Test
  void aClusterIsThereWhenItsRequestGoesOn() {
    f.running();
    ask("a");
    ask("a");
    assertThat(f.xds.newRequests()).containsExactly("CDS[a] v1");

    found(inline("a", "10.0.0.1"));

    assertThat(answered).containsExactly("a found", "a found");
    assertThat(f.host("a")).isEqualTo("10.0.0.1:80");
  }

  @Test
  void itIsAwaitedUntilItIsWarm() {
    f.running();
    ask("e");
    found(eds("e"));
    assertThat(answered).isEmpty();
    f.eds("1", assignment("e", "10.0.0.2"));
    assertThat(answered).containsExactly("e found");
  }

  @Test
  void oneThatDoesNotExistIsAwaitedNoLonger() {
    f.running();
    ask("a");
    gone("a");
    assertThat(answered).containsExactly("a missing");
    ask("a");
    assertThat(answered).as("it would be told if it came").hasSize(2);
    found(inline("a", "10.0.0.1"));
    ask("a");
    assertThat(answered).last().isEqualTo("a found");
  }

  @Test
  void oneThatIsRefusedIsAwaitedNoLonger() {
    f.running();
    ask("b");
    f.xds.newRequests();
    found(inline("b", "not.an.ip"));
    assertThat(answered).containsExactly("b missing");
    assertThat(f.xds.newRequests().get(0)).contains("error: Error adding/updating cluster(s) b: ");
  }

  @Test
  void aSourceThatIsNotServedIsCountedForEachNameAndToldOnce() {
    f.running();
    f.xds.serveOnly(source -> false);
    Logger logger = (Logger) LoggerFactory.getLogger(OnDemandClusters.class);
    ListAppender<ILoggingEvent> told = new ListAppender<>();
    told.start();
    logger.addAppender(told);
    try {
      ask("a");
      ask("b");
      ask("c");
    } finally {
      logger.detachAppender(told);
    }
    assertThat(answered).containsExactly("a missing", "b missing", "c missing");
    assertThat(f.stat("cluster_manager.odcds.source_refused")).isEqualTo(3);
    assertThat(told.list).hasSize(1);
  }

  @Test
  void updatesAndRemovalsAreObeyed() {
    f.running();
    ask("a");
    found(inline("a", "10.0.0.1"));
    found(inline("a", "10.0.0.9"));
    assertThat(f.host("a")).isEqualTo("10.0.0.9:80");
    gone("a");
    assertThat(f.find("a")).isNull();
  }

  @Test
  void aClusterThatIsThereAlreadyIsNotAskedFor() {
    f.running(inline("a", "10.0.0.1"));
    ask("a");
    assertThat(answered).containsExactly("a found");
    assertThat(f.xds.newRequests()).isEmpty();
  }

  @Test
  void whoeverGivesUpIsForgotten() {
    f.running();
    ask("a").cancel();
    f.time.run();
    found(inline("a", "10.0.0.1"));
    assertThat(answered).isEmpty();
    assertThat(f.host("a")).as("late is better than never").isEqualTo("10.0.0.1:80");
  }

  @Test
  void theEndLetsEverybodyGoOn() {
    f.running();
    ask("a");
    f.manager.close();
    f.time.run();
    assertThat(answered).containsExactly("a missing");
    assertThat(f.xds.open(ResourceType.CLUSTER)).isZero();
  }
}
