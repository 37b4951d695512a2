package io.bifocal.conformance.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.AccessLogFile;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.SideBySide;
import io.bifocal.conformance.Sides;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What a matcher of headers is true of, in a route and in a log's filter: a header that is missing,
 * empty, there once or several times.
 */
class HeaderMatchersBesideEnvoyTest {
  private static final String TYPE = "type.googleapis.com/envoy.extensions.";

  private static final List<String> CONDITIONS =
      List.of(
          "string_match: {exact: a}",
          "string_match: {exact: \"a,b\"}",
          "string_match: {suffix: b}",
          "string_match: {contains: \"a,\"}",
          "string_match: {safe_regex: {regex: \"a.*\"}}",
          "exact_match: b",
          "range_match: {start: 0, end: 10}",
          "present_match: true",
          "present_match: false",
          "");

  private static final List<String> VARIANTS =
      List.of(
          "",
          ", invert_match: true",
          ", treat_missing_header_as_empty: true",
          ", invert_match: true, treat_missing_header_as_empty: true");

  private static final List<String> HEADERS =
      List.of("", "x: a", "x: b", "x: a|x: b", "x: b|x: a", "x: 5", "x: 5|x: 60", "x:", "x:|x:");

  @RegisterExtension static final Sides<Side> SIDES = new Sides<>(Side::new);

  private static List<String> matchers() {
    List<String> all = new ArrayList<>();
    for (String condition : CONDITIONS) {
      VARIANTS.forEach(
          variant ->
              all.add(
                  "{name: x%s%s}".formatted(condition.isEmpty() ? "" : ", " + condition, variant)));
    }
    return all;
  }

  /** A proxy that answers by itself, with a route and a log for each matcher. */
  private static final class Side {
    private static final String END = "end";

    private final Path log;
    private final Proxy proxy;

    Side(Subject subject, Started started) {
      log = started.directory().resolve(subject + ".log");
      proxy =
          started
              .start(
                  subject,
                  List.of(),
                  bootstrap(),
                  List.of("--file-flush-interval-msec", "20", "-l", "warning"))
              .awaitLive();
    }

    private String bootstrap() {
      StringBuilder routes = new StringBuilder();
      StringBuilder written = new StringBuilder();
      int at = 0;
      for (String matcher : matchers()) {
        routes.append(
            "{match: {prefix: /%d/, headers: [%s]}, direct_response: {status: 200}}, "
                .formatted(at, matcher));
        written.append(written(at, "filter: {header_filter: {header: %s}},".formatted(matcher)));
        at++;
      }
      written.append(written(END, ""));
      return """
          admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
          static_resources:
            listeners:
            - {name: in, address: {socket_address: {address: 127.0.0.1, port_value: 0}}, filter_chains: [{filters: [{name: http, typed_config: {
                "@type": %1$sfilters.network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: s, access_log: [%2$s],
                route_config: {virtual_hosts: [{name: v, domains: ["*"], routes: [%3$s]}]},
                http_filters: [{name: router, typed_config: {"@type": %1$sfilters.http.router.v3.Router}}]}}]}]}
          """
          .formatted(TYPE, written, routes);
    }

    private String written(Object which, String filter) {
      return "{name: log, %s typed_config: {\"@type\": %saccess_loggers.file.v3.FileAccessLog, path: %s, log_format: {text_format_source: {inline_string: \"%%REQ(N)%% %s\\n\"}}}}, "
          .formatted(filter, TYPE, log, which);
    }

    /** For which headers each matcher holds, of routes and of logs. */
    Map<String, List<String>> holds() {
      List<String> matchers = matchers();
      Map<String, List<String>> found = new LinkedHashMap<>();
      for (int at = 0; at < matchers.size(); at++) {
        List<String> routed = new ArrayList<>();
        for (String headers : HEADERS) {
          if (status("/" + at + "/", "", headers) == 200) {
            routed.add(headers);
          }
        }
        found.put("route " + matchers.get(at), routed);
      }
      for (int n = 0; n < HEADERS.size(); n++) {
        assertThat(status("/", "n: " + n + "|", HEADERS.get(n))).isEqualTo(404);
      }
      String last = HEADERS.size() - 1 + " " + END; // each request's last, too
      await("the last line").until(() -> AccessLogFile.lines(log).contains(last));
      List<String> lines = AccessLogFile.lines(log);
      for (int at = 0; at < matchers.size(); at++) {
        String end = " " + at;
        found.put(
            "log " + matchers.get(at),
            lines.stream()
                .filter(line -> !line.startsWith("-") && line.endsWith(end))
                .map(line -> HEADERS.get(line.charAt(0) - '0'))
                .toList());
      }
      return found;
    }

    private int status(String path, String first, String headers) {
      InetSocketAddress address = proxy.listener("in");
      String fields = (first + headers).isEmpty() ? "" : first + headers + "|";
      String request =
          "GET " + path + " HTTP/1.1\r\nhost: a\r\n" + fields.replace("|", "\r\n") + "\r\n";
      try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
        socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        byte[] start = socket.getInputStream().readNBytes("HTTP/1.1 200".length());
        return Integer.parseInt(new String(start, StandardCharsets.ISO_8859_1).substring(9));
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  @Test
  void theyHoldForTheSameRequests() {
    SideBySide.Both<Map<String, List<String>>> holds = SIDES.ask(Side::holds);
    assertThat(holds.envoy().get("route {name: x, string_match: {exact: a}}"))
        .contains("x: b|x: a");
    assertThat(holds.bifocal()).isEqualTo(holds.envoy());
  }
}
