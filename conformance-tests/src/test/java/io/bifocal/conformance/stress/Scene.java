package io.bifocal.conformance.stress;

import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.bifocal.conformance.stress.Ledger.Asked;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.stream.Stream;

/**
 * A subject before two upstreams: {@code /one/…} goes to one that speaks HTTP/1.1, {@code /two/…}
 * to one that speaks HTTP/2. Nothing is tried again but what is asked for below {@code /one/again}
 * and {@code /two/again}. Buffers and windows are small, and may be widened by the byte.
 */
final class Scene {
  static final int BUFFER = 32 * 1024;
  static final int RETRIES = 2;

  private static final String LOG =
      "%REQ(:PATH)% %PROTOCOL% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%";

  final Ledger ledger = new Ledger();
  final Origin one;
  final Origin two;
  final Proxy proxy;
  final InetSocketAddress door;
  private final Path log;

  Scene(Stage stage, Subject subject, int onePort, int twoPort) {
    log = stage.directory().resolve("access.log");
    one = stage.keep(Origin.http1(ledger, onePort));
    two = stage.keep(Origin.http2(ledger, twoPort));
    proxy = stage.start(subject, bootstrap()).awaitLive();
    door = proxy.listener("ingress");
  }

  /** Stops the load, and tells of which requests this does not hold, in the words of the log. */
  List<String> exceptions(Load load, BiPredicate<Asked, Integer> expected) {
    load.stop();
    Map<String, String> exceptions = ledger.exceptions(expected);
    if (exceptions.isEmpty()) {
      return List.of();
    }
    try (Stream<String> lines = Files.lines(log)) {
      lines.forEach(
          line ->
              exceptions.computeIfPresent(
                  line.substring(0, line.indexOf(' ')), (path, told) -> told + ": " + line));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return List.copyOf(exceptions.values());
  }

  private String bootstrap() {
    String ingress =
        Bootstraps.ingress(
                """
                delayed_close_timeout: 0.01s
                http2_protocol_options: {initial_stream_window_size: 65536}
                route_config:
                  name: routes
                  virtual_hosts:
                  - name: all
                    domains: ["*"]
                    routes:
                    - {match: {prefix: /one/again}, route: {cluster: one, timeout: 0s, retry_policy: &again {retry_on: "connect-failure,reset", num_retries: %d}}}
                    - {match: {prefix: /two/again}, route: {cluster: two, timeout: 0s, retry_policy: *again}}
                    - {match: {prefix: /one}, route: {cluster: one, timeout: 0s}}
                    - {match: {prefix: /two}, route: {cluster: two, timeout: 0s}}
                """
                        .formatted(RETRIES)
                    + Bootstraps.accessLog(log, LOG))
            .replace(
                "    filter_chains:",
                "    per_connection_buffer_limit_bytes: %d\n    filter_chains:".formatted(BUFFER));
    return ingress + cluster("one", one, "") + cluster("two", two, HTTP2);
  }

  private static final String HTTP2 =
      "typed_extension_protocol_options: {envoy.extensions.upstreams.http.v3.HttpProtocolOptions:"
          + " {'@type': type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions,"
          + " explicit_http_config: {http2_protocol_options: {initial_stream_window_size: 65536}}}}";

  private static String cluster(String name, Origin origin, String more) {
    return """
          - name: %1$s
            type: STATIC
            connect_timeout: 5s
            per_connection_buffer_limit_bytes: %2$d
            load_assignment:
              cluster_name: %1$s
              endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %3$d}}}}]}]
            %4$s
        """
        .formatted(name, BUFFER, origin.address().getPort(), more);
  }
}
