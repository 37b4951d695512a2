package io.bifocal.conformance.http;

import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.AccessLogFile;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.SideBySide;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One proxy with many connection managers, each on a listener of its own, that differ in what is
 * configured; behind them one upstream. One access log has the lines of all.
 */
final class ManagerSide {
  private static final String LINE =
      "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %REQ(:PATH)% %REQ(:AUTHORITY)%"
          + " %REQ(:SCHEME)% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"
          + " %DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT% %BYTES_SENT% %ACCESS_LOG_TYPE%"
          + " %GRPC_STATUS(SNAKE_STRING)% %QUERY_PARAMS%";

  private static final String ROUTES =
      """
      {name: routes, validate_clusters: false, virtual_hosts: [{name: all, domains: ["*"], routes: [
        {match: {prefix: /none}, route: {cluster: none}},
        {match: {prefix: /dead}, route: {cluster: dead}},
        {match: {prefix: /direct}, direct_response: {status: 418, body: {inline_string: tea}}},
        {match: {prefix: /moved}, redirect: {path_redirect: /x}},
        {match: {prefix: /nowhere}, route: {cluster: none}},
        {match: {prefix: /}, route: {cluster: upstream}}]}]}
      """
          .replace("\n", " "); // a flow that goes on must not be less indented

  private final Proxy proxy;
  private final HearingUpstream upstream;
  private final Path log;

  private ManagerSide(Proxy proxy, HearingUpstream upstream, Path log) {
    this.proxy = proxy;
    this.upstream = upstream;
    this.log = log;
  }

  /**
   * Makes sides.
   *
   * @param managers further fields of each manager by the name of its listener, as flow YAML
   *     without the braces around it
   */
  static SideBySide.Maker<ManagerSide> of(Map<String, String> managers) {
    return (subject, started) -> make(subject, started, managers);
  }

  private static ManagerSide make(Subject subject, Started started, Map<String, String> managers) {
    HearingUpstream upstream = started.keep(new HearingUpstream(ManagerSide::answer));
    Path log = started.directory().resolve(subject + ".access.log");
    StringBuilder listeners = new StringBuilder();
    new TreeMap<>(managers)
        .forEach((name, fields) -> listeners.append(listener(name, fields, log)));
    Proxy proxy =
        started
            .start(
                subject,
                List.of(),
                bootstrap(listeners.toString(), upstream.address().getPort()),
                List.of("--file-flush-interval-msec", "20", "-l", "warning"))
            .awaitLive();
    return new ManagerSide(proxy, upstream, log);
  }

  /** What {@code x-answer} wants added, its bars being line ends. */
  private static String answer(HearingUpstream.Heard request) {
    String more = request.headers().getOrDefault("x-answer", "");
    if (more.equals("none")) {
      return "";
    }
    String fields = more.isEmpty() ? "" : more.replace("|", "\r\n") + "\r\n";
    return "HTTP/1.1 200 OK\r\n" + fields + "content-length: 2\r\n\r\nok";
  }

  private static String bootstrap(String listeners, int upstream) {
    return """
        node: {id: a-node, cluster: a-cluster}
        admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
        static_resources:
          clusters:
          - {name: upstream, type: STATIC, connect_timeout: 5s, load_assignment: {cluster_name: upstream,
              endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}]}]}}
          - {name: dead, type: STATIC, connect_timeout: 5s, load_assignment: {cluster_name: dead,
              endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 1}}}}]}]}}
          listeners:
        %s
        """
        .formatted(upstream, listeners);
  }

  private static String listener(String name, String fields, Path log) {
    return """
          - name: %1$s
            address: {socket_address: {address: 127.0.0.1, port_value: 0}}
            filter_chains:
            - filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config: {
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager,
                  stat_prefix: %1$s,
                  access_log: [{name: file, typed_config: {
                    "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog,
                    path: "%2$s", log_format: {text_format_source: {inline_string: "%1$s %3$s\\n"}}}}],
                  route_config: %4$s,
                  http_filters: [{name: envoy.filters.http.router, typed_config: {
                    "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}]
                  %5$s}
        """
        .formatted(name, log, LINE, ROUTES, fields.isEmpty() ? "" : ", " + fields);
  }

  Proxy proxy() {
    return proxy;
  }

  /** What became of a request: what the client, the upstream and the access log saw of it. */
  record Outcome(List<String> answer, List<String> heard, List<String> logged) {}

  /**
   * Sends bytes to a listener.
   *
   * @param lines how many the access log is to have of it
   */
  Outcome send(String listener, String bytes, int lines) {
    int from = lines(listener).size();
    upstream.takeHeard();
    String answer = RawClient.send(proxy.listener(listener), bytes).bytes();
    List<String> heard = new ArrayList<>();
    for (HearingUpstream.Heard request : upstream.takeHeard()) {
      heard.add(
          request.method() + " " + request.path() + " " + masked(request.headers().toString()));
    }
    List<String> logged =
        await("lines of " + listener)
            .atMost(Duration.ofSeconds(10))
            .pollInterval(Duration.ofMillis(5))
            .until(() -> lines(listener), all -> all.size() >= from + lines);
    return new Outcome(
        parts(masked(answer)), heard, logged.stream().skip(from).map(ManagerSide::masked).toList());
  }

  // The order of headers of different names means nothing (RFC 9110, section 5.3).
  private static List<String> parts(String answer) {
    int end = answer.indexOf("\r\n\r\n");
    if (end < 0) {
      return List.of(answer);
    }
    List<String> parts = new ArrayList<>(List.of(answer.substring(0, end).split("\r\n")));
    parts.sort(null);
    parts.add(answer.substring(end + 4));
    return parts;
  }

  // What differs from run to run: moments, chance and ephemeral ports.
  private static String masked(String text) {
    return text.replaceAll("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID")
        .replaceAll("date: [^\r]*", "date: …")
        .replaceAll("x-envoy-upstream-service-time: \\d+", "x-envoy-upstream-service-time: …")
        .replaceAll("x-forwarded-port=\\d{4,5}", "x-forwarded-port=…");
  }

  private List<String> lines(String listener) {
    return AccessLogFile.lines(log).stream()
        .filter(line -> line.startsWith(listener + " "))
        .toList();
  }
}
