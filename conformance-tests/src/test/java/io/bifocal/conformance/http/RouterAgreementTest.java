package io.bifocal.conformance.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.LongRun;
import io.bifocal.conformance.Sides;
import io.bifocal.conformance.Subject;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a router makes of a request, through Envoy and through Bifocal: what the client gets, what
 * the upstreams see of each try, what the access log says, and what is counted.
 */
@LongRun
class RouterAgreementTest {
  private static final RouterCase OWN_POOL =
      new RouterCase("own-pool", "200", "").in("connection_pool_per_downstream_connection: true");

  private static String on(String words) {
    return on(words, "num_retries: 2");
  }

  private static String on(String words, String more) {
    return "retry_policy: {retry_on: \"%s\", retry_back_off: {base_interval: 0.001s}, %s}"
        .formatted(words, more);
  }

  private static String drops(int inMillion) {
    return "{drop_overloads: [{category: c, drop_percentage: {numerator: %d, denominator: MILLION}}]}"
        .formatted(inMillion);
  }

  static Stream<RouterCase> tries() {
    return Stream.of(
        new RouterCase("plain", "200", ""),
        new RouterCase("plain-503", "503", ""),
        new RouterCase("5xx", "503,500,200", on("5xx")),
        new RouterCase("5xx-reset", "reset,200", on("5xx")),
        new RouterCase("5xx-exceeded", "503,503,503", on("5xx")),
        new RouterCase("5xx-one", "503,503,200", on("5xx", "num_retries: 1")),
        new RouterCase(
            "5xx-default-number", "503,503,200", on("5xx", "host_selection_retry_max_attempts: 1")),
        new RouterCase("5xx-none", "503,200", on("5xx", "num_retries: 0")),
        new RouterCase("gateway-500", "500,200", on("gateway-error")),
        new RouterCase("gateway-502", "502,200", on("gateway-error")),
        new RouterCase("gateway-reset", "reset,200", on("gateway-error")),
        new RouterCase("reset", "reset,200", on("reset")),
        new RouterCase("reset-503", "503,200", on("reset")),
        new RouterCase("reset-exceeded", "reset", on("reset")),
        new RouterCase("reset-before-request", "reset,200", on("reset-before-request")),
        new RouterCase("connect-failure-reset", "reset,200", on("connect-failure")),
        new RouterCase("garbage", "garbage,200", on("reset")),
        new RouterCase("no-retry-reset", "reset", ""),
        new RouterCase("half", "half,200", on("5xx,reset")),
        new RouterCase("retriable-4xx", "409,200", on("retriable-4xx")),
        new RouterCase("retriable-4xx-404", "404,200", on("retriable-4xx")),
        new RouterCase(
            "codes", "418,200", on("retriable-status-codes", "retriable_status_codes: [418]")),
        new RouterCase(
            "codes-other",
            "417,200",
            on("retriable-status-codes", "retriable_status_codes: [418]")),
        new RouterCase(
            "headers",
            "404;x-again=yes,200",
            on(
                "retriable-headers",
                "retriable_headers: [{name: x-again, string_match: {exact: \"yes\"}}]")),
        new RouterCase(
            "headers-other",
            "404;x-again=no,200",
            on(
                "retriable-headers",
                "retriable_headers: [{name: x-again, string_match: {exact: \"yes\"}}]")),
        new RouterCase("ratelimited", "429;x-envoy-ratelimited=true,200", on("envoy-ratelimited")),
        new RouterCase("ratelimited-5xx", "503;x-envoy-ratelimited=true,200", on("5xx")),
        new RouterCase("grpc-unavailable", "200;grpc-status=14,200", on("unavailable")),
        new RouterCase("grpc-cancelled", "200;grpc-status=1,200", on("cancelled")),
        new RouterCase("grpc-deadline", "200;grpc-status=4,200", on("deadline-exceeded")),
        new RouterCase("grpc-exhausted", "200;grpc-status=8,200", on("resource-exhausted")),
        new RouterCase("grpc-internal", "200;grpc-status=13,200", on("internal")),
        new RouterCase("grpc-other", "200;grpc-status=2,200", on("internal")),
        new RouterCase("refused-stream", "reset,200", on("refused-stream")),
        new RouterCase("http3", "503,200", on("http3-post-connect-failure")),
        new RouterCase(
                "request-headers",
                "503,200",
                on(
                    "5xx",
                    "retriable_request_headers: [{name: x-may, string_match: {exact: \"yes\"}}]"))
            .with("x-may", "yes"),
        new RouterCase(
                "request-headers-other",
                "503,200",
                on(
                    "5xx",
                    "retriable_request_headers: [{name: x-may, string_match: {exact: \"yes\"}}]"))
            .with("x-may", "no"),
        new RouterCase("asked", "503,200", "").with("x-envoy-retry-on", "5xx").fromWithin(),
        new RouterCase("asked-number", "503,503,503,200", "")
            .with("x-envoy-retry-on", "gateway-error")
            .with("x-envoy-max-retries", "3")
            .fromWithin(),
        new RouterCase("asked-none", "503,200", on("5xx"))
            .with("x-envoy-max-retries", "0")
            .fromWithin(),
        new RouterCase("asked-codes", "418,200", "")
            .with("x-envoy-retry-on", "retriable-status-codes")
            .with("x-envoy-retriable-status-codes", "417, 418")
            .fromWithin(),
        new RouterCase("asked-grpc", "200;grpc-status=14,200", "")
            .with("x-envoy-retry-grpc-on", "unavailable")
            .fromWithin(),
        new RouterCase("asked-headers", "404;x-again=1,200", "")
            .with("x-envoy-retry-on", "retriable-headers")
            .with("x-envoy-retriable-header-names", "x-again")
            .fromWithin(),
        new RouterCase("asked-nothing", "503,200", "")
            .with("x-envoy-retry-on", "nonsense")
            .fromWithin(),
        new RouterCase("asked-internal", "200", "").fromWithin(),
        new RouterCase("canary", "200;x-envoy-upstream-canary=true", ""),
        new RouterCase("attempt-count", "503,200", on("5xx")),
        new RouterCase("nobody", "dead", on("connect-failure")),
        new RouterCase("nobody-reset", "dead", on("reset", "num_retries: 1")),
        new RouterCase("nobody-before", "dead", on("reset-before-request", "num_retries: 1")),
        new RouterCase("nobody-no-retry", "dead", ""));
  }

  static Stream<RouterCase> timeouts() {
    return Stream.of(
        new RouterCase("timeout", "hang", "timeout: 0.5s"),
        new RouterCase("timeout-asked", "hang", "")
            .with("x-envoy-upstream-rq-timeout-ms", "500")
            .fromWithin(),
        new RouterCase("timeout-asked-badly", "200", "")
            .with("x-envoy-upstream-rq-timeout-ms", "soon")
            .fromWithin(),
        new RouterCase("timeout-asked-alt", "hang", "timeout: 0.5s")
            .with("x-envoy-upstream-rq-timeout-alt-response", "1")
            .fromWithin(),
        new RouterCase("timeout-answering", "stall", "timeout: 0.5s"),
        new RouterCase(
            "timeout-retrying",
            "hang,hang",
            on("5xx", "per_try_timeout: 0.6s") + ", timeout: 0.9s"),
        new RouterCase("stream-duration-asked", "hang", "")
            .with("x-envoy-upstream-stream-duration-ms", "500")
            .fromWithin(),
        new RouterCase("stream-duration-asked-never", "slow200", "")
            .in("common_http_protocol_options: {max_stream_duration: 0.5s}")
            .with("x-envoy-upstream-stream-duration-ms", "0")
            .fromWithin(),
        new RouterCase("stream-duration-outside", "200", "")
            .with("x-envoy-upstream-stream-duration-ms", "150"),
        new RouterCase("per-try", "hang,200", on("5xx", "per_try_timeout: 0.5s")),
        new RouterCase("per-try-reset", "hang,200", on("reset", "per_try_timeout: 0.5s")),
        new RouterCase(
            "per-try-connect", "hang,200", on("connect-failure", "per_try_timeout: 0.5s")),
        new RouterCase(
            "per-try-exceeded", "hang,hang", on("5xx", "num_retries: 1, per_try_timeout: 0.5s")),
        new RouterCase("per-try-too-long", "200", on("5xx", "per_try_timeout: 20s")),
        new RouterCase("per-try-asked", "hang,200", on("5xx"))
            .with("x-envoy-upstream-rq-per-try-timeout-ms", "500")
            .fromWithin(),
        new RouterCase(
            "per-try-answering", "stall", on("5xx", "per_try_timeout: 0.5s") + ", timeout: 0.9s"),
        new RouterCase("per-try-idle", "hang,200", on("5xx", "per_try_idle_timeout: 0.5s")),
        new RouterCase(
            "per-try-idle-answering", "stall,200", on("5xx", "per_try_idle_timeout: 0.5s")),
        new RouterCase("stream-duration", "hang,200", on("reset"))
            .in("common_http_protocol_options: {max_stream_duration: 0.5s}"),
        new RouterCase("stream-duration-over", "hang", "")
            .in("common_http_protocol_options: {max_stream_duration: 0.5s}"),
        new RouterCase("stream-duration-answering", "stall", "")
            .in("common_http_protocol_options: {max_stream_duration: 0.5s}"));
  }

  private static RouterCase timed(String name, String acts, String route, String asked) {
    return call(name, acts, route).with("grpc-timeout", asked);
  }

  static Stream<RouterCase> callTimeouts() {
    String most = "max_stream_duration: {grpc_timeout_header_max: %s%s}";
    return Stream.of(
        timed("grpc-asked", "hang", most.formatted("0s", ""), "500m"),
        timed("grpc-capped", "hang", most.formatted("0.5s", ""), "10S"),
        timed(
            "grpc-offset",
            "hang",
            most.formatted("0s", ", grpc_timeout_header_offset: 0.5s"),
            "1000000u"),
        timed("grpc-stream", "hang", "max_stream_duration: {max_stream_duration: 0.5s}", "5S"),
        timed("grpc-no-call", "200", most.formatted("3s", ""), "9S").with("content-type", "a/b"),
        timed("grpc-bad", "200", most.formatted("2s", ""), "soon"),
        call("grpc-not-asked", "hang", most.formatted("5s", ", max_stream_duration: 0.5s")),
        timed("grpc-old-asked", "hang", "max_grpc_timeout: 0s", "500m"),
        timed("grpc-old-capped", "hang", "max_grpc_timeout: 0.5s", "10S"),
        timed(
            "grpc-old-offset", "hang", "max_grpc_timeout: 0s, grpc_timeout_offset: 0.5s", "1000m"),
        timed("grpc-old-bad", "200", "max_grpc_timeout: 2s", "1x"),
        timed("grpc-ignored", "slow200", "timeout: 5s", "100m"));
  }

  private static RouterCase strict(String name, String header, String value) {
    return new RouterCase(name, "503,200", "").with(header, value).through("strict");
  }

  static Stream<RouterCase> strictHeaders() {
    return Stream.of(
        strict("strict-timeout", "x-envoy-upstream-rq-timeout-ms", "soon"),
        strict("strict-timeout-good", "x-envoy-upstream-rq-timeout-ms", "900"),
        strict("strict-per-try", "x-envoy-upstream-rq-per-try-timeout-ms", "-1"),
        strict("strict-retries", "x-envoy-max-retries", "many"),
        strict("strict-on", "x-envoy-retry-on", "5xx,nonsense"),
        strict("strict-on-good", "x-envoy-retry-on", "5xx,reset"),
        strict("strict-grpc-on", "x-envoy-retry-grpc-on", "nonsense"),
        strict("strict-unlisted", "x-envoy-hedge-on-per-try-timeout", "nonsense"));
  }

  private static String askedWait(String format, String most) {
    return on(
        "retriable-4xx,5xx",
        "num_retries: 2, rate_limited_retry_back_off: {reset_headers: [{name: retry-after, format: %s}], max_interval: %s}"
            .formatted(format, most));
  }

  static Stream<RouterCase> askedWaits() {
    return Stream.of(
        new RouterCase("wait-asked", "503;retry-after=1,200", askedWait("SECONDS", "5s")),
        new RouterCase("wait-too-long", "503;retry-after=100,200", askedWait("SECONDS", "5s")),
        new RouterCase("wait-none", "503,200", askedWait("SECONDS", "5s")),
        new RouterCase("wait-bad", "503;retry-after=soon,200", askedWait("SECONDS", "5s")),
        new RouterCase("wait-past", "503;retry-after=1000,200", askedWait("UNIX_TIMESTAMP", "5s")));
  }

  static Stream<RouterCase> hedging() {
    return Stream.of(
        new RouterCase(
            "hedge",
            "slow200,200",
            on("5xx", "per_try_timeout: 0.5s")
                + ", hedge_policy: {hedge_on_per_try_timeout: true}"),
        new RouterCase(
            "hedge-first",
            "slow200,hang",
            on("5xx", "num_retries: 1, per_try_timeout: 1s")
                + ", hedge_policy: {hedge_on_per_try_timeout: true}"),
        new RouterCase(
            "hedge-bad-first",
            "slow503,slow200",
            on("5xx", "num_retries: 1, per_try_timeout: 1s")
                + ", hedge_policy: {hedge_on_per_try_timeout: true}"),
        new RouterCase(
            "hedge-both-bad",
            "slow503,slow503",
            on("5xx", "num_retries: 1, per_try_timeout: 1s")
                + ", hedge_policy: {hedge_on_per_try_timeout: true}"),
        new RouterCase("hedge-asked", "slow200,200", on("5xx", "per_try_timeout: 0.5s"))
            .with("x-envoy-hedge-on-per-try-timeout", "true")
            .fromWithin(),
        new RouterCase(
            "hedge-timeout",
            "hang,hang",
            on("5xx", "num_retries: 1, per_try_timeout: 0.5s")
                + ", timeout: 0.9s, hedge_policy: {hedge_on_per_try_timeout: true}"));
  }

  static Stream<RouterCase> limits() {
    return Stream.of(
        new RouterCase("no-retries-allowed", "503,200", on("5xx"))
            .in("circuit_breakers: {thresholds: [{max_retries: 0}]}"),
        new RouterCase("no-requests-allowed", "200", on("5xx,reset"))
            .in("circuit_breakers: {thresholds: [{max_requests: 0}]}"),
        new RouterCase("nobody-may-wait", "200", on("5xx,reset"))
            .in("circuit_breakers: {thresholds: [{max_pending_requests: 0}]}"),
        new RouterCase("high", "200", "priority: HIGH")
            .in("circuit_breakers: {thresholds: [{max_requests: 0}, {priority: HIGH}]}"),
        new RouterCase("high-none", "200", "priority: HIGH")
            .in(
                "circuit_breakers: {thresholds: [{priority: HIGH, max_requests: 0, track_remaining:"
                    + " true}]}"),
        new RouterCase("no-pools", "200", "")
            .in("circuit_breakers: {thresholds: [{max_connection_pools: 0}]}"),
        new RouterCase("budget", "503,200", on("5xx"))
            .in(
                "circuit_breakers: {thresholds: [{retry_budget: {min_retry_concurrency: 1},"
                    + " track_remaining: true}]}"),
        new RouterCase("budget-none", "503,200", on("5xx"))
            .in(
                "circuit_breakers: {thresholds: [{retry_budget: {budget_percent: {value: 0},"
                    + " min_retry_concurrency: 0}}]}"));
  }

  /** Through a router that is to keep Envoy's own headers to itself. */
  static Stream<RouterCase> silence() {
    return Stream.of(
            new RouterCase("silent", "200", ""),
            new RouterCase("silent-timeout", "hang", "timeout: 0.5s"),
            new RouterCase("silent-retry", "503,200", on("5xx")),
            new RouterCase("silent-rewrite", "200", "prefix_rewrite: /silent-rewritten/"),
            new RouterCase("silent-host-rewrite", "200", "host_rewrite_literal: other"),
            new RouterCase("silent-no-retries", "503,200", on("5xx"))
                .in("circuit_breakers: {thresholds: [{max_retries: 0}]}"),
            new RouterCase("silent-no-requests", "200", "")
                .in("circuit_breakers: {thresholds: [{max_requests: 0}]}"),
            new RouterCase("silent-nobody-may-wait", "200", "")
                .in("circuit_breakers: {thresholds: [{max_pending_requests: 0}]}"),
            new RouterCase("silent-drops", "200", "").in("policy: " + drops(1_000_000)))
        .map(c -> c.through("silent"));
  }

  static Stream<RouterCase> counts() {
    return Stream.of(
        new RouterCase("virtual-cluster", "200", "").with("x-counted", "1"),
        new RouterCase("virtual-cluster-retry", "503,200", on("5xx")).with("x-counted", "1"),
        new RouterCase("virtual-cluster-exceeded", "503,503", on("5xx", "num_retries: 1"))
            .with("x-counted", "1"),
        new RouterCase("virtual-cluster-timeout", "hang", "timeout: 0.5s").with("x-counted", "1"),
        new RouterCase("virtual-cluster-dead", "dead", "").with("x-counted", "1"),
        new RouterCase("virtual-cluster-overflow", "503,200", on("5xx"))
            .in("circuit_breakers: {thresholds: [{max_retries: 0}]}")
            .with("x-counted", "1"),
        new RouterCase("alternative", "200", "")
            .with("x-envoy-upstream-alt-stat-name", "alt.name")
            .fromWithin(),
        new RouterCase("alternative-canary", "503;x-envoy-upstream-canary=true", "")
            .with("x-envoy-upstream-alt-stat-name", "alt")
            .fromWithin(),
        new RouterCase("alternative-outside", "200", "")
            .with("x-envoy-upstream-alt-stat-name", "alt"),
        call("call", "200;content-type=application|grpc;grpc-status=0"),
        call("call-503", "503"),
        call("call-half", "half"),
        call("call-reset", "reset"),
        call("call-silent", "503").through("silent_of_calls"),
        call("call-silent-reset", "reset").through("silent_of_calls"),
        call("call-silent-canary", "503;x-envoy-upstream-canary=true").through("silent_of_calls"),
        new RouterCase("call-silent-none", "503", "").through("silent_of_calls"),
        new RouterCase("immediate-fail", "200;x-envoy-immediate-health-check-fail=1", ""),
        new RouterCase("maintenance", "200", ""),
        new RouterCase("drops", "200", on("5xx")).in("policy: " + drops(999_999)),
        new RouterCase("drops-all", "200", on("5xx")).in("policy: " + drops(1_000_000)),
        new RouterCase("drops-none", "200", "").in("policy: " + drops(0)));
  }

  static Stream<RouterCase> logs() {
    return Stream.of(
        new RouterCase("log", "200", "").loggedUpstream(1),
        new RouterCase("log-retry", "503,200", on("5xx")).loggedUpstream(2),
        new RouterCase("log-reset", "reset,200", on("reset")).loggedUpstream(2),
        new RouterCase("log-lost", "reset", "").loggedUpstream(1),
        new RouterCase("log-half", "half", "").loggedUpstream(1),
        new RouterCase("log-timeout", "hang", "timeout: 0.5s").loggedUpstream(1),
        new RouterCase("log-per-try", "hang,200", on("5xx", "per_try_timeout: 0.5s"))
            .loggedUpstream(2),
        new RouterCase("log-per-try-idle", "hang,200", on("5xx", "per_try_idle_timeout: 0.5s"))
            .loggedUpstream(2),
        new RouterCase("log-duration", "hang", "")
            .in("common_http_protocol_options: {max_stream_duration: 0.5s}")
            .loggedUpstream(1),
        new RouterCase(
                "log-hedge",
                "slow200,200",
                on("5xx", "per_try_timeout: 0.5s")
                    + ", hedge_policy: {hedge_on_per_try_timeout: true}")
            .loggedUpstream(2),
        new RouterCase("log-dead", "dead", "").loggedUpstream(1),
        new RouterCase("log-overflow", "200", "")
            .in("circuit_breakers: {thresholds: [{max_requests: 0}]}")
            .loggedUpstream(1),
        new RouterCase("log-begun", "503,200", on("5xx"))
            .through("logging_twice")
            .loggedUpstream(4),
        new RouterCase("log-often", "slow200", "").through("logging_often").loggedUpstream(2));
  }

  private static RouterCase http1(String name, String acts, String options) {
    return new RouterCase(name, acts, "")
        .in(
            "typed_extension_protocol_options:"
                + " {envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {\"@type\":"
                + " type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions,"
                + " explicit_http_config: {http_protocol_options: {%s}}}}".formatted(options))
        .with("X-Custom-Name", "1")
        .with("aCCept", "x");
  }

  private static RouterCase limited(String name, String acts, String limit) {
    return new RouterCase(name, acts, "").in("common_http_protocol_options: {%s}".formatted(limit));
  }

  static Stream<RouterCase> spelling() {
    String answer = "200;X-CUSTOM=1;ETag=2";
    String cased = "header_key_format: " + RouterSide.cased("");
    String capitals =
        "header_key_format: "
            + RouterSide.cased(
                ", formatter_type_on_envoy_headers: PROPER_CASE, forward_reason_phrase: true");
    return Stream.of(
        http1("lower", answer, ""),
        http1("proper", answer, "header_key_format: {proper_case_words: {}}"),
        http1("cased", answer, cased).through("cased"),
        http1("cased-there", answer, cased),
        http1("cased-here", answer, "").through("cased"),
        http1("cased-capitals", answer, capitals).through("cased_capitals"),
        http1("cased-proper", answer, "header_key_format: {proper_case_words: {}}")
            .through("cased"),
        http1("cased-half", "half", cased).through("cased"),
        http1("url", "200", "send_fully_qualified_url: true"),
        new RouterCase("url-of-old", "200", "")
            .in("http_protocol_options: {send_fully_qualified_url: true}"),
        http1("both-lengths", "both", ""),
        http1("both-lengths-allowed", "both", "allow_chunked_length: true"),
        http1("stream-error", "garbage", "override_stream_error_on_invalid_http_message: true"),
        limited("large", "200;pad=70000", ""),
        limited("larger", "200;pad=90000", ""),
        limited("large-limited", "200;pad=12000", "max_response_headers_kb: 10"),
        limited("large-allowed", "200;pad=90000", "max_response_headers_kb: 100"),
        limited("many", "200;many=90", ""),
        limited("more", "200;many=120", ""),
        limited("many-limited", "200;many=20", "max_headers_count: 10"),
        limited("many-allowed", "200;many=120", "max_headers_count: 200"));
  }

  private static RouterCase call(String name, String acts) {
    return call(name, acts, "");
  }

  private static RouterCase call(String name, String acts, String route) {
    return new RouterCase(name, acts, route).with("content-type", "application/grpc");
  }

  private static RouterCase mirror(String name, String more) {
    return new RouterCase(
        name, "200", "request_mirror_policies: [{cluster: two%s}]".formatted(more));
  }

  private static RouterCase redirect(String name, String acts, String policy) {
    return new RouterCase(name, acts, "internal_redirect_policy: {%s}".formatted(policy));
  }

  private static RouterCase predicate(String name, String acts, String kind, String fields) {
    String type =
        Map.of(
                "allow_listed_routes", "AllowListedRoutesConfig",
                "safe_cross_scheme", "SafeCrossSchemeConfig",
                "previous_routes", "PreviousRoutesConfig")
            .get(kind);
    return redirect(
        name,
        acts,
        "max_internal_redirects: 9, allow_cross_scheme_redirect: true, predicates: [{name: p, typed_config: {\"@type\": type.googleapis.com/envoy.extensions.internal_redirect.%s.v3.%s, %s}}]"
            .formatted(kind, type, fields));
  }

  static Stream<RouterCase> elsewhere() {
    String onwards = "302;location=http:||other.example|target|200";
    return Stream.of(
        mirror("mirror", ""),
        mirror("mirror-plain", ", disable_shadow_host_suffix_append: true"),
        mirror(
            "mirror-none",
            ", runtime_fraction: {default_value: {numerator: 0, denominator: HUNDRED}}"),
        new RouterCase("mirror-unknown", "200", "request_mirror_policies: [{cluster: three}]"),
        redirect("redirect", onwards, "").logged(2),
        redirect("redirect-303", onwards.replace("302", "303"), ""),
        redirect(
                "redirect-303-listed",
                onwards.replace("302", "303"),
                "redirect_response_codes: [303]")
            .logged(2),
        redirect("redirect-relative", "302;location=|target|200", ""),
        redirect("redirect-no-location", "302", ""),
        redirect("redirect-https", onwards.replace("http:", "https:"), ""),
        redirect(
                "redirect-https-allowed",
                onwards.replace("http:", "https:"),
                "allow_cross_scheme_redirect: true")
            .logged(2),
        redirect("redirect-none-left", onwards, "max_internal_redirects: 0"),
        redirect("redirect-again", "302;location=http:||other.example|x|302", "").logged(2),
        redirect("redirect-no-route", onwards.replace("other.example", "nowhere.example"), ""),
        predicate(
                "redirect-listed", onwards, "allow_listed_routes", "allowed_route_names: [target]")
            .logged(2),
        predicate(
            "redirect-not-listed", onwards, "allow_listed_routes", "allowed_route_names: [a]"),
        predicate("redirect-safe", onwards, "safe_cross_scheme", "").logged(2),
        predicate("redirect-unsafe", onwards.replace("http:", "https:"), "safe_cross_scheme", ""),
        predicate("redirect-first", onwards, "previous_routes", "").logged(2),
        predicate(
                "redirect-visited",
                "302;location=http:||conformance|redirect-visited"
                    + "|302~location=http:!!conformance!redirect-visited!200",
                "previous_routes",
                "")
            .logged(2),
        redirect(
                "redirect-twice",
                "302;location=http:||conformance|redirect-twice|302",
                "max_internal_redirects: 2")
            .logged(2),
        redirect("redirect-copied", onwards, "response_headers_to_copy: [x-origin]").logged(2),
        new RouterCase("no-redirect", onwards, ""));
  }

  /** A case whose cluster has these filters. */
  private static RouterCase filtered(String name, String acts, String route, String filters) {
    return new RouterCase(name, acts, route)
        .in(
            "typed_extension_protocol_options:"
                + " {envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {\"@type\":"
                + " type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions,"
                + " explicit_http_config: {http_protocol_options: {}}, http_filters: ["
                + filters
                + RouterSide.CODEC
                + "]}}");
  }

  /** What the route of a case says of the filter {@code cluster}. */
  private static String saying(String config) {
    return "timeout: 15s}, typed_per_filter_config: {cluster: " + config;
  }

  static Stream<RouterCase> filters() {
    String adding =
        RouterSide.mutating("cluster", "%UPSTREAM_CLUSTER% %UPSTREAM_REQUEST_ATTEMPT_COUNT%");
    String disabled = adding.replaceFirst("\\{", "{disabled: true, ");
    String perRoute =
        "{\"@type\":"
            + " type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute,"
            + " mutations: "
            + RouterSide.mutations("route")
            + "}";
    String wrapped = "{\"@type\": type.googleapis.com/envoy.config.route.v3.FilterConfig, %s}";
    String unknown =
        "{name: unknown, is_optional: true, typed_config: {\"@type\":"
            + " type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors}}, ";
    String denying =
        RouterSide.filter(
            "rbac",
            "rbac.v3.RBAC",
            "rules: {action: DENY, policies: {all: {permissions: [{any: true}], principals: [{any:"
                + " true}]}}}");
    String again =
        on("retriable-headers", "num_retries: 1, retriable_headers: [{name: x-answered}]");
    return Stream.of(
        filtered("filters", "200", "", adding),
        filtered("filters-two", "200", "", adding + RouterSide.mutating("second", "2")),
        filtered("filters-retry", "503,503,200", on("5xx"), adding),
        filtered("filters-reset", "reset,200", on("5xx"), adding),
        filtered("filters-make-retriable", "200,200", again, adding),
        filtered(
            "filters-hedge",
            "slow200,200",
            on("5xx", "per_try_timeout: 0.5s") + ", hedge_policy: {hedge_on_per_try_timeout: true}",
            adding),
        filtered("filters-timeout", "hang", "timeout: 0.5s", adding),
        filtered("filters-half", "half", "", adding),
        filtered("filters-dead", "dead", "", adding),
        filtered("filters-optional", "200", "", unknown + adding),
        filtered("filters-disabled", "200", "", disabled),
        filtered("filters-by-route", "200", saying(perRoute), adding),
        filtered(
            "filters-not-by-route", "200", saying(wrapped.formatted("disabled: true")), adding),
        filtered("filters-only-by-route", "200", saying(perRoute), disabled),
        filtered("filters-mirror", "200", "request_mirror_policies: [{cluster: two}]", adding),
        filtered("filters-buffer", "200", "", buffer(5)),
        filtered("filters-buffer-retry", "503,200", on("5xx"), adding + buffer(5)),
        filtered("filters-buffer-too-small", "200", on("5xx"), buffer(4)),
        filtered("filters-denying", "200", on("5xx,retriable-4xx"), denying + adding),
        filtered("filters-of-port", "200", "", denyingUpstreams(1, 65_536) + adding),
        filtered("filters-of-other-port", "200", "", denyingUpstreams(1, 2) + adding),
        new RouterCase("filters-of-router", "503,200", on("5xx")).through("filtering"),
        new RouterCase(
                "filters-of-router-mirror", "200", "request_mirror_policies: [{cluster: two}]")
            .through("filtering"),
        filtered("filters-of-cluster", "200", "", adding).through("filtering"),
        filtered("filters-none", "200", "", "").through("filtering"));
  }

  private static String denyingUpstreams(int from, int to) {
    return RouterSide.filter(
        "rbac",
        "rbac.v3.RBAC",
        "rules: {action: DENY, policies: {all: {permissions: [{matcher: {name: m, typed_config:"
            + " {\"@type\":"
            + " type.googleapis.com/envoy.extensions.rbac.matchers.upstream_ip_port.v3.UpstreamIpPortMatcher,"
            + " upstream_ip: {address_prefix: 127.0.0.0, prefix_len: 8}, upstream_port_range:"
            + " {start: %d, end: %d}}}}], principals: [{any: true}]}}}".formatted(from, to));
  }

  private static String buffer(int bytes) {
    return RouterSide.filter("buffer", "buffer.v3.Buffer", "max_request_bytes: " + bytes);
  }

  static Stream<RouterCase> cases() {
    return Stream.of(
            tries(),
            timeouts(),
            callTimeouts(),
            strictHeaders(),
            askedWaits(),
            hedging(),
            limits(),
            silence(),
            elsewhere(),
            counts(),
            spelling(),
            logs(),
            filters(),
            Stream.of(OWN_POOL))
        .flatMap(s -> s);
  }

  @RegisterExtension
  static final Sides<RouterSide> SIDES = new Sides<>(RouterSide.of(cases().toList()));

  @ParameterizedTest
  @MethodSource({
    "tries",
    "timeouts",
    "callTimeouts",
    "strictHeaders",
    "askedWaits",
    "hedging",
    "limits",
    "silence",
    "elsewhere",
    "counts",
    "spelling",
    "logs",
    "filters"
  })
  void bothDoTheSame(RouterCase c) {
    SIDES.same(side -> side.observe(c));
  }

  @Test
  void aClientCanHaveConnectionsOfItsOwn() {
    String prefix = "cluster.own-pool.upstream_cx_";
    String made =
        SIDES.same(
            side -> {
              side.observe(OWN_POOL);
              side.observe(OWN_POOL);
              return side.stat(prefix + "total");
            });
    assertThat(made).isEqualTo("2");
    RouterSide bifocal = SIDES.side(Subject.BIFOCAL); // Envoy's outlive their client
    await().until(() -> bifocal.stat(prefix + "active").equals("0"));
  }
}
