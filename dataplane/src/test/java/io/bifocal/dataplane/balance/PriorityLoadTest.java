package io.bifocal.dataplane.balance;

import static io.bifocal.dataplane.balance.Hosts.host;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.balance.PriorityLoad.Kind;
import io.bifocal.dataplane.balance.PriorityLoad.Share;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PriorityLoadTest {
  /**
   * The tables of Envoy's documentation: a priority is written as healthy/degraded/all hosts, of
   * ten or a hundred; a share as priority, kind and percent.
   */
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({
    // Priority levels: P0 alone, then P1 takes what P0 cannot carry.
    "10/0/10 10/0/10, 0H100",
    "72/0/100 100/0/100, 0H100",
    "71/0/100 100/0/100, 0H99 1H1",
    "50/0/100 100/0/100, 0H70 1H30",
    "25/0/100 100/0/100, 0H35 1H65",
    "0/0/100 100/0/100, 1H100",
    "25/0/100 25/0/100, 0P50 1P50",
    // Three levels.
    "100/0/100 100/0/100 100/0/100, 0H100",
    "70/0/100 70/0/100 100/0/100, 0H98 1H2",
    "20/0/100 20/0/100 100/0/100, 0H28 1H28 2H44",
    "0/0/100 0/0/100 20/0/100, 0P34 1P33 2P33",
    // Degraded hosts serve what healthy ones cannot.
    "25/75/100, 0H35 0D65",
    "0/10/10, 0D100",
    // Panic is never declared while all levels together can carry the load.
    "10/0/100 100/0/100, 0H14 1H86",
    // One level in panic, the other not.
    "20/0/100 40/0/100, 0P50 1P50",
    "60/0/100 0/0/100, 0H100",
    // Nobody is there.
    "0/0/0, ''",
    "0/0/0 10/0/10, 1H100",
  })
  void spreadsTheLoadAsEnvoyDocuments(String levels, String shares) {
    assertThat(describe(PriorityLoad.of(set(levels), 50))).isEqualTo(shares);
  }

  @Test
  void inPanicEveryHostIsUsed() {
    List<Share> shares = PriorityLoad.of(set("1/0/10"), 50).shares();
    assertThat(shares).hasSize(1);
    assertThat(shares.get(0).kind()).isEqualTo(Kind.PANIC);
    assertThat(shares.get(0).hosts()).hasSize(10);
  }

  @Test
  void aThresholdOfZeroMeansNoPanic() {
    assertThat(describe(PriorityLoad.of(set("1/0/10"), 0))).isEqualTo("0H100");
    assertThat(describe(PriorityLoad.of(set("0/0/10"), 0))).isEmpty();
  }

  @Test
  void aRandomNumberFallsIntoSharesInProportion() {
    PriorityLoad load = PriorityLoad.of(set("50/0/100 100/0/100"), 50);
    int[] picked = new int[2];
    for (long i = 0; i < 100; i++) {
      long point = i;
      picked[load.pick(point)]++;
    }
    assertThat(picked).containsExactly(70, 30);
  }

  private static HostSet set(String levels) {
    List<List<Host>> priorities = new ArrayList<>();
    for (String level : levels.split(" ")) {
      int[] counts = Arrays.stream(level.split("/")).mapToInt(Integer::parseInt).toArray();
      List<Host> hosts = new ArrayList<>();
      for (int i = 0; i < counts[2]; i++) {
        hosts.add(
            host(
                "h" + i,
                i < counts[0]
                    ? HealthStatus.HEALTHY
                    : i < counts[0] + counts[1] ? HealthStatus.DEGRADED : HealthStatus.UNHEALTHY));
      }
      priorities.add(hosts);
    }
    return new HostSet(priorities, 140);
  }

  private static String describe(PriorityLoad load) {
    return load.shares().stream()
        .map(s -> "" + s.priority() + s.kind().name().charAt(0) + s.percent())
        .collect(Collectors.joining(" "));
  }
}
