package io.bifocal.conformance.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Http;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What becomes of tries that fail, through Envoy and through Bifocal: what the client gets, what
 * the upstream sees of each try, what the access log says, and what the cluster counts.
 */
class RetryAgreementTest {
  // What differs from run to run, or is nobody's promise.
  private static final List<String> BY_CHANCE =
      List.of("date", "x-envoy-upstream-service-time", "x-request-id");

  private static final Map<Subject, Side> SIDES = new EnumMap<>(Subject.class);
  private static final Started STARTED = new Started();

  /**
   * One request.
   *
   * @param route further fields of the route's action
   * @param cluster further fields of its cluster
   * @param headers of the request
   */
  record Case(String name, String acts, String route, String cluster, Map<String, String> headers) {
    Case(String name, String acts, String route) {
      this(name, acts, route, "", Map.of());
    }

    Case with(String name, String value) {
      Map<String, String> more = new LinkedHashMap<>(headers);
      more.put(name, value);
      return new Case(this.name, acts, route, cluster, more);
    }

    Case in(String fields) {
      return new Case(name, acts, route, fields, headers);
    }

    /** Whether its headers are obeyed, as they are when it comes from within. */
    boolean asksForIt() {
      return name.contains("asked");
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static String on(String words) {
    return on(words, "num_retries: 2");
  }

  private static String on(String words, String more) {
    return "retry_policy: {retry_on: \"%s\", retry_back_off: {base_interval: 0.001s}, %s}"
        .formatted(words, more);
  }

  static Stream<Case> cases() {
    return Stream.of(
        new Case("plain", "200", ""),
        new Case("plain-503", "503", ""),
        new Case("5xx", "503,500,200", on("5xx")),
        new Case("5xx-reset", "reset,200", on("5xx")),
        new Case("5xx-exceeded", "503,503,503", on("5xx")),
        new Case("5xx-one", "503,503,200", on("5xx", "num_retries: 1")),
        new Case(
            "5xx-default-number", "503,503,200", on("5xx", "host_selection_retry_max_attempts: 1")),
        new Case("5xx-none", "503,200", on("5xx", "num_retries: 0")),
        new Case("gateway-500", "500,200", on("gateway-error")),
        new Case("gateway-502", "502,200", on("gateway-error")),
        new Case("gateway-reset", "reset,200", on("gateway-error")),
        new Case("reset", "reset,200", on("reset")),
        new Case("reset-503", "503,200", on("reset")),
        new Case("reset-exceeded", "reset", on("reset")),
        new Case("reset-before-request", "reset,200", on("reset-before-request")),
        new Case("connect-failure-reset", "reset,200", on("connect-failure")),
        new Case("garbage", "garbage,200", on("reset")),
        new Case("no-retry-reset", "reset", ""),
        new Case("half", "half,200", on("5xx,reset")),
        new Case("retriable-4xx", "409,200", on("retriable-4xx")),
        new Case("retriable-4xx-404", "404,200", on("retriable-4xx")),
        new Case("codes", "418,200", on("retriable-status-codes", "retriable_status_codes: [418]")),
        new Case(
            "codes-other",
            "417,200",
            on("retriable-status-codes", "retriable_status_codes: [418]")),
        new Case(
            "headers",
            "404;x-again=yes,200",
            on(
                "retriable-headers",
                "retriable_headers: [{name: x-again, string_match: {exact: \"yes\"}}]")),
        new Case(
            "headers-other",
            "404;x-again=no,200",
            on(
                "retriable-headers",
                "retriable_headers: [{name: x-again, string_match: {exact: \"yes\"}}]")),
        new Case("ratelimited", "429;x-envoy-ratelimited=true,200", on("envoy-ratelimited")),
        new Case("ratelimited-5xx", "503;x-envoy-ratelimited=true,200", on("5xx")),
        new Case("grpc-unavailable", "200;grpc-status=14,200", on("unavailable")),
        new Case("grpc-cancelled", "200;grpc-status=1,200", on("cancelled")),
        new Case("grpc-deadline", "200;grpc-status=4,200", on("deadline-exceeded")),
        new Case("grpc-exhausted", "200;grpc-status=8,200", on("resource-exhausted")),
        new Case("grpc-internal", "200;grpc-status=13,200", on("internal")),
        new Case("grpc-other", "200;grpc-status=2,200", on("internal")),
        new Case("refused-stream", "reset,200", on("refused-stream")),
        new Case("http3", "503,200", on("http3-post-connect-failure")),
        new Case(
                "request-headers",
                "503,200",
                on(
                    "5xx",
                    "retriable_request_headers: [{name: x-may, string_match: {exact: \"yes\"}}]"))
            .with("x-may", "yes"),
        new Case(
                "request-headers-other",
                "503,200",
                on(
                    "5xx",
                    "retriable_request_headers: [{name: x-may, string_match: {exact: \"yes\"}}]"))
            .with("x-may", "no"),
        new Case("asked", "503,200", "").with("x-envoy-retry-on", "5xx"),
        new Case("asked-number", "503,503,503,200", "")
            .with("x-envoy-retry-on", "gateway-error")
            .with("x-envoy-max-retries", "3"),
        new Case("asked-none", "503,200", on("5xx")).with("x-envoy-max-retries", "0"),
        new Case("asked-codes", "418,200", "")
            .with("x-envoy-retry-on", "retriable-status-codes")
            .with("x-envoy-retriable-status-codes", "417, 418"),
        new Case("asked-grpc", "200;grpc-status=14,200", "")
            .with("x-envoy-retry-grpc-on", "unavailable"),
        new Case("asked-headers", "404;x-again=1,200", "")
            .with("x-envoy-retry-on", "retriable-headers")
            .with("x-envoy-retriable-header-names", "x-again"),
        new Case("asked-nothing", "503,200", "").with("x-envoy-retry-on", "nonsense"),
        new Case("timeout", "hang", "timeout: 0.25s"),
        new Case("timeout-asked", "hang", "").with("x-envoy-upstream-rq-timeout-ms", "250"),
        new Case("timeout-asked-badly", "200", "").with("x-envoy-upstream-rq-timeout-ms", "soon"),
        new Case("timeout-asked-alt", "hang", "timeout: 0.25s")
            .with("x-envoy-upstream-rq-timeout-alt-response", "1"),
        new Case("timeout-answering", "stall", "timeout: 0.25s"),
        new Case(
            "timeout-retrying",
            "hang,hang",
            on("5xx", "per_try_timeout: 0.15s") + ", timeout: 0.25s"),
        new Case("per-try", "hang,200", on("5xx", "per_try_timeout: 0.2s")),
        new Case("per-try-reset", "hang,200", on("reset", "per_try_timeout: 0.2s")),
        new Case("per-try-connect", "hang,200", on("connect-failure", "per_try_timeout: 0.2s")),
        new Case(
            "per-try-exceeded", "hang,hang", on("5xx", "num_retries: 1, per_try_timeout: 0.15s")),
        new Case("per-try-too-long", "200", on("5xx", "per_try_timeout: 20s")),
        new Case("per-try-asked", "hang,200", on("5xx"))
            .with("x-envoy-upstream-rq-per-try-timeout-ms", "200"),
        new Case(
            "per-try-answering", "stall", on("5xx", "per_try_timeout: 0.2s") + ", timeout: 0.4s"),
        new Case("per-try-idle", "hang,200", on("5xx", "per_try_idle_timeout: 0.2s")),
        new Case("per-try-idle-answering", "stall,200", on("5xx", "per_try_idle_timeout: 0.2s")),
        new Case(
            "hedge",
            "slow200,200",
            on("5xx", "per_try_timeout: 0.15s")
                + ", hedge_policy: {hedge_on_per_try_timeout: true}"),
        new Case(
            "hedge-first",
            "slow200,hang",
            on("5xx", "num_retries: 1, per_try_timeout: 0.4s")
                + ", hedge_policy: {hedge_on_per_try_timeout: true}"),
        new Case(
            "hedge-bad-first",
            "slow503,slow200",
            on("5xx", "num_retries: 1, per_try_timeout: 0.4s")
                + ", hedge_policy: {hedge_on_per_try_timeout: true}"),
        new Case(
            "hedge-both-bad",
            "slow503,slow503",
            on("5xx", "num_retries: 1, per_try_timeout: 0.4s")
                + ", hedge_policy: {hedge_on_per_try_timeout: true}"),
        new Case("hedge-asked", "slow200,200", on("5xx", "per_try_timeout: 0.15s"))
            .with("x-envoy-hedge-on-per-try-timeout", "true"),
        new Case(
            "hedge-timeout",
            "hang,hang",
            on("5xx", "num_retries: 1, per_try_timeout: 0.15s")
                + ", timeout: 0.4s, hedge_policy: {hedge_on_per_try_timeout: true}"),
        new Case("stream-duration", "hang,200", on("reset"))
            .in("common_http_protocol_options: {max_stream_duration: 0.2s}"),
        new Case("stream-duration-over", "hang", "")
            .in("common_http_protocol_options: {max_stream_duration: 0.2s}"),
        new Case("stream-duration-answering", "stall", "")
            .in("common_http_protocol_options: {max_stream_duration: 0.2s}"),
        new Case("no-retries-allowed", "503,200", on("5xx"))
            .in("circuit_breakers: {thresholds: [{max_retries: 0}]}"),
        new Case("no-requests-allowed", "200", on("5xx,reset"))
            .in("circuit_breakers: {thresholds: [{max_requests: 0}]}"),
        new Case("nobody-may-wait", "200", on("5xx,reset"))
            .in("circuit_breakers: {thresholds: [{max_pending_requests: 0}]}"),
        new Case("high", "200", "priority: HIGH")
            .in("circuit_breakers: {thresholds: [{max_requests: 0}, {priority: HIGH}]}"),
        new Case("high-none", "200", "priority: HIGH")
            .in(
                "circuit_breakers: {thresholds: [{priority: HIGH, max_requests: 0, track_remaining: true}]}"),
        new Case("no-pools", "200", "")
            .in("circuit_breakers: {thresholds: [{max_connection_pools: 0}]}"),
        new Case("budget", "503,200", on("5xx"))
            .in(
                "circuit_breakers: {thresholds: [{retry_budget: {min_retry_concurrency: 1}, track_remaining: true}]}"),
        new Case("budget-none", "503,200", on("5xx"))
            .in(
                "circuit_breakers: {thresholds: [{retry_budget: {budget_percent: {value: 0}, min_retry_concurrency: 0}}]}"),
        new Case("asked-internal", "200", ""),
        new Case("canary", "200;x-envoy-upstream-canary=true", ""),
        new Case("attempt-count", "503,200", on("5xx")),
        new Case("nobody", "dead", on("connect-failure")),
        new Case("nobody-reset", "dead", on("reset", "num_retries: 1")),
        new Case("nobody-before", "dead", on("reset-before-request", "num_retries: 1")),
        new Case("nobody-no-retry", "dead", ""));
  }

  @BeforeAll
  static void start() {
    for (Subject subject : Subject.values()) {
      SIDES.put(subject, new Side(subject));
    }
  }

  @AfterAll
  static void stop() throws IOException {
    STARTED.close();
  }

  private static Side side(Subject subject) {
    return Objects.requireNonNull(SIDES.get(subject));
  }

  /** One proxy with its upstream. */
  private static final class Side {
    final AttemptOrigin origin = STARTED.keep(new AttemptOrigin("one"));
    final Path log = STARTED.directory().resolve("access-" + System.identityHashCode(this));
    final Proxy proxy;
    final InetSocketAddress ingress;
    final InetSocketAddress within;

    Side(Subject subject) {
      proxy =
          STARTED
              .start(subject, List.of(), bootstrap(), List.of("--file-flush-interval-msec", "20"))
              .awaitLive();
      ingress = proxy.listener("ingress");
      within = proxy.listener("within");
    }

    private String bootstrap() {
      StringBuilder routes = new StringBuilder();
      StringBuilder clusters = new StringBuilder();
      cases()
          .forEach(
              c -> {
                routes.append(
                    "{match: {prefix: /%s/}, route: {cluster: %s%s}},\n"
                        .formatted(c.name, c.name, c.route.isEmpty() ? "" : ", " + c.route));
                clusters.append(
                    "  - {name: %s, type: STATIC, connect_timeout: 1s, load_assignment: {cluster_name: %s, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}]}]}%s}\n"
                        .formatted(
                            c.name,
                            c.name,
                            c.acts.equals("dead") ? deadPort() : origin.address().getPort(),
                            c.cluster.isEmpty() ? "" : ", " + c.cluster));
              });
      return """
          admin:
            address: {socket_address: {address: 127.0.0.1, port_value: 0}}
          static_resources:
            clusters:
          """
          + clusters
          + "  listeners:\n"
          + listener("ingress", "", routes)
          + listener(
              "within",
              "use_remote_address: true, internal_address_config: {cidr_ranges:"
                  + " [{address_prefix: 127.0.0.0, prefix_len: 8}]},",
              routes);
    }

    private String listener(String name, String manager, CharSequence routes) {
      return """
            - name: %s
              address: {socket_address: {address: 127.0.0.1, port_value: 0}}
              filter_chains:
              - filters:
                - name: envoy.filters.network.http_connection_manager
                  typed_config: {
                    "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager,
                    stat_prefix: ingress, %s
                    access_log: [{name: file, typed_config: {
                      "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog,
                      path: %s,
                      log_format: {text_format_source: {inline_string: "%%REQ(X-CASE)%% %%RESPONSE_CODE%% %%RESPONSE_FLAGS%% %%RESPONSE_CODE_DETAILS%% tries %%UPSTREAM_REQUEST_ATTEMPT_COUNT%% %%UPSTREAM_CLUSTER%%\\n"}}}}],
                    route_config: {name: routes, virtual_hosts: [{name: all, domains: ["*"],
                      include_request_attempt_count: true, include_attempt_count_in_response: true,
                      include_is_timeout_retry_header: true, routes: [%s]}]},
                    http_filters: [{name: envoy.filters.http.router, typed_config: {
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}]}
          """
          .formatted(name, manager, log, routes);
    }

    private static int deadPort() {
      try (ServerSocket socket = new ServerSocket(0)) {
        return socket.getLocalPort();
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }

    String logged(String name) {
      return await("a line of " + name)
          .until(
              () ->
                  Files.readString(log)
                      .lines()
                      .filter(line -> line.startsWith(name + " "))
                      .reduce("", (one, two) -> two),
              line -> !line.isEmpty());
    }

    /** Everything that can be known of one case. */
    Map<String, Object> observe(Case c) {
      Map<String, String> headers = new LinkedHashMap<>(c.headers);
      headers.put("x-case", c.name);
      Map<String, Object> all = new LinkedHashMap<>();
      try {
        Http.Response response =
            Http.request(
                c.asksForIt() ? within : ingress,
                "POST",
                "/" + c.name + "/" + c.acts,
                headers,
                "hello");
        all.put("status", response.status());
        all.put("head", head(response.head()));
        all.put("body", response.body());
      } catch (RuntimeException e) {
        all.put("status", "none");
      }
      all.put("logged", logged(c.name));
      List<String> seen = new ArrayList<>();
      for (AttemptOrigin.Seen each : origin.seen(c.name)) {
        Map<String, String> kept = new TreeMap<>(each.headers());
        BY_CHANCE.forEach(kept::remove);
        boolean late = each.headers().getOrDefault("x-envoy-attempt-count", "1").equals("1");
        if (!late) {
          kept.computeIfPresent("x-envoy-expected-rq-timeout-ms", (k, v) -> "less");
        }
        kept.remove("host");
        seen.add(each.method() + " " + each.path() + " " + kept + " " + each.body());
      }
      all.put("seen", seen);
      all.put("counted", counted(c.name));
      return all;
    }

    private Map<String, String> counted(String name) {
      Map<String, String> counted = new TreeMap<>();
      String prefix = "cluster." + name + ".";
      proxy
          .stats()
          .forEach(
              (key, value) -> {
                if (key.startsWith(prefix)
                    && !value.equals("0")
                    // Without a limit, Envoy's largest number.
                    && !key.endsWith("remaining_cx_pools")
                    && key.matches(
                        ".*(upstream_rq_|upstream_cx_(total|overflow|pool_overflow|none_healthy|connect_fail|destroy|protocol_error|close_notify|max)|circuit_breakers|retry_or_shadow|internal_redirect).*")
                    && !key.matches(
                        ".*upstream_rq_time.*|.*upstream_rq_per_cx|.*_ms|.*upstream_rq_active")) {
                  counted.put(key.substring(prefix.length()), value);
                }
              });
      return counted;
    }

    private static String head(String head) {
      return head.lines()
          .filter(
              line ->
                  BY_CHANCE.stream()
                      .noneMatch(
                          name -> line.toLowerCase(java.util.Locale.ROOT).startsWith(name + ":")))
          .sorted()
          .toList()
          .toString();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void triesEndAlike(Case c) {
    Map<String, Object> envoys = side(Subject.ENVOY).observe(c);
    if (System.getenv("PRINT_CASES") != null) {
      System.out.println(c + ": " + envoys);
      return;
    }
    assertThat(side(Subject.BIFOCAL).observe(c)).isEqualTo(envoys);
  }
}
