package io.bifocal.conformance.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Backend;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.Ports;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Sides;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Which hosts requests reach, through Envoy and through Bifocal: by subset, by locality, by zone,
 * and when tries before are to be left out; and what is counted of that.
 */
class HostsBesideEnvoyTest {
  private static final int REQUESTS = 24;

  private static final Pattern ATTEMPTS = Pattern.compile("x-envoy-attempt-count: (\\d+)");

  // How often subsets and zones are worked out differs: Envoy does it for every thread anew.
  private static final String COUNTED =
      "lb_subsets_(selected|fallback|fallback_panic|single_host.*)|lb_healthy_panic|lb_zone_[nr].*"
          + "|lb_local_cluster_not_ok|plain.total_match_count|original_dst_host_invalid|zone\\..*upstream_rq_(\\d.*|completed)";

  /** One proxy. */
  private record Side(Proxy proxy, InetSocketAddress ingress) {
    /** Whom a number of requests reach: status, host and attempts; and what is counted. */
    List<Object> observe(String path, String cluster) {
      TreeSet<String> reached = new TreeSet<>();
      TreeSet<String> reachedAgain = new TreeSet<>();
      for (int i = 0; i < REQUESTS; i++) {
        Http.Response response = Http.request(ingress, "GET", "/" + path + "/", headers(i), "");
        Matcher attempts = ATTEMPTS.matcher(response.head());
        String tries = attempts.find() ? attempts.group(1) : "";
        (tries.isEmpty() || tries.equals("1") ? reached : reachedAgain)
            .add(response.status() + " " + response.body() + " " + tries);
      }
      // Where a round begins is left to chance, and with it whom first tries reach.
      if (!reachedAgain.isEmpty()) {
        reached = reachedAgain;
      }
      TreeMap<String, String> counted = new TreeMap<>();
      String prefix = "cluster." + cluster + ".";
      proxy
          .stats()
          .forEach(
              (name, value) -> {
                if (name.startsWith(prefix)
                    && !value.equals("0")
                    && name.substring(prefix.length()).matches(COUNTED)) {
                  counted.put(name.substring(prefix.length()), value);
                }
              });
      return List.of(reached, counted);
    }
  }

  private static Map<String, String> headers(int number) {
    String address = "127.0.0.1:" + PORTS.get("abcd".substring(number % 4, number % 4 + 1));
    return Map.of("x-key", "k" + number, "x-envoy-original-dst-host", address, "x-to", address);
  }

  private static final Map<String, Integer> PORTS = new HashMap<>();

  static Stream<HostScene.Case> cases() {
    return HostScene.cases().stream();
  }

  @RegisterExtension
  static final Sides<Side> SIDES =
      new Sides<>(
          (subject, started) -> {
            if (PORTS.isEmpty()) {
              for (String name : List.of("a", "b", "c", "d")) {
                Backend backend = started.keep(Backend.start("127.0.0.1", name));
                PORTS.put(name, backend.address().getPort());
              }
              PORTS.put("x", Ports.free());
            }
            Proxy proxy =
                started
                    .start(subject, List.of(), HostScene.bootstrap(PORTS), List.of())
                    .awaitLive();
            return new Side(proxy, proxy.listener("ingress"));
          });

  @AfterAll
  static void forget() {
    PORTS.clear();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void hostsAreChosenAlike(HostScene.Case c) {
    SIDES.same(side -> side.observe(c.name(), c.name()));
  }

  @Test
  void whatIsSaidOfAWeightedClusterCountsBeforeItsRoute() {
    Object seen = SIDES.same(side -> side.observe("weighted", "two-keys").get(0));
    assertThat(seen).hasToString("[200 b 1]");
  }
}
