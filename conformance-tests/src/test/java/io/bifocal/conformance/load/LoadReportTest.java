package io.bifocal.conformance.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import com.google.protobuf.util.Durations;
import io.bifocal.conformance.Backend;
import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.Loopback;
import io.bifocal.conformance.Ports;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterStats;
import io.envoyproxy.envoy.config.endpoint.v3.UpstreamLocalityStats;
import io.envoyproxy.envoy.service.load_stats.v3.LoadStatsRequest;
import io.envoyproxy.envoy.service.load_stats.v3.LoadStatsResponse;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Both subjects serve the same requests; their reports are summed up and compared. Normalised: how
 * the requests fall into intervals, and how long these were, since only the sum is determined; and
 * the cluster of the load server, whose own stream is a request in Envoy's books and none in ours.
 */
class LoadReportTest {
  private static final int GOOD = 5;
  private static final int BAD = 3;

  @RegisterExtension final Stage stage = new Stage();

  private static String bootstrap(
      int lrs, String options, InetSocketAddress good, InetSocketAddress bad) {
    return """
        node: {id: test-id, cluster: test-cluster}
        cluster_manager:
          load_stats_config:
            api_type: GRPC
            transport_api_version: V3
            grpc_services: [{envoy_grpc: {cluster_name: lrs}}]
        """
        + Bootstraps.race("1s", options, good, List.of(bad))
        + Bootstraps.http2Cluster("lrs", lrs);
  }

  private static LoadStatsResponse.Builder everySecond() {
    return LoadStatsResponse.newBuilder().setLoadReportingInterval(Durations.fromMillis(300));
  }

  /** What all reports together say, once two have had nothing to say. */
  private static List<String> sum(LoadServer server) throws InterruptedException {
    Map<String, long[]> sums = new TreeMap<>();
    int silent = 0;
    while (sums.isEmpty() || silent < 2) {
      silent++;
      for (ClusterStats stats : server.next().getClusterStatsList()) {
        for (UpstreamLocalityStats l : stats.getUpstreamLocalityStatsList()) {
          if (stats.getClusterName().equals("lrs")) {
            continue;
          }
          silent = 0;
          String where = stats.getClusterName() + " at priority " + l.getPriority();
          long[] line = sums.computeIfAbsent(where, w -> new long[3]);
          line[0] += l.getTotalSuccessfulRequests();
          line[1] += l.getTotalErrorRequests();
          line[2] += l.getTotalIssuedRequests();
        }
      }
    }
    List<String> lines = new ArrayList<>();
    sums.forEach(
        (where, n) ->
            lines.add("%s: %d good, %d bad, %d issued".formatted(where, n[0], n[1], n[2])));
    return lines;
  }

  private List<String> report(Subject subject, LoadStatsResponse instruction) throws Exception {
    LoadServer server = stage.keep(new LoadServer(instruction));
    Backend good = stage.keep(Backend.start("127.0.0.1", "good"));
    InetSocketAddress closed = Loopback.v4(Ports.free());
    Proxy proxy = stage.start(subject, bootstrap(server.port(), "", good.address(), closed));
    proxy.awaitLive();
    LoadStatsRequest first = server.next();
    assertThat(first.getNode().getId()).isEqualTo("test-id");
    assertThat(first.getNode().getClientFeaturesList())
        .containsExactly("envoy.lrs.supports_send_all_clusters");
    assertThat(first.getClusterStatsList()).isEmpty();
    proxy.awaitStat("load_reporter.requests", 1);
    InetSocketAddress ingress = proxy.listener("ingress");
    for (int i = 0; i < GOOD; i++) {
      assertThat(Http.get(ingress, "/warm").status()).isEqualTo(200);
    }
    for (int i = 0; i < BAD; i++) {
      assertThat(Http.get(ingress, "/").status()).isEqualTo(503);
    }
    return sum(server);
  }

  @Execution(CONCURRENT)
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void bothReportTheSame(boolean all) throws Exception {
    LoadStatsResponse instruction =
        all
            ? everySecond().setSendAllClusters(true).build()
            : everySecond().addClusters("warm").addClusters("nosuch").build();
    Map<Subject, List<String>> reports = new EnumMap<>(Subject.class);
    for (Subject subject : Subject.values()) {
      reports.put(subject, report(subject, instruction));
    }
    assertThat(reports.get(Subject.BIFOCAL))
        .isEqualTo(reports.get(Subject.ENVOY))
        .contains("warm at priority 0: 5 good, 0 bad, 5 issued");
  }

  /** What all reports together say of requests that no host got, once two are silent. */
  private static List<String> sumOfDropped(LoadServer server) throws InterruptedException {
    Map<String, Long> sums = new TreeMap<>();
    int silent = 0;
    while (sums.isEmpty() || silent < 2) {
      silent++;
      for (ClusterStats stats : server.next().getClusterStatsList()) {
        String cluster = stats.getClusterName();
        if (stats.getTotalDroppedRequests() > 0) {
          silent = 0;
          sums.merge(cluster, stats.getTotalDroppedRequests(), Long::sum);
        }
        for (ClusterStats.DroppedRequests dropped : stats.getDroppedRequestsList()) {
          sums.merge(cluster + " " + dropped.getCategory(), dropped.getDroppedCount(), Long::sum);
        }
      }
    }
    return sums.entrySet().stream().map(e -> e.getKey() + ": " + e.getValue()).toList();
  }

  private List<String> dropped(Subject subject) throws Exception {
    LoadServer server = stage.keep(new LoadServer(everySecond().setSendAllClusters(true).build()));
    Backend good = stage.keep(Backend.start("127.0.0.1", "good"));
    String options = "circuit_breakers: {thresholds: [{max_requests: 0}]}";
    Proxy proxy =
        stage.start(
            subject,
            bootstrap(server.port(), options, good.address(), good.address())
                .replace(
                    "{cluster_name: warm,",
                    "{cluster_name: warm, policy: {drop_overloads: [{category: surge,"
                        + " drop_percentage: {numerator: 100}}]},"));
    proxy.awaitLive();
    proxy.awaitStat("load_reporter.responses", 1);
    InetSocketAddress ingress = proxy.listener("ingress");
    for (int i = 0; i < 4; i++) {
      assertThat(Http.get(ingress, "/warm").body()).isEqualTo("unconditional drop overload");
    }
    assertThat(Http.get(ingress, "/").body()).contains("overflow");
    return sumOfDropped(server);
  }

  @Execution(CONCURRENT)
  @Test
  void bothTellOfRequestsThatNoHostGot() throws Exception {
    assertThat(dropped(Subject.BIFOCAL)).containsExactly("raced: 1", "warm: 4", "warm surge: 4");
    assertThat(dropped(Subject.ENVOY)) // which was seen to tell of the first one only
        .anyMatch(line -> line.startsWith("warm: "))
        .anyMatch(line -> line.startsWith("warm surge: "));
  }

  @Execution(CONCURRENT)
  @Test
  void aStreamThatEndsIsOpenedAgain() throws Exception {
    for (Subject subject : Subject.values()) {
      LoadServer server =
          stage.keep(new LoadServer(everySecond().setSendAllClusters(true).build()));
      Backend good = stage.keep(Backend.start("127.0.0.1", "good"));
      Proxy proxy =
          stage.start(
              subject, bootstrap(server.port(), "", good.address(), Loopback.v4(Ports.free())));
      proxy.awaitStat("load_reporter.responses", 2);
      server.endStream();
      proxy.awaitStat("load_reporter.requests", 2);
      assertThat(proxy.stat("load_reporter.errors")).as("an end that is no error").isZero();
      server.breakStream();
      proxy.awaitStat("load_reporter.errors", 1);
      proxy.awaitStat("load_reporter.requests", 3);
    }
  }
}
