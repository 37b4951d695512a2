package io.bifocal.dataplane.http.filter.cors;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.http.filter.FilterBench;
import io.bifocal.dataplane.http.filter.ScriptedStream;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.Cors;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy;
import org.junit.jupiter.api.Test;

class CorsFilterTest {
  private static final String POLICY =
      """
      allow_origin_string_match: [{exact: "http://good"}]
      allow_methods: GET,PUT
      allow_headers: x-a
      expose_headers: x-b
      max_age: "100"
      allow_credentials: true
      """;

  private final FilterBench bench = new FilterBench();
  private final CorsFactory factory = new CorsFactory(bench.runtime);

  private Object policy(String yaml) throws ConfigException {
    return factory.routeConfig(FilterBench.any(CorsPolicy.getDefaultInstance(), yaml));
  }

  private ScriptedStream ask(Object policy, String method, String... headers)
      throws ConfigException {
    return bench
        .request(method, "/", headers)
        .through(bench.make(factory, Any.pack(Cors.getDefaultInstance())))
        .routeConfig(policy)
        .begin(true);
  }

  private ScriptedStream preflight(Object policy, String origin) throws ConfigException {
    return ask(policy, "OPTIONS", "origin", origin, "access-control-request-method", "GET");
  }

  @Test
  void aPreflightOfAnAllowedOriginIsAnsweredHere() throws ConfigException {
    ScriptedStream stream = preflight(policy(POLICY), "http://good");
    assertThat(stream.reachedUpstream()).isFalse();
    assertThat(stream.status()).isEqualTo(200);
    assertThat(stream.info().responseCodeDetails).isEqualTo("cors_response");
    assertThat(stream.headers().entries())
        .extracting(e -> e.getKey() + "=" + e.getValue())
        .containsExactlyInAnyOrder(
            "access-control-allow-origin=http://good",
            "access-control-allow-credentials=true",
            "access-control-allow-methods=GET,PUT",
            "access-control-allow-headers=x-a",
            "access-control-max-age=100",
            "access-control-expose-headers=x-b");
    assertThat(bench.count("http.p.cors.origin_valid")).isEqualTo(1);
  }

  @Test
  void anAnswerTellsTheBrowserWhoMayReadIt() throws ConfigException {
    ScriptedStream stream = ask(policy(POLICY), "GET", "origin", "http://good");
    assertThat(stream.reachedUpstream()).isTrue();
    stream.answer(200, true, "access-control-allow-origin", "http://up");
    assertThat(stream.headers().getAll("access-control-allow-origin"))
        .containsExactly("http://good");
    assertThat(stream.headers().get("access-control-expose-headers")).isEqualTo("x-b");
    assertThat(stream.headers().contains("access-control-allow-methods")).isFalse();
  }

  @Test
  void otherOriginsArePassedOnAsTheyAre() throws ConfigException {
    ScriptedStream stream = preflight(policy(POLICY), "http://bad");
    assertThat(stream.reachedUpstream()).isTrue();
    stream.answer(200, true);
    assertThat(stream.headers().isEmpty()).isTrue();
    assertThat(bench.count("http.p.cors.origin_invalid")).isEqualTo(1);
  }

  @Test
  void otherPreflightsMayBeKeptFromTheUpstream() throws ConfigException {
    ScriptedStream stream =
        preflight(policy(POLICY + "forward_not_matching_preflights: false"), "http://bad");
    assertThat(stream.reachedUpstream()).isFalse();
    assertThat(stream.status()).isEqualTo(200);
    assertThat(stream.headers().contains("access-control-allow-origin")).isFalse();
    assertThat(stream.headers().get("access-control-allow-methods")).isEqualTo("GET,PUT");
  }

  @Test
  void aPolicyInTheShadowOnlyCounts() throws ConfigException {
    Object shadow =
        policy(
            POLICY
                + """
                filter_enabled: {default_value: {numerator: 0}, runtime_key: cors.on}
                shadow_enabled: {default_value: {numerator: 100}}
                """);
    assertThat(preflight(shadow, "http://good").reachedUpstream()).isTrue();
    assertThat(bench.count("http.p.cors.origin_valid")).isEqualTo(1);
    bench.runtime.set("cors.on", "100");
    assertThat(preflight(shadow, "http://good").reachedUpstream()).isFalse();
  }

  @Test
  void whatALevelLeavesOpenTheOneAboveSays() throws ConfigException {
    ScriptedStream stream =
        bench
            .request("GET", "/", "origin", "http://good")
            .through(bench.make(factory, Any.pack(Cors.getDefaultInstance())))
            .routeConfig(policy(POLICY))
            .routeConfig(policy("expose_headers: x-c"))
            .begin(true)
            .answer(200, true);
    assertThat(stream.headers().get("access-control-expose-headers")).isEqualTo("x-c");
    assertThat(stream.headers().get("access-control-allow-origin")).isEqualTo("http://good");
  }

  @Test
  void withoutAPolicyOrAnOriginNothingHappens() throws ConfigException {
    assertThat(ask(policy(POLICY), "GET").answer(200, true).headers().isEmpty()).isTrue();
    assertThat(bench.count("http.p.cors.origin_valid")).isZero();
  }

  @Test
  void onlyRoutesThatLeadToClustersHavePolicies() throws ConfigException {
    ScriptedStream stream =
        bench
            .request("GET", "/", "origin", "http://good")
            .cluster("")
            .through(bench.make(factory, Any.pack(Cors.getDefaultInstance())))
            .routeConfig(policy(POLICY))
            .begin(true)
            .answer(200, true);
    assertThat(stream.headers().isEmpty()).isTrue();
    assertThat(bench.count("http.p.cors.origin_valid")).isZero();
  }
}
