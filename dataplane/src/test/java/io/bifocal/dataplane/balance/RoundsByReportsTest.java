package io.bifocal.dataplane.balance;

import static io.bifocal.dataplane.balance.Hosts.host;
import static io.bifocal.dataplane.balance.Hosts.set;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.xds.data.orca.v3.OrcaLoadReport;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import io.bifocal.dataplane.host.Locality;
import io.bifocal.dataplane.runtime.RuntimeReader;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoundsByReportsTest {
  private static final Policy.ByReports POLICY =
      new Policy.ByReports(
          Duration.ofSeconds(10), Duration.ofSeconds(60), Duration.ofSeconds(1), 0, List.of());

  private final Host a = host("a");
  private final Host b = host("b");
  private final Host c = host("c");
  private final HostSet all = set(a, b, c);
  private long millis = 1_000_000;
  private final LoadBalancer balancer = balancer(LocalitySpread.ZoneAware.DEFAULT);

  private LoadBalancer balancer(LocalitySpread localities) {
    return LoadBalancer.of(
        POLICY,
        new Surroundings(
            Panic.DEFAULT,
            localities,
            RuntimeReader.NONE,
            null,
            () -> 0,
            this::now,
            LbStats.NONE,
            shape -> {}));
  }

  private long now() {
    return millis * 1_000_000;
  }

  private static OrcaLoadReport report(double rate, double utilization) {
    return OrcaLoadReport.newBuilder()
        .setRpsFractional(rate)
        .setApplicationUtilization(utilization)
        .build();
  }

  private void reports(Host host, double utilization) {
    POLICY.take(report(100, utilization), host.state(), now());
  }

  private static Map<String, Integer> served(LoadBalancer by, HostSet hosts, int requests) {
    Map<String, Integer> counts = new TreeMap<>();
    for (int i = 0; i < requests; i++) {
      counts.merge(Objects.requireNonNull(by.choose(hosts)).hostname(), 1, Integer::sum);
    }
    return counts;
  }

  private int ofB(int requests) {
    return served(balancer, all, requests).getOrDefault("b", 0);
  }

  private void everybodyReportsFor(int seconds) {
    for (int i = 0; i < seconds; i++) {
      reports(a, 0.2);
      reports(b, 0.8);
      reports(c, 0.4);
      millis += 1_000;
    }
  }

  @Test
  void allAreAlikeUntilTheyReport() {
    assertThat(served(balancer, all, 30)).isEqualTo(Map.of("a", 10, "b", 10, "c", 10));
  }

  @Test
  void whoHasRoomForMoreGetsMore() {
    everybodyReportsFor(10);
    assertThat(served(balancer, all, 70)).isEqualTo(Map.of("a", 40, "b", 10, "c", 20));
  }

  @Test
  void aReportCountsAfterSomeTime() {
    everybodyReportsFor(9);
    assertThat(ofB(30)).isEqualTo(10);
    everybodyReportsFor(1);
    assertThat(ofB(700)).isBetween(98, 102);
  }

  @Test
  void weightsAreWorkedOutFromTimeToTime() {
    everybodyReportsFor(10);
    assertThat(ofB(70)).isEqualTo(10);
    reports(b, 0.2);
    assertThat(ofB(70)).isEqualTo(10);
    millis += 1_000;
    assertThat(ofB(1_000)).isBetween(398, 402);
  }

  @Test
  void whoDoesNotReportHasTheMedian() {
    for (int i = 0; i < 10; i++) {
      reports(a, 0.2);
      reports(b, 0.4);
      millis += 1_000;
    }
    // 500, 250, and what lies in the middle.
    assertThat(served(balancer, all, 900)).isEqualTo(Map.of("a", 400, "b", 200, "c", 300));
  }

  @Test
  void whatIsOldCountsNoLongerAndMustProveItselfAnew() {
    everybodyReportsFor(10);
    for (int i = 0; i < 61; i++) {
      reports(a, 0.2);
      reports(c, 0.4);
      millis += 1_000;
    }
    assertThat(ofB(900)).as("the median").isBetween(298, 302);
    everybodyReportsFor(9);
    assertThat(ofB(900)).as("not yet").isBetween(298, 302);
    everybodyReportsFor(1);
    assertThat(ofB(700)).isBetween(98, 102);
  }

  @Test
  void aChangeOfHostsTakesTheirReportsAlong() {
    everybodyReportsFor(10);
    assertThat(ofB(70)).isEqualTo(10);
    assertThat(served(balancer, set(a, b), 100).get("b")).isBetween(19, 21);
  }

  @Test
  void localitiesHaveTheirWeightsAndTheirHostsWhatTheyReport() {
    everybodyReportsFor(10);
    Locality near = new Locality("r", "near", "");
    Locality far = new Locality("r", "far", "");
    HostSet spread =
        new HostSet(
            List.of(List.of(Hosts.at(a, near), Hosts.at(b, near), Hosts.at(c, far))),
            140,
            false,
            List.of(Map.of(near, 1, far, 3)));
    assertThat(served(balancer(new LocalitySpread.Weighted()), spread, 100))
        .isEqualTo(Map.of("a", 20, "b", 5, "c", 75));
  }

  @ParameterizedTest
  @CsvSource({
    "100, 0.5, 0, 0, 200",
    "100, 0, 0.25, 0, 400",
    "100, 0.5, 0.9, 0, 200",
    "100, 0.5, 0, 50, 100",
    "100, 0, 0, 50, 200",
    "0, 0.5, 0, 0, 0",
    "-1, 0.5, 0, 0, 0",
    "100, 0, 0, 0, 0",
    "NaN, 0.5, 0, 0, 0",
    "0.25, 0.5, 0, 0, 0.5"
  })
  void aWeightIsTheRateAtFullUse(
      double rate, double application, double processors, double errors, double weight) {
    Policy.ByReports policy =
        new Policy.ByReports(Duration.ZERO, Duration.ZERO, Duration.ZERO, 1, List.of());
    OrcaLoadReport report =
        report(rate, application).toBuilder().setCpuUtilization(processors).setEps(errors).build();
    assertThat(policy.weight(report)).isEqualTo(weight);
  }

  @ParameterizedTest
  @CsvSource({
    "named_metrics.foo, 0.3",
    "utilization.disk, 0.7",
    "request_cost.bytes, 0.9",
    "mem_utilization, 0.6",
    "named_metrics.bar, 0.5",
    "foo, 0.5",
    "bar.foo, 0.5"
  })
  void aMetricMayTellOfUtilization(String name, double utilization) {
    OrcaLoadReport report =
        report(1, 0.5).toBuilder()
            .setMemUtilization(0.6)
            .putNamedMetrics("foo", 0.3)
            .putUtilization("disk", 0.7)
            .putRequestCost("bytes", 0.9)
            .build();
    assertThat(Utilization.of(report, List.of(name))).isEqualTo(utilization);
    assertThat(Utilization.of(report, List.of(name, "request_cost.bytes")))
        .as("the most of them")
        .isEqualTo(0.9);
  }
}
