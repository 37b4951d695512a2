package io.bifocal.conformance.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * One table of routes in Envoy and in Bifocal, and the same requests to both: what the client gets,
 * and what which upstream sees.
 */
class RoutesBesideEnvoyTest {
  // What differs from run to run, or is nobody's promise.
  private static final List<String> BY_CHANCE =
      List.of("date", "x-envoy-upstream-service-time", "x-request-id");

  private static final int UPSTREAMS = 6;
  private static final Started STARTED = new Started();
  private static final List<HearingUpstream> UPSTREAM = new ArrayList<>();

  @BeforeAll
  static void start() {
    for (int i = 0; i < UPSTREAMS; i++) {
      UPSTREAM.add(STARTED.keep(upstream("u" + i)));
    }
  }

  private static HearingUpstream upstream(String name) {
    return new HearingUpstream(
        request ->
            "HTTP/1.1 200 OK\r\ncontent-length: %d\r\nx-upstream: yes\r\nx-removed: yes\r\n\r\n%s"
                .formatted(name.length(), name));
  }

  @AfterAll
  static void stop() throws IOException {
    STARTED.close();
  }

  private static Proxy proxy(Subject subject, String table) {
    try {
      return STARTED
          .start(
              subject,
              List.of(),
              RouteScene.bootstrap(UPSTREAM.stream().map(HearingUpstream::address).toList(), table),
              List.of("-l", "warning"))
          .awaitLive();
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("cannot start " + subject, STARTED.explain(e));
    }
  }

  /** What comes of every request, by its line. */
  private static Map<String, String> outcomes(Proxy proxy) {
    InetSocketAddress listener = proxy.listener("ingress");
    Map<String, String> outcomes = new LinkedHashMap<>();
    RouteScene.REQUESTS
        .lines()
        .forEach(request -> outcomes.put(request, outcome(listener, request)));
    outcomes.put("what is counted", counted(proxy));
    return outcomes;
  }

  private static String counted(Proxy proxy) {
    return proxy.stats().entrySet().stream()
        .filter(
            stat -> stat.getKey().matches("vhost\\..*|cluster\\..*\\.(ring_hash|maglev)_lb\\..*"))
        .filter(stat -> stat.getValue().matches("[1-9]\\d*"))
        .map(stat -> stat.getKey() + ": " + stat.getValue())
        .collect(Collectors.joining(", "));
  }

  private static String outcome(InetSocketAddress listener, String request) {
    String[] parts = request.split(" \\| ");
    String[] line = parts[0].split(" ");
    StringBuilder head = new StringBuilder();
    head.append(line[0]).append(' ').append(line[2]).append(" HTTP/1.1\r\n");
    head.append("host: ").append(line[1]).append("\r\nconnection: close\r\n");
    for (int i = 1; i < parts.length; i++) {
      head.append(parts[i]).append("\r\n");
    }
    String answer = RawClient.send(listener, head.append("\r\n").toString()).bytes();
    StringBuilder outcome = new StringBuilder(normal(answer));
    for (HearingUpstream upstream : UPSTREAM) {
      upstream.takeHeard().forEach(heard -> outcome.append(" <- ").append(normal(heard)));
    }
    return outcome.toString();
  }

  /** The first line, the headers by name, and what follows. */
  private static String normal(String message) {
    int end = message.indexOf("\r\n\r\n");
    if (end < 0) {
      return "broken: " + message;
    }
    String[] lines = message.substring(0, end).split("\r\n");
    Map<String, String> headers = new TreeMap<>();
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      headers.merge(
          lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
          lines[i].substring(colon + 1).strip(),
          (one, two) -> one + " AND " + two);
    }
    BY_CHANCE.forEach(headers::remove);
    // A cookie that is made tells of a connection's ports.
    headers.computeIfPresent(
        "set-cookie", (name, made) -> made.replaceFirst("\"[0-9a-f]{16}\"", "\"…\""));
    return lines[0] + " " + headers + " " + message.substring(end + 4);
  }

  private static String normal(HearingUpstream.Heard heard) {
    Map<String, String> headers = new TreeMap<>(heard.headers());
    BY_CHANCE.forEach(headers::remove);
    return heard.method() + " " + heard.path() + " " + headers + " " + heard.body();
  }

  private static List<String> differences(Map<String, String> envoy, Map<String, String> bifocal) {
    List<String> differences = new ArrayList<>();
    envoy.forEach(
        (request, outcome) -> {
          if (!outcome.equals(bifocal.get(request))) {
            differences.add(
                "%s%n  Envoy:   %s%n  Bifocal: %s"
                    .formatted(request, outcome, bifocal.get(request)));
          }
        });
    return differences;
  }

  @Test
  void everyRequestGoesWhereEnvoySendsIt() {
    Map<String, String> envoy = outcomes(proxy(Subject.ENVOY, RouteScene.TABLE));
    Map<String, String> bifocal = outcomes(proxy(Subject.BIFOCAL, RouteScene.TABLE));
    assertThat(envoy.values())
        .as("most requests find a route")
        .filteredOn(o -> o.contains(" 200 "))
        .hasSizeGreaterThan(90);

    List<String> differences = differences(envoy, bifocal);
    if (!differences.isEmpty()) {
      fail(differences.size() + " differ:\n" + String.join("\n", differences));
    }

    String wrong = RouteScene.TABLE.replace("prefix_rewrite: /new", "prefix_rewrite: /old");
    assertThat(differences(envoy, outcomes(proxy(Subject.BIFOCAL, wrong))))
        .as("a seeded fault is found, and nothing else")
        .hasSize(4)
        .allMatch(difference -> difference.contains("/new") && difference.contains("/old"));
  }
}
