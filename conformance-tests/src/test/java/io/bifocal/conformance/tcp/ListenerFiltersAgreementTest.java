package io.bifocal.conformance.tcp;

import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.AccessLogFile;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Sides;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The same first bytes of connections for Envoy and for Bifocal: which filter chain takes them,
 * what the client gets, what the listener's access log says, and what is counted.
 */
class ListenerFiltersAgreementTest {
  @RegisterExtension static final Sides<Side> SIDES = new Sides<>(Side::new);

  private static final Pattern COUNTED =
      Pattern.compile(
          "(tls_inspector|http_inspector|proxy_proto|listener\\.(?!admin)[a-z]+|downstream_cx_proxy_proto_error)"
              + "(\\.(?!worker_|.*_ms|downstream_cx_active|downstream_pre_cx_active|connections_accepted"
              + "|downstream_cx_destroy|bytes_processed).*)?");

  private static final class Side {
    final Path log;
    final Proxy proxy;
    int lines;

    Side(Subject subject, Started started) {
      log = started.directory().resolve("access-" + System.identityHashCode(this));
      proxy =
          started
              .start(
                  subject, List.of(), bootstrap(log), List.of("--file-flush-interval-msec", "20"))
              .awaitLive();
    }

    /** What became of one connection. */
    String visit(String listener, byte[] first, boolean ends) throws IOException {
      Map<String, Long> before = counted();
      String heard;
      try (Talk talk = new Talk(proxy.listener(listener))) {
        talk.say(first);
        heard = (ends ? talk.endOutput() : talk).hearAll();
      }
      String line =
          await("a line of the log")
              .until(() -> AccessLogFile.lines(log), all -> all.size() > lines)
              .get(lines++);
      Map<String, Long> counts = counted();
      counts.replaceAll((name, count) -> count - before.getOrDefault(name, 0L));
      counts.values().removeIf(count -> count == 0);
      return heard + "\n" + line + "\n" + counts;
    }

    private Map<String, Long> counted() {
      Map<String, Long> counts = new TreeMap<>();
      proxy
          .stats()
          .forEach(
              (name, value) -> {
                if (COUNTED.matcher(name).matches()) {
                  counts.put(name, Long.parseLong(value));
                }
              });
      return counts;
    }
  }

  private static final String TYPES = "type.googleapis.com/envoy.extensions.filters.";
  private static final String INSPECTORS =
      """
      {name: tls, typed_config: {"@type": %1$slistener.tls_inspector.v3.TlsInspector}}, \
      {name: http, typed_config: {"@type": %1$slistener.http_inspector.v3.HttpInspector}}"""
          .formatted(TYPES);
  private static final String PROXY_PROTOCOL =
      """
      {name: pp, typed_config: {"@type": %slistener.proxy_protocol.v3.ProxyProtocol%s}},""";

  private static String bootstrap(Path log) {
    return """
        admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
        static_resources:
          listeners:
        """
        + listener("strict", log, PROXY_PROTOCOL.formatted(TYPES, "") + INSPECTORS)
        + listener(
            "lenient",
            log,
            PROXY_PROTOCOL.formatted(
                    TYPES,
                    ", allow_requests_without_proxy_protocol: true, disallowed_versions: [V1],"
                        + " stat_prefix: lenient")
                + INSPECTORS)
        + listener("plain", log, INSPECTORS)
        + listener("older", log, INSPECTORS)
            .replaceFirst("(?m)^( +)(filter_chain_match)", "$1use_proxy_proto: true\n$1$2")
        + tree(log);
  }

  /** One whose chains are found by a tree; each answers with its name. */
  private static String tree(Path log) {
    StringBuilder chains = new StringBuilder();
    for (String name : List.of("a", "b", "c", "d", "e", "f", "g", "rest")) {
      chains.append(chain(name, ""));
    }
    return """
          - name: tree
            stat_prefix: tree
            address: {socket_address: {address: 127.0.0.1, port_value: 0}}
            listener_filters: [%1$s]
            filter_chain_matcher:
              matcher_tree:
                input: %2$s
                exact_match_map:
                  map:
                    "22": %3$s
                    "23": {matcher: {matcher_tree: {input: %4$s, custom_match: {name: ip, typed_config: {"@type": type.googleapis.com/xds.type.matcher.v3.IPMatcher, range_matchers: [{ranges: [{address_prefix: 1.0.0.0, prefix_len: 8}], on_match: %5$s}, {ranges: [{address_prefix: 1.2.3.0, prefix_len: 24}], on_match: %6$s}]}}}, on_no_match: %7$s}}
                    "24": {matcher: {matcher_list: {matchers: [{predicate: {and_matcher: {predicate: [{single_predicate: {input: %8$s, value_match: {suffix: .example}}}, {not_matcher: {single_predicate: {input: %8$s, value_match: {exact: b.example}}}}]}}, on_match: %7$s}, {predicate: {single_predicate: {input: %9$s, value_match: {contains: h2}}}, on_match: %10$s}]}}}
                    "25": {matcher: {matcher_tree: {input: %11$s, exact_match_map: {map: {local: %12$s}}}}}
                    "26": {matcher: {matcher_tree: {input: %13$s, prefix_match_map: {map: {"1": %5$s, "11": %6$s}}}}}
              on_no_match: %14$s
            filter_chains:
        %15$s
            default_filter_chain:
              name: default
              filters:
              - {name: d, typed_config: {"@type": %16$snetwork.direct_response.v3.Config, response: {inline_string: "default"}}}
        %17$s
        """
        .formatted(
            PROXY_PROTOCOL.formatted(TYPES, "") + INSPECTORS,
            input("DestinationPortInput"),
            chosen("a"),
            input("SourceIPInput"),
            chosen("b"),
            chosen("c"),
            chosen("d"),
            input("ServerNameInput"),
            input("ApplicationProtocolInput"),
            chosen("e"),
            input("SourceTypeInput"),
            chosen("f"),
            input("SourcePortInput"),
            chosen("rest"),
            chains.toString().indent(2),
            TYPES,
            accessLog(log));
  }

  private static String input(String type) {
    return "{name: i, typed_config: {\"@type\":"
        + " type.googleapis.com/envoy.extensions.matching.common_inputs.network.v3."
        + type
        + "}}";
  }

  private static String chosen(String chain) {
    return "{action: {name: "
        + chain
        + ", typed_config: {\"@type\": type.googleapis.com/google.protobuf.StringValue, value: "
        + chain
        + "}}}";
  }

  /** A listener whose chains answer with their names. */
  private static String listener(String name, Path log, String filters) {
    StringBuilder chains = new StringBuilder();
    for (String[] chain :
        new String[][] {
          {"exact", "server_names: [a.example]"},
          {"wild", "server_names: ['*.example']"},
          {"h2", "transport_protocol: tls, application_protocols: [h2]"},
          {"tls", "transport_protocol: tls"},
          {"http11", "application_protocols: [http/1.1]"},
          {"http10", "application_protocols: [http/1.0]"},
          {"h2c", "application_protocols: [h2c]"},
          {"port", "destination_port: 22"},
          {
            "range",
            "destination_port: 23, prefix_ranges: [{address_prefix: 5.6.0.0, prefix_len: 16}]"
          },
          {
            "source",
            "destination_port: 24, source_prefix_ranges: [{address_prefix: 1.2.3.4, prefix_len: 32}]"
          },
          {"outside", "destination_port: 24, source_type: EXTERNAL"},
          {
            "direct",
            "destination_port: 25, direct_source_prefix_ranges: [{address_prefix: 127.0.0.0, prefix_len: 8}]"
          },
          {"ports", "destination_port: 26, source_ports: [11, 12]"}
        }) {
      chains.append(chain(chain[0], "filter_chain_match: {" + chain[1] + "}"));
    }
    return """
          - name: %1$s
            stat_prefix: %1$s
            address: {socket_address: {address: 127.0.0.1, port_value: 0}}
            listener_filters: [%2$s]
            filter_chains:
        %3$s
        %4$s
        """
        .formatted(name, filters, chains.toString().indent(2), accessLog(log));
  }

  private static String chain(String name, String match) {
    return """
            - name: %1$s
              %2$s
              filters:
              - {name: d, typed_config: {"@type": %3$snetwork.direct_response.v3.Config, response: {inline_string: "%1$s"}}}
        """
        .formatted(name, match, TYPES);
  }

  private static String accessLog(Path log) {
    return """
            access_log:
            - name: file
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
                path: %s
                log_format:
                  text_format_source:
                    inline_string: "%%RESPONSE_FLAGS%% %%RESPONSE_CODE_DETAILS%% %%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%% %%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%% %%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%% %%REQUESTED_SERVER_NAME%% %%FILTER_CHAIN_NAME%%\\n"
        """
        .formatted(log);
  }

  /** Who says no more than this must end, or it would be waited for. */
  private static final Set<String> UNFINISHED = Set.of("PROXY TCP4 1.2");

  static Stream<Arguments> firstBytes() {
    String v2 = "\r\n\r\n\0\r\nQUIT\n";
    String v2tcp4 = v2 + "!\u0011\0\u000c\1\2\3\4\5\6\7\u0008\0\13\0";
    return Stream.of(
        Arguments.of("strict", "PROXY TCP4 1.2.3.4 5.6.7.8 11 22\r\nGET / HTTP/1.1\r\n\r\n"),
        Arguments.of("strict", "PROXY TCP4 1.2.3.4 5.6.7.8 11 22\r\nSSH-2.0-x y\r\n"),
        Arguments.of("strict", "PROXY TCP4 1.2.3.4 5.6.7.8 11 23\r\nSSH-2.0-x y\r\n"),
        Arguments.of("strict", "PROXY TCP4 1.2.3.4 5.7.7.8 11 23\r\nSSH-2.0-x y\r\n"),
        Arguments.of("strict", "PROXY TCP4 1.2.3.4 5.7.7.8 11 24\r\nSSH-2.0-x y\r\n"),
        Arguments.of("strict", "PROXY TCP4 1.2.3.5 5.7.7.8 11 24\r\nSSH-2.0-x y\r\n"),
        Arguments.of("strict", "PROXY TCP4 5.7.7.8 5.7.7.8 11 24\r\nSSH-2.0-x y\r\n"),
        Arguments.of("strict", "PROXY TCP4 5.7.7.8 5.7.7.8 11 25\r\nSSH-2.0-x y\r\n"),
        Arguments.of("strict", "PROXY TCP4 5.7.7.8 5.7.7.8 12 26\r\nSSH-2.0-x y\r\n"),
        Arguments.of("strict", "PROXY TCP4 5.7.7.8 5.7.7.8 13 26\r\nSSH-2.0-x y\r\n"),
        Arguments.of("strict", "PROXY TCP6 2001:db8::1 2001:db8::2 11 22\r\nSSH-2.0-x y\r\n"),
        Arguments.of("strict", "PROXY UNKNOWN\r\nGET / HTTP/1.0\r\n\r\n"),
        Arguments.of("strict", "PROXY UNKNOWN ffff:f...f:ffff 1 2 3\r\nGET / HTTP/1.0\r\n\r\n"),
        Arguments.of("strict", "PROXY TCP4 1.2.3.4 5.6.7.8 11\r\nGET / HTTP/1.1\r\n\r\n"),
        Arguments.of("strict", "PROXY TCP4 1.2.3.4 ::1 11 22\r\nGET / HTTP/1.1\r\n\r\n"),
        Arguments.of("strict", "PROXY TCP4 1.2.3.4 5.6.7.8 11 65536\r\nGET / HTTP/1.1\r\n\r\n"),
        Arguments.of("strict", "PROXY TCP4 1.2.3.4 5.6.7.8 11 22 33\r\nGET / HTTP/1.1\r\n\r\n"),
        Arguments.of("strict", "PROXY UDP4 1.2.3.4 5.6.7.8 11 22\r\nGET / HTTP/1.1\r\n\r\n"),
        Arguments.of("strict", "PROXY TCP4 1.2.3.4 5.6.7.8 11 22\nGET / HTTP/1.1\r\n\r\n"),
        Arguments.of("strict", "PROXY TCP4 " + "1".repeat(120)),
        Arguments.of("strict", "PROXY TCP4 1.2"),
        Arguments.of("strict", "GET / HTTP/1.1\r\nhost: somebody\r\n\r\n"),
        Arguments.of("strict", v2 + " \0\0\0GET / HTTP/1.1\r\n"),
        Arguments.of("strict", v2tcp4 + "\u0016PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        Arguments.of(
            "strict",
            v2 + "!\u0011\0\u0010\1\2\3\4\5\6\7\u0008\0\13\0\u0016\3\0\1xGET / HTTP/1.1\r\n"),
        Arguments.of(
            "strict",
            v2 + "!\u0011\0\u0010\1\2\3\4\5\6\7\u0008\0\13\0\u0016\3\0\7xGET / HTTP/1.1\r\n"),
        Arguments.of(
            "strict", v2 + "!\u0012\0\u000c\1\2\3\4\5\6\7\u0008\0\13\0\u0016GET / HTTP/1.1\r\n"),
        Arguments.of("strict", v2 + "!\u0011\0\u0004\1\2\3\4GET / HTTP/1.1\r\n"),
        Arguments.of(
            "strict", v2 + "\42\u0011\0\u000c\1\2\3\4\5\6\7\u0008\0\13\0\u0016GET / HTTP/1.1\r\n"),
        Arguments.of(
            "strict", v2 + "1\u0011\0\u000c\1\2\3\4\5\6\7\u0008\0\13\0\u0016GET / HTTP/1.1\r\n"),
        Arguments.of("strict", v2 + "!\0\0\0GET / HTTP/1.1\r\n"),
        Arguments.of("tree", "PROXY TCP4 1.2.3.4 5.6.7.8 11 22\r\nSSH-2.0-x y\r\n"),
        Arguments.of("tree", "PROXY TCP4 1.2.3.4 5.6.7.8 11 23\r\nSSH-2.0-x y\r\n"),
        Arguments.of("tree", "PROXY TCP4 1.3.3.4 5.6.7.8 11 23\r\nSSH-2.0-x y\r\n"),
        Arguments.of("tree", "PROXY TCP4 2.3.3.4 5.6.7.8 11 23\r\nSSH-2.0-x y\r\n"),
        Arguments.of("tree", "PROXY TCP6 2001:db8::1 2001:db8::2 11 23\r\nSSH-2.0-x y\r\n"),
        Arguments.of(
            "tree", "PROXY TCP4 2.3.3.4 5.6.7.8 11 24\r\n" + ClientHellos.of("a.example", "h2")),
        Arguments.of(
            "tree", "PROXY TCP4 2.3.3.4 5.6.7.8 11 24\r\n" + ClientHellos.of("b.example", "h2")),
        Arguments.of(
            "tree", "PROXY TCP4 2.3.3.4 5.6.7.8 11 24\r\n" + ClientHellos.of("b.example", "")),
        Arguments.of("tree", "PROXY TCP4 5.6.7.8 5.6.7.8 11 25\r\nSSH-2.0-x y\r\n"),
        Arguments.of("tree", "PROXY TCP4 5.6.7.9 5.6.7.8 11 25\r\nSSH-2.0-x y\r\n"),
        Arguments.of("tree", "PROXY TCP4 5.6.7.9 5.6.7.8 110 26\r\nSSH-2.0-x y\r\n"),
        Arguments.of("tree", "PROXY TCP4 5.6.7.9 5.6.7.8 12 26\r\nSSH-2.0-x y\r\n"),
        Arguments.of("tree", "PROXY TCP4 5.6.7.9 5.6.7.8 22 26\r\nSSH-2.0-x y\r\n"),
        Arguments.of("tree", "PROXY TCP4 5.6.7.9 5.6.7.8 11 27\r\nSSH-2.0-x y\r\n"),
        Arguments.of("lenient", "GET / HTTP/1.1\r\n\r\n"),
        Arguments.of("lenient", "PROXY TCP4 1.2.3.4 5.6.7.8 11 22\r\nGET / HTTP/1.1\r\n\r\n"),
        Arguments.of("lenient", v2tcp4 + "\u0016SSH-2.0-x y\r\n"),
        Arguments.of("older", "PROXY TCP4 1.2.3.4 5.6.7.8 11 22\r\nSSH-2.0-x y\r\n"),
        Arguments.of("older", "GET / HTTP/1.1\r\nhost: somebody\r\n\r\n"),
        Arguments.of("plain", "GET / HTTP/1.0\r\n\r\n"),
        Arguments.of("plain", "FOO / HTTP/1.1\r\n\r\n"),
        Arguments.of("plain", "GET /\r\n\r\n"),
        Arguments.of("plain", "GET / HTTP/1.1 x\r\n\r\n"),
        Arguments.of("plain", "GET / HTTP/2.0\r\n\r\n"),
        Arguments.of("plain", "\0\1\2\3\4\5\6\7 no line here"),
        Arguments.of("plain", "<hello what is this>\r\n"),
        Arguments.of("plain", "\u0016\3\1\0\5\2\0\0\1\0"),
        Arguments.of("plain", ClientHellos.of("a.example", "h2")),
        Arguments.of("plain", ClientHellos.of("A.Example", "")),
        Arguments.of("plain", ClientHellos.of("b.c.example", "h2")),
        Arguments.of("plain", ClientHellos.of("", "h2")),
        Arguments.of("plain", ClientHellos.of("other", "http/1.1")),
        Arguments.of("plain", ClientHellos.of("", "")));
  }

  @ParameterizedTest
  @MethodSource("firstBytes")
  void theSameChainTakesThemAndTheSameIsTold(String listener, String first) {
    boolean ends = UNFINISHED.contains(first);
    SIDES.same(side -> side.visit(listener, Talk.bytes(first), ends));
  }
}
