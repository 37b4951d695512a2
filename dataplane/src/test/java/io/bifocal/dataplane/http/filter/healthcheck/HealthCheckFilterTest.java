package io.bifocal.dataplane.http.filter.healthcheck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.http.filter.FilterBench;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.bifocal.dataplane.http.filter.ScriptedStream;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.envoyproxy.envoy.extensions.filters.http.health_check.v3.HealthCheck;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HealthCheckFilterTest {
  private static final String PATH = "headers: [{name: ':path', string_match: {exact: /hc}}]\n";
  private static final String HERE = "pass_through_mode: false\n" + PATH;
  private static final String CHECKED = "x-envoy-upstream-healthchecked-cluster";

  private final FilterBench bench = new FilterBench();
  private boolean failing;
  private final HealthCheckFactory factory =
      new HealthCheckFactory(bench.stats, "own", () -> failing);

  private HttpFilter.Maker check(String yaml) throws ConfigException {
    return bench.make(factory, FilterBench.any(HealthCheck.getDefaultInstance(), yaml));
  }

  private ScriptedStream ask(HttpFilter.Maker check, String path) {
    return bench.request("GET", path).through(check).begin(true);
  }

  private void members(int total, int healthy, int degraded) {
    Scope scope = bench.stats.root().tagged("cluster", "envoy.cluster_name", "up");
    scope.gauge("membership_total").set(total);
    scope.gauge("membership_healthy").set(healthy);
    scope.gauge("membership_degraded").set(degraded);
  }

  @Test
  void aCheckIsAnsweredHereAndOthersPass() throws ConfigException {
    ScriptedStream stream = ask(check(HERE), "/hc");
    assertThat(stream.status()).isEqualTo(200);
    assertThat(stream.headers().get(CHECKED)).isEqualTo("own");
    assertThat(stream.info().healthCheck).isTrue();
    assertThat(stream.info().responseCodeDetails).isEqualTo("health_check_ok");
    assertThat(ask(check(HERE), "/").reachedUpstream()).isTrue();
    assertThat(bench.count("http.p.health_check.ok")).isEqualTo(1);
  }

  @Test
  void anOperatorMayWantItToFail() throws ConfigException {
    failing = true;
    ScriptedStream stream = ask(check(HERE), "/hc");
    assertThat(stream.status()).isEqualTo(503);
    assertThat(stream.info().has(ResponseFlag.FAILED_LOCAL_HEALTH_CHECK)).isTrue();
    ScriptedStream other = ask(check(HERE), "/").answer(200, true);
    assertThat(other.headers().get("x-envoy-immediate-health-check-fail")).isEqualTo("true");
  }

  @Test
  void aBodyIsWaitedFor() throws ConfigException {
    ScriptedStream stream =
        bench.request("POST", "/hc").through(check(HERE)).begin(false).send("a", false);
    assertThat(stream.status()).isZero();
    stream.send("b", true);
    assertThat(stream.status()).isEqualTo(200);
  }

  @Test
  void soAreFieldsBehindIt() throws ConfigException {
    ScriptedStream stream =
        bench.request("POST", "/hc").through(check(HERE)).begin(false).send("a", false);
    assertThat(stream.status()).isZero();
    assertThat(stream.sendTrailer("t", "v").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "4, 2, 0, 50, 200, health_check_ok_cluster_healthy",
    "4, 1, 1, 50, 200, health_check_ok_cluster_healthy",
    "4, 1, 0, 50, 503, health_check_failed_cluster_unhealthy",
    "0, 0, 0, 50, 503, health_check_failed_cluster_empty",
    "0, 0, 0, 0, 200, health_check_ok_cluster_healthy"
  })
  void membersDecide(int total, int healthy, int degraded, int least, int status, String details)
      throws ConfigException {
    members(total, healthy, degraded);
    ScriptedStream stream =
        ask(check(HERE + "cluster_min_healthy_percentages: {up: {value: " + least + "}}"), "/hc");
    assertThat(stream.status()).isEqualTo(status);
    assertThat(stream.info().responseCodeDetails).isEqualTo(details);
  }

  @Test
  void aClusterThatIsNotThereFails() throws ConfigException {
    ScriptedStream stream =
        ask(check(HERE + "cluster_min_healthy_percentages: {nope: {value: 0}}"), "/hc");
    assertThat(stream.status()).isEqualTo(503);
    assertThat(stream.info().responseCodeDetails).isEqualTo("health_check_failed_no_cluster_found");
    assertThat(bench.count("http.p.health_check.failed_cluster_not_found")).isEqualTo(1);
  }

  @Test
  void theUpstreamsAnswerIsRemembered() throws ConfigException {
    HttpFilter.Maker check = check("pass_through_mode: true\ncache_time: 3s\n" + PATH);
    ScriptedStream first = ask(check, "/hc");
    assertThat(first.reachedUpstream()).isTrue();
    first.answer(503, true);
    assertThat(ask(check, "/hc").status()).isEqualTo(503);
    assertThat(bench.count("http.p.health_check.cached_response")).isEqualTo(1);
    bench.time.advance(Duration.ofSeconds(3));
    assertThat(ask(check, "/hc").reachedUpstream()).isTrue();
  }

  @Test
  void contradictionsAreRefusedInEnvoysWords() {
    assertThatThrownBy(() -> check("{pass_through_mode: false, cache_time: 1s}"))
        .hasMessage("cache_time_ms must not be set when path_through_mode is disabled");
    assertThatThrownBy(
            () ->
                check(
                    "{pass_through_mode: true, cluster_min_healthy_percentages: {a: {value: 1}}}"))
        .hasMessage(
            "cluster_min_healthy_percentages must not be set when path_through_mode is enabled");
  }
}
