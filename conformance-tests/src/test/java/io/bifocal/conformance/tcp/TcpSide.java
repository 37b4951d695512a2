package io.bifocal.conformance.tcp;

import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.AccessLogFile;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** A proxy of either kind with an upstream of its own, and what it tells of connections. */
final class TcpSide {
  private static final Pattern COUNTED =
      Pattern.compile("(tcp|cluster)\\..*(?<!_ms|_active|_buffered|\\.cx_open|_open)");

  private static final Pattern END = Pattern.compile("TcpConnectionEnd|DownstreamEnd");
  private static final String FORMAT =
      "%ACCESS_LOG_TYPE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS%"
          + " %BYTES_RECEIVED% %BYTES_SENT% %UPSTREAM_REQUEST_ATTEMPT_COUNT%"
          + " %UPSTREAM_TRANSPORT_FAILURE_REASON% %UPSTREAM_CLUSTER% %FILTER_CHAIN_NAME%"
          + " %FILTER_STATE(envoy.tcp_proxy.propagate_response_headers)%"
          + " %FILTER_STATE(envoy.tcp_proxy.propagate_response_trailers)%"
          + " %DOWNSTREAM_DETECTED_CLOSE_TYPE% %UPSTREAM_DETECTED_CLOSE_TYPE%"
          + " %DOWNSTREAM_LOCAL_CLOSE_REASON% %UPSTREAM_LOCAL_CLOSE_REASON%";

  private static final String BEGINNING =
      """
      admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
      static_resources:
        listeners:
      """;

  final Path log;
  final ServerSocket upstream;
  final Proxy proxy;
  private int lines;

  /** Makes the configuration, of which the listeners come first. */
  @FunctionalInterface
  interface Configuration {
    String of(Path log, int upstreamPort);
  }

  /** What a client and an upstream do; what they see is noted. */
  @FunctionalInterface
  interface Play {
    void run(TcpSide side, List<String> seen) throws IOException;
  }

  /** A play with a name for reports. */
  record Named(String name, Play play) {
    @Override
    public String toString() {
      return name;
    }
  }

  TcpSide(Subject subject, Started started, Configuration configuration) {
    log = started.directory().resolve("access-" + System.identityHashCode(this));
    try {
      upstream = started.keep(new ServerSocket(0, 50)); // on every address of loopback
      upstream.setSoTimeout(5_000);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    proxy =
        started
            .start(
                subject,
                List.of(),
                BEGINNING + configuration.of(log, upstream.getLocalPort()),
                List.of("--file-flush-interval-msec", "20"))
            .awaitLive();
  }

  /**
   * A listener with one TCP proxy, which logs what it knows of a connection.
   *
   * @param proxy the rest of its configuration
   */
  static String listener(String name, Path log, String proxy) {
    return listener(name, 0, "", tcpProxy(name, log, proxy));
  }

  /**
   * A listener with one filter.
   *
   * @param before {@code listener_filters}, separated by commas
   */
  static String listener(String name, int port, String before, String filter) {
    return """
          - name: %s
            address: {socket_address: {address: 127.0.0.1, port_value: %d}}
            listener_filters: [%s]
            filter_chains:
            - filters:
              - name: f
                typed_config:
        %s"""
        .formatted(name, port, before, filter.indent(10));
  }

  /** A TCP proxy's configuration. */
  static String tcpProxy(String name, Path log, String proxy) {
    return """
        "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
        stat_prefix: %s
        %s
        %s
        """
        .formatted(name, proxy, accessLog(log, FORMAT));
  }

  /** A file's. */
  static String accessLog(Path log, String format) {
    return """
        access_log: [{name: file, typed_config: {"@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog, \
        path: %s, log_format: {text_format_source: {inline_string: "%s\\n"}}}}]"""
        .formatted(log, format);
  }

  /** A cluster of one host. */
  static String cluster(String name, String options, int port) {
    return """
          - {name: %1$s, type: STATIC, %2$s load_assignment: {cluster_name: %1$s, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %3$d}}}}]}]}}
        """
        .formatted(name, options, port);
  }

  Talk connect(String listener) {
    return new Talk(proxy.listener(listener));
  }

  Talk accept() throws IOException {
    return new Talk(upstream.accept());
  }

  /** What both ends saw, what was logged, and what was counted. */
  String play(Play play) throws IOException {
    Map<String, Long> before = counted();
    List<String> seen = new ArrayList<>();
    play.run(this, seen);
    List<String> logged = new ArrayList<>();
    await("the end of it in the log")
        .until(
            () -> {
              List<String> all = AccessLogFile.lines(log);
              logged.clear();
              logged.addAll(all.subList(lines, all.size()));
              return logged.stream().anyMatch(line -> END.matcher(line).lookingAt());
            },
            Boolean::booleanValue);
    lines += logged.size();
    await("no connection but in a cluster that keeps them")
        .until(
            () ->
                proxy.stats().entrySet().stream()
                    .filter(e -> e.getKey().matches("(tcp|cluster)\\..*_(cx|rq)_active"))
                    .filter(e -> !e.getKey().startsWith("cluster.kept.upstream_cx"))
                    .allMatch(e -> e.getValue().equals("0")));
    seen.addAll(logged.stream().distinct().sorted().toList());
    Map<String, Long> counts = counted();
    counts.replaceAll((name, count) -> count - before.getOrDefault(name, 0L));
    counts.values().removeIf(count -> count == 0);
    seen.add(counts.toString());
    return String.join("\n", seen);
  }

  private Map<String, Long> counted() {
    Map<String, Long> counts = new TreeMap<>();
    proxy
        .stats()
        .forEach(
            (name, value) -> {
              if (COUNTED.matcher(name).matches()
                  && !name.contains(".connect.") // races, which Envoy does not count
                  && !name.endsWith("lb_healthy_panic") // Envoy's of a cluster without hosts, too
                  && !name.contains(".ring_hash_lb.") // when a ring is made
                  && !name.contains("nghttp2") // which library it is
                  && value.chars().allMatch(Character::isDigit)) {
                counts.put(name, Long.parseLong(value));
              }
            });
    return counts;
  }
}
