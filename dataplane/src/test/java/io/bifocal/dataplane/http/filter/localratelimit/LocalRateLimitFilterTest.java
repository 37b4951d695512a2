package io.bifocal.dataplane.http.filter.localratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.http.filter.FilterBench;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.bifocal.dataplane.http.filter.ScriptedStream;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LocalRateLimitFilterTest {
  private static final String ON =
      """
      stat_prefix: limit
      filter_enabled: {default_value: {numerator: 100}, runtime_key: limit.enabled}
      filter_enforced: {default_value: {numerator: 100}, runtime_key: limit.enforced}
      """;
  private static final String TWO =
      ON + "token_bucket: {max_tokens: 2, tokens_per_fill: 1, fill_interval: 10s}\n";
  private static final String BY_USER =
      ON
          + """
          token_bucket: {max_tokens: 100, tokens_per_fill: 1, fill_interval: 10s}
          enable_x_ratelimit_headers: DRAFT_VERSION_03
          max_dynamic_descriptors: 2
          rate_limits: [{actions: [{request_headers: {header_name: x-user, descriptor_key: user}}]}]
          descriptors:
          - {entries: [{key: user, value: bob}], token_bucket: {max_tokens: 1, fill_interval: 100s}}
          - {entries: [{key: user}], token_bucket: {max_tokens: 2, fill_interval: 100s}}
          """;

  private final FilterBench bench = new FilterBench();
  private LocalRateLimitFactory factory = factory("");

  private LocalRateLimitFactory factory(String altStatName) {
    Bootstrap.Builder bootstrap = Bootstrap.newBuilder();
    bootstrap.getNodeBuilder().setCluster("own");
    bootstrap.getClusterManagerBuilder().setLocalClusterName("proxies");
    bootstrap
        .getStaticResourcesBuilder()
        .addClustersBuilder()
        .setName("proxies")
        .setAltStatName(altStatName);
    return new LocalRateLimitFactory(bench.stats.root(), bench.runtime, bootstrap.build());
  }

  private HttpFilter.Maker limit(String yaml) throws ConfigException {
    return bench.make(factory, FilterBench.any(LocalRateLimit.getDefaultInstance(), yaml));
  }

  private ScriptedStream ask(HttpFilter.Maker limit, String... headers) {
    return bench.request("GET", "/p?q=v", headers).through(limit).begin(true);
  }

  private boolean passes(HttpFilter.Maker limit, String... headers) {
    return ask(limit, headers).reachedUpstream();
  }

  private boolean pass(int times, HttpFilter.Maker limit, String... headers) {
    boolean all = true;
    for (int i = 0; i < times; i++) {
      all &= passes(limit, headers);
    }
    return all;
  }

  @Test
  void whoeverFindsNoTokenIsRefused() throws ConfigException {
    HttpFilter.Maker limit = limit(TWO);
    assertThat(passes(limit)).isTrue();
    assertThat(passes(limit)).isTrue();
    ScriptedStream third = ask(limit);
    assertThat(third.status()).isEqualTo(429);
    assertThat(third.body()).isEqualTo("local_rate_limited");
    assertThat(third.info().responseCodeDetails).isEqualTo("local_rate_limited");
    assertThat(third.info().has(ResponseFlag.RATE_LIMITED)).isTrue();
    String prefix = "limit.http_local_rate_limit.";
    assertThat(bench.count(prefix + "enabled")).isEqualTo(3);
    assertThat(bench.count(prefix + "ok")).isEqualTo(2);
    assertThat(bench.count(prefix + "rate_limited")).isEqualTo(1);
    assertThat(bench.count(prefix + "enforced")).isEqualTo(1);
  }

  @Test
  void tokensComeBackWithTime() throws ConfigException {
    HttpFilter.Maker limit = limit(TWO);
    assertThat(pass(2, limit)).isTrue();
    bench.time.advance(Duration.ofMillis(9_900));
    assertThat(passes(limit)).isFalse();
    bench.time.advance(Duration.ofMillis(100));
    assertThat(passes(limit)).isTrue();
    assertThat(passes(limit)).isFalse();
    bench.time.advance(Duration.ofHours(1));
    assertThat(pass(2, limit)).isTrue();
    assertThat(passes(limit)).isFalse();
  }

  @Test
  void nothingIsLimitedUnlessItIsSaid() throws ConfigException {
    HttpFilter.Maker limit =
        limit("{stat_prefix: limit, token_bucket: {max_tokens: 1, fill_interval: 10s}}");
    assertThat(pass(2, limit)).isTrue();
    assertThat(bench.count("limit.http_local_rate_limit.enabled")).isZero();
  }

  @Test
  void whatIsNotEnforcedIsMarked() throws ConfigException {
    HttpFilter.Maker limit =
        limit(
            TWO + "request_headers_to_add_when_not_enforced: [{header: {key: x-l, value: 'yes'}}]");
    bench.runtime.set("limit.enforced", "0");
    assertThat(pass(2, limit)).isTrue();
    ScriptedStream third = ask(limit);
    assertThat(third.reachedUpstream()).isTrue();
    assertThat(third.request().headers.get("x-l")).isEqualTo("yes");
    assertThat(bench.count("limit.http_local_rate_limit.enforced")).isZero();
  }

  @Test
  void theRefusalCanBeShaped() throws ConfigException {
    HttpFilter.Maker limit =
        limit(
            TWO
                + """
                status: {code: 503}
                response_headers_to_add: [{header: {key: x-l, value: "%REQ(x-a)%"}}]
                enable_x_ratelimit_headers: DRAFT_VERSION_03
                """);
    ScriptedStream first = ask(limit).answer(200, true);
    assertThat(first.headers().get("x-ratelimit-limit")).isEqualTo("2");
    assertThat(first.headers().get("x-ratelimit-remaining")).isEqualTo("1");
    assertThat(first.headers().get("x-ratelimit-reset")).isEqualTo("0");
    assertThat(ask(limit).answer(200, true).headers().get("x-ratelimit-reset")).isEqualTo("10");
    ScriptedStream third = ask(limit, "x-a", "b");
    assertThat(third.status()).isEqualTo(503);
    assertThat(third.headers().get("x-l")).isEqualTo("b");
    assertThat(third.headers().get("x-ratelimit-remaining")).isEqualTo("0");
  }

  @Test
  void descriptorsHaveBucketsOfTheirOwn() throws ConfigException {
    HttpFilter.Maker limit = limit(BY_USER);
    assertThat(passes(limit, "x-user", "bob")).isTrue();
    assertThat(passes(limit, "x-user", "bob")).isFalse();
    assertThat(pass(2, limit, "x-user", "a")).isTrue();
    assertThat(passes(limit, "x-user", "a")).isFalse();
    assertThat(passes(limit, "x-user", "b")).isTrue();
    // Those that passed have drawn from the ordinary bucket too.
    ScriptedStream other = ask(limit).answer(200, true);
    assertThat(other.headers().get("x-ratelimit-remaining")).isEqualTo("95");
  }

  @Test
  void bucketsThatAreMadeForAWildcardAreBounded() throws ConfigException {
    HttpFilter.Maker limit = limit(BY_USER);
    assertThat(pass(2, limit, "x-user", "a")).isTrue();
    assertThat(passes(limit, "x-user", "b") && passes(limit, "x-user", "c")).isTrue();
    // The one of a is gone: a new one is full.
    assertThat(passes(limit, "x-user", "a")).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "'{remote_address: {}}', remote_address, 10.0.0.1",
    "'{masked_remote_address: {v4_prefix_mask_len: 8}}', masked_remote_address, 10.0.0.0/8",
    "'{generic_key: {descriptor_value: v}}', generic_key, v",
    "'{destination_cluster: {}}', destination_cluster, up",
    "'{source_cluster: {}}', source_cluster, own",
    "'{header_value_match: {descriptor_value: v, headers: [{name: x-a, present_match: true}]}}', header_match, v",
    "'{query_parameters: {query_parameter_name: q, descriptor_key: k}}', k, v",
    "'{query_parameter_value_match: {descriptor_value: w, query_parameters: [{name: q, string_match: {exact: v}}]}}', query_match, w"
  })
  void descriptorsAreMadeOfRequests(String action, String key, String value)
      throws ConfigException {
    String yaml =
        ON
            + """
            rate_limits: [{actions: [%s]}]
            descriptors: [{entries: [{key: %s, value: "%s"}], token_bucket: {max_tokens: 1, fill_interval: 10s}}]
            """
                .formatted(action, key, value);
    HttpFilter.Maker limit = limit(yaml);
    assertThat(passes(limit, "x-a", "a")).isTrue();
    assertThat(passes(limit, "x-a", "a")).isFalse();
  }

  @Test
  void aRouteHasBucketsOfItsOwn() throws ConfigException {
    HttpFilter.Maker limit = limit("stat_prefix: none");
    Object route = factory.routeConfig(FilterBench.any(LocalRateLimit.getDefaultInstance(), TWO));
    for (int i = 0; i < 3; i++) {
      ScriptedStream stream =
          bench.request("GET", "/").through(limit).routeConfig(route).begin(true);
      assertThat(stream.reachedUpstream()).isEqualTo(i < 2);
    }
    assertThatThrownBy(
            () ->
                factory.routeConfig(
                    FilterBench.any(LocalRateLimit.getDefaultInstance(), "stat_prefix: a")))
        .hasMessage("local rate limit token bucket must be set for per filter configs");
  }

  @Test
  void eachConnectionMayHaveItsOwn() throws ConfigException {
    HttpFilter.Maker limit = limit(TWO + "local_rate_limit_per_downstream_connection: true");
    // Each scripted stream is on a connection of its own.
    assertThat(pass(3, limit)).isTrue();
  }

  @Test
  void aRequestMayCountAsSeveral() throws ConfigException {
    HttpFilter.Maker limit =
        limit(
            ON
                + """
                rate_limits:
                - {actions: [{generic_key: {descriptor_value: v}}], hits_addend: {format: "%REQ(x-hits)%"}}
                - {actions: [{generic_key: {descriptor_value: v}}], apply_on_stream_done: true}
                descriptors: [{entries: [{key: generic_key, value: v}], token_bucket: {max_tokens: 5, fill_interval: 10s}}]
                """);
    assertThat(passes(limit, "x-hits", "3")).isTrue();
    assertThat(passes(limit, "x-hits", "3")).isFalse();
    assertThat(passes(limit, "x-hits", "2")).isTrue();
    assertThat(passes(limit, "x-hits", "many")).isTrue();
    assertThat(passes(limit, "x-hits", "1")).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"'', proxies", "other, other"})
  void proxiesOfOneClusterHaveEachTheirShare(String altStatName, String counted)
      throws ConfigException {
    factory = factory(altStatName);
    bench
        .stats
        .root()
        .tagged("cluster", "envoy.cluster_name", counted)
        .gauge("membership_total")
        .set(2);
    HttpFilter.Maker limit =
        limit(
            ON
                + "local_cluster_rate_limit: {}\n"
                + "token_bucket: {max_tokens: 5, tokens_per_fill: 1, fill_interval: 10s}");
    assertThat(pass(2, limit)).isTrue();
    assertThat(passes(limit)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "'local_cluster_rate_limit: {}, local_rate_limit_per_downstream_connection: true', local_cluster_rate_limit is set and local_rate_limit_per_downstream_connection is set to true",
    "'rate_limits: [{actions: [{remote_address: {}}], hits_addend: {}}]', hits_addend must contain either a format or a number",
    "'rate_limits: [{actions: [{remote_address: {}}], hits_addend: {format: \"%REQ(a)%%REQ(b)%\"}}]', hits_addend format must contain exactly one substitution",
    "'rate_limits: [{actions: [{remote_address: {}}], stage: 1}]', 'path.rate_limits: field ''stage'' is not supported: a filter''s own has no stage'"
  })
  void whatCannotBeMeantIsRefused(String fields, String text) {
    assertThatThrownBy(() -> limit("{stat_prefix: a, " + fields + "}")).hasMessage(text);
  }
}
