package io.bifocal.conformance.http;

import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.AccessLogFile;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.Ports;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.SideBySide;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Map.Entry;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * One proxy with a route and a cluster for each {@link RouterCase}. All clusters are of one host at
 * the same upstream; the cluster {@code two}, to which {@code other.example} is routed, is at
 * another one.
 */
final class RouterSide {
  // What differs from run to run, or is nobody's promise.
  private static final List<String> BY_CHANCE =
      List.of("date", "x-envoy-upstream-service-time", "x-request-id");
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  // A pool's limit is Envoy's largest number where there is none; the rest are gauges.
  private static final Pattern CHANGING =
      Pattern.compile(
          ".*(upstream_rq_per_cx|_ms|upstream_rq_time|upstream_rq_(pending_)?active|\\.remaining_.*)");

  private static final String LOGGED =
      "%REQ(X-CASE)% %REQ(:METHOD)% %REQ(:AUTHORITY)% %REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS%"
          + " %RESPONSE_CODE_DETAILS% tries %UPSTREAM_REQUEST_ATTEMPT_COUNT% %ROUTE_NAME%"
          + " %UPSTREAM_CLUSTER% %BYTES_RECEIVED% %BYTES_SENT%";

  private static final String FILTERS = "type.googleapis.com/envoy.extensions.filters.http.";

  /** What ends the filters between the router and an upstream. */
  static final String CODEC =
      "{name: codec, typed_config: {\"@type\": " + FILTERS + "upstream_codec.v3.UpstreamCodec}}";

  /** Trusts clients. */
  private static final String WITHIN =
      "use_remote_address: true, internal_address_config: {cidr_ranges:"
          + " [{address_prefix: 127.0.0.0, prefix_len: 8}]},";

  /** Of each listener, further fields of the connection manager and those of the router. */
  private static final Map<String, Entry<String, String>> LISTENERS =
      Map.ofEntries(
          listener("logging", "", ", upstream_log: [UPSTREAM_LOG]"),
          listener(
              "logging_twice",
              "",
              ", upstream_log: [UPSTREAM_LOG], upstream_log_options:"
                  + " {flush_upstream_log_on_upstream_stream: true}"),
          listener(
              "logging_often",
              "",
              ", upstream_log: [UPSTREAM_LOG], upstream_log_options:"
                  + " {upstream_log_flush_interval: 1s}"),
          listener("ingress", "", ""),
          listener(
              "strict",
              WITHIN,
              ", strict_check_headers: [x-envoy-upstream-rq-timeout-ms,"
                  + " x-envoy-upstream-rq-per-try-timeout-ms, x-envoy-max-retries,"
                  + " x-envoy-retry-on, x-envoy-retry-grpc-on]"),
          listener(
              "filtering",
              "",
              ", upstream_http_filters: [" + mutating("router", "router") + CODEC + "]"),
          listener("cased", "http_protocol_options: {header_key_format: " + cased("") + "},", ""),
          listener(
              "cased_capitals",
              "http_protocol_options: {header_key_format: "
                  + cased(", formatter_type_on_envoy_headers: PROPER_CASE")
                  + "},",
              ""),
          listener("silent_of_calls", "", ", suppress_grpc_request_failure_code_stats: true"),
          listener("silent", "", ", suppress_envoy_headers: true"),
          listener("within", WITHIN, ""));

  private final AttemptOrigin one;
  private final AttemptOrigin two;
  private final Path log;
  private final Proxy proxy;
  private Map<String, String> before = Map.of();

  // What the router's own log has.
  private static final String UPSTREAM_LOGGED =
      "%REQ(X-CASE)% %ACCESS_LOG_TYPE% %REQ(:METHOD)% %REQ(:AUTHORITY)% %REQ(:PATH)% %PROTOCOL%"
          + " %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %RESP(X-ORIGIN)%"
          + " tries %UPSTREAM_REQUEST_ATTEMPT_COUNT% %ROUTE_NAME% %UPSTREAM_CLUSTER%"
          + " %BYTES_RECEIVED% %BYTES_SENT% %UPSTREAM_TRANSPORT_FAILURE_REASON%";

  private RouterSide(AttemptOrigin one, AttemptOrigin two, Path log, Proxy proxy) {
    this.one = one;
    this.two = two;
    this.log = log;
    this.proxy = proxy;
  }

  private static Entry<String, Entry<String, String>> listener(
      String name, String manager, String router) {
    return Map.entry(name, Map.entry(manager, router));
  }

  /** A format that keeps names as they came, with further fields. */
  static String cased(String more) {
    return "{stateful_formatter: {name: preserve_case, typed_config: {\"@type\":"
        + " type.googleapis.com/envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig"
        + more
        + "}}}";
  }

  /** A filter, with a comma behind it. */
  static String filter(String name, String type, String fields) {
    return "{name: %s, typed_config: {\"@type\": %s%s, %s}}, "
        .formatted(name, FILTERS, type, fields);
  }

  /** A filter that adds to both heads, with a comma behind it. */
  static String mutating(String name, String value) {
    return filter(name, "header_mutation.v3.HeaderMutation", "mutations: " + mutations(value));
  }

  /** What adds to both heads. */
  static String mutations(String value) {
    String append = "[{append: {header: {key: %s, value: \"%s\"}}}]";
    return "{request_mutations: %s, response_mutations: %s}"
        .formatted(append.formatted("x-asked", value), append.formatted("x-answered", value));
  }

  /** Makes sides for these cases. */
  static SideBySide.Maker<RouterSide> of(List<RouterCase> cases) {
    return (subject, started) -> make(subject, started, cases);
  }

  private static RouterSide make(Subject subject, Started started, List<RouterCase> cases) {
    AttemptOrigin one = started.keep(new AttemptOrigin("one"));
    AttemptOrigin two = started.keep(new AttemptOrigin("two"));
    Path log = started.directory().resolve(subject + ".access.log");
    Proxy proxy =
        started
            .start(
                subject,
                List.of(),
                bootstrap(cases, one, two, log),
                List.of("--file-flush-interval-msec", "20", "-l", "warning"))
            .awaitLive();
    return new RouterSide(one, two, log, proxy);
  }

  private static String bootstrap(
      List<RouterCase> cases, AttemptOrigin one, AttemptOrigin two, Path log) {
    StringBuilder clusters = new StringBuilder(cluster("two", two.address().getPort(), ""));
    for (RouterCase c : cases) {
      int port = c.acts().equals("dead") ? Ports.free() : one.address().getPort();
      clusters.append(cluster(c.name(), port, c.cluster()));
    }
    StringBuilder listeners = new StringBuilder();
    LISTENERS.forEach(
        (name, fields) ->
            listeners.append(
                listener(
                    name,
                    fields,
                    cases.stream().filter(c -> c.listener().equals(name)).toList(),
                    log)));
    return """
    admin:
      address: {socket_address: {address: 127.0.0.1, port_value: 0}}
    layered_runtime: {layers: [{name: static, static_layer: {upstream.maintenance_mode.maintenance: 100}}]}
    static_resources:
      clusters:
    %s
      listeners:
    %s
    """
        .formatted(clusters, listeners);
  }

  private static String cluster(String name, int port, String more) {
    return "  - {name: %s, type: STATIC, connect_timeout: 1s, load_assignment: {cluster_name: %s, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}]}]%s\n"
        .formatted(name, name, port, fields(more));
  }

  // A policy is the assignment's; anything else the cluster's.
  private static String fields(String more) {
    if (more.isEmpty()) {
      return "}}";
    }
    return more.startsWith("policy: ") ? ", " + more + "}}" : "}, " + more + "}";
  }

  private static String listener(
      String name, Entry<String, String> fields, List<RouterCase> cases, Path log) {
    StringBuilder routes = new StringBuilder();
    for (RouterCase c : cases) {
      routes.append(
          "{name: %s, stat_prefix: %s, match: {prefix: /%s/}, route: {cluster: %s%s}},\n"
              .formatted(
                  c.name(),
                  c.name(),
                  c.name(),
                  c.name(),
                  c.route().isEmpty() ? "" : ", " + c.route()));
    }
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
                path: %s, log_format: {text_format_source: {inline_string: "%s\\n"}}}}],
              route_config: {name: routes, validate_clusters: false, virtual_hosts: [
                {name: other, domains: [other.example], routes: [{name: target, match: {prefix: /}, route: {cluster: two}}]},
                {name: nowhere, domains: [nowhere.example], routes: []},
                {name: all, domains: ["*"], include_request_attempt_count: true,
                 include_attempt_count_in_response: true, include_is_timeout_retry_header: true,
                 virtual_clusters: [{name: counted, headers: [{name: x-counted, present_match: true}]}],
                 routes: [%s]}]},
              http_filters: [{name: envoy.filters.http.router, typed_config: {
                "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router%s}}]}
    """
        .formatted(
            name,
            fields.getKey(),
            log,
            LOGGED,
            routes,
            fields.getValue().replace("UPSTREAM_LOG", upstreamLog(log)));
  }

  private static String upstreamLog(Path log) {
    return """
    {name: file, typed_config: {
      "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog,
      path: %s.upstream, log_format: {text_format_source: {inline_string: "%s\\n"}}}}\
    """
        .formatted(log, UPSTREAM_LOGGED);
  }

  /** A statistic as it is now. */
  String stat(String name) {
    return proxy
        .stats(Pattern.compile("^" + name.replace(".", "\\.") + "$"))
        .getOrDefault(name, "0");
  }

  /** Everything that can be known of one case, a line each. */
  List<String> observe(RouterCase c) {
    before = counters(c.name());
    List<String> all = new ArrayList<>();
    answer(c, all);
    await("lines of " + c)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(10))
        .until(
            () ->
                lines(log, c.name()).size() >= c.lines()
                    && lines(upstreamLog(), c.name()).size() >= c.upstreamLines());
    lines(log, c.name()).forEach(line -> all.add("logged " + line));
    lines(upstreamLog(), c.name()).forEach(line -> all.add("logged upstream " + line));
    await("the end of " + c)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(10))
        .until(() -> isQuiet(c.name()));
    seen("one", one, c, all);
    seen("two", two, c, all);
    counters(c.name())
        .forEach(
            (key, value) -> {
              if (!value.equals(before.getOrDefault(key, "0"))) {
                all.add("counted " + key + counted(key, value));
              }
            });
    return all;
  }

  // Of what has a name of the case's own, how often too.
  private static String counted(String key, String value) {
    boolean shared = key.matches("cluster\\.two\\..*|http\\..*|vhost\\.all\\.vcluster\\..*");
    return shared ? "" : " " + value;
  }

  private boolean isQuiet(String name) {
    return proxy
        .stats(
            Pattern.compile("^cluster\\.(two|%s)\\.upstream_rq_(pending_)?active$".formatted(name)))
        .values()
        .stream()
        .allMatch("0"::equals);
  }

  private void answer(RouterCase c, List<String> all) {
    Map<String, String> headers = new LinkedHashMap<>(c.headers());
    headers.put("x-case", c.name());
    Http.Response response;
    try {
      response =
          Http.request(
              proxy.listener(c.listener()),
              "POST",
              "/" + c.name() + "/" + c.acts(),
              headers,
              c.body());
    } catch (RuntimeException e) {
      all.add("no answer");
      return;
    }
    response
        .head()
        .lines()
        .filter(line -> BY_CHANCE.stream().noneMatch(line.toLowerCase(Locale.ROOT)::startsWith))
        .sorted()
        .forEach(all::add);
    all.add("body " + response.body());
  }

  private Path upstreamLog() {
    return log.resolveSibling(log.getFileName() + ".upstream");
  }

  private static List<String> lines(Path log, String name) {
    return AccessLogFile.lines(log).stream().filter(l -> l.startsWith(name + " ")).toList();
  }

  private static void seen(String which, AttemptOrigin origin, RouterCase c, List<String> all) {
    for (AttemptOrigin.Seen each : origin.seen(c.name())) {
      Map<String, String> kept = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
      kept.putAll(each.headers());
      BY_CHANCE.forEach(kept::remove);
      kept.computeIfPresent("x-forwarded-for", (k, v) -> v.replaceAll("[0-9.:]+", "ip"));
      if (!each.headers().getOrDefault("x-envoy-attempt-count", "1").equals("1")) {
        kept.computeIfPresent("x-envoy-expected-rq-timeout-ms", (k, v) -> "less");
      }
      all.add(which + " saw " + each.method() + " " + each.path() + " " + kept + each.body());
    }
  }

  private Map<String, String> counters(String name) {
    Pattern asked =
        Pattern.compile(
            "^(cluster\\.(two|%1$s)\\..*%2$s|vhost\\.all\\.(vcluster|route\\.%1$s)\\.|http\\.ingress\\.%3$s)"
                .formatted(
                    name,
                    "(upstream_rq_|upstream_cx_(total|overflow|pool_overflow|none_healthy|connect_fail|destroy|protocol_error|close_notify|max)|retry_or_shadow|internal_redirect|circuit_breakers)",
                    "(passthrough|rq_|downstream_rq_(total|\\dxx)$)"));
    Map<String, String> counted = new TreeMap<>();
    proxy
        .stats(asked)
        .forEach(
            (key, value) -> {
              if (!CHANGING.matcher(key).matches() && !value.equals("0")) {
                counted.put(key, value);
              }
            });
    return counted;
  }
}
