package io.bifocal.dataplane.http.filter.fault;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.http.filter.FilterBench;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.bifocal.dataplane.http.filter.ScriptedStream;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FaultFilterTest {
  private static final String DELAY = "delay: {fixed_delay: 2s, percentage: {numerator: 100}}\n";
  private static final String ABORT = "abort: {http_status: 503, percentage: {numerator: 100}}\n";
  private static final String BY_HEADER =
      """
      delay: {header_delay: {}, percentage: {numerator: 100}}
      abort: {header_abort: {}, percentage: {numerator: 100}}
      response_rate_limit: {header_limit: {}, percentage: {numerator: 100}}
      """;

  private final FilterBench bench = new FilterBench();
  private final FaultFactory factory = new FaultFactory(bench.runtime);

  private HttpFilter.Maker fault(String yaml) throws ConfigException {
    return bench.make(factory, FilterBench.any(HTTPFault.getDefaultInstance(), yaml));
  }

  private ScriptedStream ask(String yaml, String... headers) throws ConfigException {
    return bench.request("GET", "/", headers).through(fault(yaml)).begin(true);
  }

  private void pass(Duration time) {
    bench.time.advance(time);
  }

  @Test
  void aRequestWaitsAndGoesOn() throws ConfigException {
    ScriptedStream stream = ask(DELAY);
    pass(Duration.ofMillis(1999));
    assertThat(stream.reachedUpstream()).isFalse();
    assertThat(bench.count("http.p.fault.active_faults")).isEqualTo(1);
    pass(Duration.ofMillis(1));
    assertThat(stream.reachedUpstream()).isTrue();
    assertThat(stream.info().has(ResponseFlag.DELAY_INJECTED)).isTrue();
    stream.close();
    assertThat(bench.count("http.p.fault.active_faults")).isZero();
    assertThat(bench.count("http.p.fault.delays_injected")).isEqualTo(1);
  }

  @Test
  void itIsAnsweredWithAnError() throws ConfigException {
    ScriptedStream stream = ask(ABORT + "filter_metadata: {a: b}");
    assertThat(stream.status()).isEqualTo(503);
    assertThat(stream.body()).isEqualTo("fault filter abort");
    assertThat(stream.info().has(ResponseFlag.FAULT_INJECTED)).isTrue();
    assertThat(stream.info().responseCodeDetails).isEqualTo("fault_filter_abort");
    assertThat(stream.info().dynamicMetadata)
        .containsEntry(
            "name",
            Struct.newBuilder()
                .putFields("a", Value.newBuilder().setStringValue("b").build())
                .build());
    assertThat(bench.count("http.p.fault.aborts_injected")).isEqualTo(1);
  }

  @Test
  void firstItWaitsThenItIsAnswered() throws ConfigException {
    ScriptedStream stream = ask(DELAY + ABORT);
    assertThat(stream.status()).isZero();
    pass(Duration.ofSeconds(2));
    assertThat(stream.status()).isEqualTo(503);
    assertThat(stream.info().has(ResponseFlag.DELAY_INJECTED)).isTrue();
  }

  @Test
  void aClientThatLeavesIsNotWaitedFor() throws ConfigException {
    ScriptedStream stream = ask(DELAY);
    stream.close();
    pass(Duration.ofSeconds(3));
    assertThat(stream.reachedUpstream()).isFalse();
    assertThat(bench.count("http.p.fault.active_faults")).isZero();
  }

  @Test
  void theClientMaySayIt() throws ConfigException {
    assertThat(ask(BY_HEADER).reachedUpstream()).isTrue();
    assertThat(ask(BY_HEADER, "x-envoy-fault-abort-request", "451").status()).isEqualTo(451);
    assertThat(ask(BY_HEADER, "x-envoy-fault-abort-grpc-request", "7").status()).isEqualTo(200);
    assertThat(
            ask(
                    BY_HEADER,
                    "x-envoy-fault-abort-request",
                    "451",
                    "x-envoy-fault-abort-request-percentage",
                    "0")
                .reachedUpstream())
        .isTrue();
    ScriptedStream late = ask(BY_HEADER, "x-envoy-fault-delay-request", "10");
    assertThat(late.reachedUpstream()).isFalse();
    pass(Duration.ofMillis(10));
    assertThat(late.reachedUpstream()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"99, true", "600, true", "0, true", "text, true", "200, false", "599, false"})
  void whatIsNoStatusIsNoFault(String asked, boolean passes) throws ConfigException {
    assertThat(ask(BY_HEADER, "x-envoy-fault-abort-request", asked).reachedUpstream())
        .isEqualTo(passes);
  }

  @Test
  void onlySomeRequestsSuffer() throws ConfigException {
    assertThat(ask(ABORT + "upstream_cluster: other").reachedUpstream()).isTrue();
    assertThat(ask(ABORT + "upstream_cluster: up").reachedUpstream()).isFalse();
    String header = ABORT + "headers: [{name: x-a, string_match: {exact: a}}]";
    assertThat(ask(header).reachedUpstream()).isTrue();
    assertThat(ask(header, "x-a", "a").reachedUpstream()).isFalse();
    String node = ABORT + "downstream_nodes: [node]";
    assertThat(ask(node).reachedUpstream()).isTrue();
    assertThat(ask(node, "x-envoy-downstream-service-node", "node").reachedUpstream()).isFalse();
  }

  @Test
  void theRuntimeChangesHowManyAndHow() throws ConfigException {
    bench.runtime.set("fault.http.abort.abort_percent", "0");
    assertThat(ask(ABORT).reachedUpstream()).isTrue();
    bench.runtime.set("fault.http.abort.abort_percent", "100");
    bench.runtime.set("fault.http.abort.http_status", "418");
    assertThat(ask(ABORT).status()).isEqualTo(418);
    bench.runtime.set("my.share", "0");
    assertThat(ask(ABORT + "abort_percent_runtime: my.share").reachedUpstream()).isTrue();
    bench.runtime.set("fault.http.delay.fixed_duration_ms", "5");
    ScriptedStream stream = ask(DELAY);
    pass(Duration.ofMillis(5));
    assertThat(stream.reachedUpstream()).isTrue();
  }

  @Test
  void aDownstreamClusterHasItsOwnKeysAndCounters() throws ConfigException {
    bench.runtime.set("fault.http.front.abort.http_status", "418");
    assertThat(ask(ABORT, "x-envoy-downstream-service-cluster", "front").status()).isEqualTo(418);
    assertThat(bench.count("http.p.fault.front.aborts_injected")).isEqualTo(1);
    bench.runtime.set("fault.http.front.abort.abort_percent", "0");
    assertThat(ask(ABORT, "x-envoy-downstream-service-cluster", "front").reachedUpstream())
        .isTrue();
  }

  @Test
  void onlySoManySufferAtATime() throws ConfigException {
    HttpFilter.Maker fault = fault(DELAY + "max_active_faults: 1");
    ScriptedStream one = bench.request("GET", "/").through(fault).begin(true);
    ScriptedStream two = bench.request("GET", "/").through(fault).begin(true);
    assertThat(one.reachedUpstream()).isFalse();
    assertThat(two.reachedUpstream()).isTrue();
    assertThat(bench.count("http.p.fault.faults_overflow")).isEqualTo(1);
    one.close();
    assertThat(bench.request("GET", "/").through(fault).begin(true).reachedUpstream()).isFalse();
  }

  @Test
  void theNearestRouteReplacesTheWhole() throws ConfigException {
    ScriptedStream stream =
        bench
            .request("GET", "/")
            .through(fault(ABORT))
            .routeConfig(factory.routeConfig(FilterBench.any(HTTPFault.getDefaultInstance(), "{}")))
            .begin(true);
    assertThat(stream.reachedUpstream()).isTrue();
  }

  @Test
  void anAnswerComesSlowly() throws ConfigException {
    ScriptedStream stream =
        ask("response_rate_limit: {fixed_limit: {limit_kbps: 1}, percentage: {numerator: 100}}");
    stream.answer(200, false).answerBody("x".repeat(1024), true);
    assertThat(stream.status()).isEqualTo(200);
    pass(Duration.ofMillis(49));
    assertThat(stream.body()).hasSize(51);
    pass(Duration.ofMillis(500));
    assertThat(stream.body()).hasSize(11 * 51);
    assertThat(stream.ended()).isFalse();
    pass(Duration.ofMillis(520));
    assertThat(stream.body()).hasSize(1024);
    assertThat(stream.ended()).isTrue();
    assertThat(bench.count("http.p.fault.response_rl_injected")).isEqualTo(1);
    stream.close();
  }

  @Test
  void theUpstreamOfASlowAnswerWaits() throws ConfigException {
    ScriptedStream stream =
        bench
            .request("GET", "/")
            .through(
                fault(
                    "response_rate_limit: {fixed_limit: {limit_kbps: 1}, percentage: {numerator:"
                        + " 100}}"))
            .bufferLimit(100)
            .begin(true)
            .answer(200, false)
            .answerBody("x".repeat(150), false);
    assertThat(stream.readingAnswer()).isFalse();
    pass(Duration.ofMillis(150));
    assertThat(stream.readingAnswer()).isTrue();
    stream.answerBody("y", true);
    pass(Duration.ofMillis(100));
    assertThat(stream.body()).isEqualTo("x".repeat(150) + "y");
    assertThat(stream.ended()).isTrue();
    stream.close();
  }

  @Test
  void trailersComeBehindASlowBody() throws ConfigException {
    ScriptedStream stream =
        ask("response_rate_limit: {fixed_limit: {limit_kbps: 1}, percentage: {numerator: 100}}");
    stream.answer(200, false).answerBody("x".repeat(80), false).answerTrailer("t", "v");
    pass(Duration.ofMillis(1));
    assertThat(stream.body()).hasSize(51);
    assertThat(stream.ended()).isFalse();
    pass(Duration.ofMillis(50));
    assertThat(stream.body()).hasSize(80);
    assertThat(stream.trailers().get("t")).isEqualTo("v");
    assertThat(stream.ended()).isTrue();
    stream.close();
  }
}
