package io.bifocal.xds.internal.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import io.bifocal.xds.LoadObserver;
import io.bifocal.xds.LoadSource;
import io.bifocal.xds.internal.bootstrap.Servers;
import io.bifocal.xds.internal.bootstrap.StreamSettings;
import io.bifocal.xds.internal.stream.ScriptedTransport;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterStats;
import io.envoyproxy.envoy.service.load_stats.v3.LoadStatsRequest;
import io.envoyproxy.envoy.service.load_stats.v3.LoadStatsResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What a server of load reports is told, and when. */
class LoadReporterTest {
  private final VirtualTime time = new VirtualTime();
  private final ScriptedTransport server = new ScriptedTransport(time);
  private final Counts counts = new Counts();
  private final List<String> observed = new ArrayList<>();
  private final LoadReporter reporter =
      LoadReporter.of(
          StreamSettings.ofAds(
              ApiConfigSource.newBuilder()
                  .setApiType(ApiConfigSource.ApiType.GRPC)
                  .addGrpcServices(
                      GrpcService.newBuilder()
                          .setEnvoyGrpc(GrpcService.EnvoyGrpc.newBuilder().setClusterName("lrs")))
                  .build(),
              Servers.ANY),
          Node.newBuilder().setId("n").build(),
          server,
          counts,
          new LoadObserver() {
            @Override
            public void onReport() {
              observed.add("report");
            }

            @Override
            public void onInstruction() {
              observed.add("instruction");
            }

            @Override
            public void onFailure() {
              observed.add("failure");
            }
          },
          time,
          () -> 0.5);

  /** Clusters a and b exist; every collection is told apart by its number. */
  private static final class Counts implements LoadSource {
    final Set<String> existing = new TreeSet<>(List.of("a", "b"));
    final List<String> calls = new ArrayList<>();
    int collections;

    @Override
    public Collection<String> clusters() {
      return existing;
    }

    @Override
    public void begin(String cluster) {
      calls.add("begin " + cluster);
    }

    @Override
    public void end(String cluster) {
      calls.add("end " + cluster);
    }

    @Override
    public Optional<ClusterStats> collect(String cluster, boolean byEndpoint) {
      if (!existing.contains(cluster)) {
        return Optional.empty();
      }
      collections++;
      return Optional.of(
          ClusterStats.newBuilder()
              .setClusterName(cluster + (byEndpoint ? " by endpoint" : ""))
              .setTotalDroppedRequests(collections)
              .build());
    }
  }

  private static LoadStatsResponse ask(long seconds, String... clusters) {
    return LoadStatsResponse.newBuilder()
        .addAllClusters(List.of(clusters))
        .setLoadReportingInterval(Durations.fromSeconds(seconds))
        .build();
  }

  private void start() {
    reporter.start();
    time.run();
  }

  private void say(LoadStatsResponse response) {
    server.respond(response);
    time.run();
  }

  /** Each report as "cluster#collection interval", e.g. "a#1 5s". */
  private List<String> heard() {
    List<String> lines = new ArrayList<>();
    for (var message : server.takeSent()) {
      LoadStatsRequest report = (LoadStatsRequest) message;
      assertThat(report.getNode().getId()).isEqualTo("n");
      assertThat(report.getNode().getClientFeaturesList())
          .containsExactly("envoy.lrs.supports_send_all_clusters");
      lines.add(
          report.getClusterStatsList().stream()
              .map(
                  s ->
                      s.getClusterName()
                          + "#"
                          + s.getTotalDroppedRequests()
                          + " "
                          + Durations.toString(s.getLoadReportInterval()))
              .toList()
              .toString());
    }
    return lines;
  }

  @Test
  void aStreamBeginsWithAnEmptyReportAndThenIsSilent() {
    start();
    assertThat(server.opened())
        .containsExactly("envoy.service.load_stats.v3.LoadReportingService/StreamLoadStats");
    assertThat(heard()).containsExactly("[]");
    time.advance(Duration.ofHours(1));
    assertThat(heard()).isEmpty();
  }

  @Test
  void whatIsAskedForIsReportedAtEachInterval() {
    start();
    say(ask(5, "a"));
    assertThat(counts.calls).containsExactly("begin a");
    server.takeSent();
    time.advance(Duration.ofSeconds(5));
    assertThat(heard()).containsExactly("[a#1 5s]");
    time.advance(Duration.ofSeconds(10));
    assertThat(heard()).containsExactly("[a#2 5s]", "[a#3 5s]");
    assertThat(observed).containsExactly("report", "instruction", "report", "report", "report");
  }

  @Test
  void aNewInstructionKeepsCountingWhatIsCounted() {
    start();
    say(ask(5, "a"));
    time.advance(Duration.ofSeconds(3));
    say(ask(10, "a", "b"));
    assertThat(counts.calls).containsExactly("begin a", "begin b");
    server.takeSent();
    time.advance(Duration.ofSeconds(10));
    assertThat(heard()).containsExactly("[a#1 13s, b#2 10s]");
    say(ask(10, "b"));
    assertThat(counts.calls).endsWith("end a");
  }

  @Test
  void allClustersMeansThoseOfTheMoment() {
    start();
    say(ask(1).toBuilder().setSendAllClusters(true).setReportEndpointGranularity(true).build());
    counts.existing.add("c");
    server.takeSent();
    time.advance(Duration.ofSeconds(1));
    assertThat(heard()).containsExactly("[a by endpoint#1 1s, b by endpoint#2 1s]");
    time.advance(Duration.ofSeconds(1));
    assertThat(heard())
        .containsExactly("[a by endpoint#3 1s, b by endpoint#4 1s, c by endpoint#5 1s]");
  }

  @Test
  void aClusterThatIsNotThereIsLeftOut() {
    start();
    say(ask(1, "a", "nosuch"));
    server.takeSent();
    time.advance(Duration.ofSeconds(1));
    assertThat(heard()).containsExactly("[a#1 1s]");
  }

  @Test
  void nothingIsLostWhileTheServerIsAway() {
    start();
    say(ask(5, "a"));
    server.takeSent();
    server.hangUp("gone");
    time.run();
    assertThat(observed).endsWith("failure");
    time.advance(Duration.ofSeconds(1)); // back-off of 0.25 s
    assertThat(heard()).containsExactly("[a#1 0.250s]");
  }

  @Test
  void aServerThatDoesNotReadGetsTheLongerTimeLater() {
    start();
    say(ask(5, "a"));
    server.takeSent();
    server.writable(false);
    time.advance(Duration.ofSeconds(12));
    assertThat(heard()).isEmpty();
    server.writable(true);
    time.run();
    assertThat(heard()).containsExactly("[a#1 12s]");
  }

  @Test
  void noServerIsFlooded() {
    start();
    say(ask(0, "a"));
    server.takeSent();
    time.advance(Duration.ofSeconds(1));
    assertThat(heard()).hasSize(10);
    say(
        LoadStatsResponse.newBuilder()
            .addClusters("a")
            .setLoadReportingInterval(Durations.MAX_VALUE)
            .build());
    time.advance(Duration.ofDays(30));
    assertThat(heard()).isEmpty();
  }

  @Test
  void aClosedReporterLeavesNothing() {
    start();
    say(ask(5, "a"));
    reporter.close();
    reporter.close();
    assertThat(server.isOpen()).isFalse();
    assertThat(time.pendingTimers()).isZero();
    assertThat(counts.calls).containsExactly("begin a", "end a");
  }
}
