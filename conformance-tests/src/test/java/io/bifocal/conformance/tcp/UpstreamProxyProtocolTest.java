package io.bifocal.conformance.tcp;

import static io.bifocal.conformance.tcp.TcpSide.cluster;
import static io.bifocal.conformance.tcp.TcpSide.listener;
import static io.bifocal.conformance.tcp.TcpSide.tcpProxy;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What upstreams are told of clients by the PROXY protocol, by Envoy and by Bifocal. */
class UpstreamProxyProtocolTest {
  @RegisterExtension
  static final TcpSides SIDES = new TcpSides(UpstreamProxyProtocolTest::bootstrap);

  private static final String TYPES = "type.googleapis.com/envoy.extensions.";
  private static final Pattern PORTS_1 = Pattern.compile("(TCP4 127.0.0.1 127.0.0.1 )\\d+ \\d+");
  private static final Pattern PORTS_2 =
      Pattern.compile("(\u007f\0\0\1\u007f\0\0\1)....", Pattern.DOTALL);
  private static final String ALL = ", pass_through_tlvs: {match_type: INCLUDE_ALL}";
  private static final String SOME =
      ", pass_through_tlvs: {match_type: INCLUDE, tlv_type: [0xd1, 0xd3]}";

  private static String bootstrap(Path log, int port) {
    String ownTlvs =
        "\nproxy_protocol_tlvs: [{type: 0xd0, value: %s}, {type: 0xd9, value: %s}]"
            .formatted(base64("own"), base64("no"));
    return tcp("one", log, "cluster: one", ALL)
        + tcp("two", log, "cluster: two", ALL)
        + tcp("rich", log, "cluster: rich" + ownTlvs, ALL)
        + tcp("some", log, "cluster: rich", SOME)
        + tcp("nothing", log, "cluster: rich", "")
        + http("http", "", ALL)
        + http("quiet", "add_proxy_protocol_connection_state: false", ALL)
        + "  clusters:\n"
        + cluster("one", transport("version: V1"), port)
        + cluster("two", transport("version: V2"), port)
        + cluster(
            "rich",
            transport(
                "version: V2, pass_through_tlvs: {match_type: INCLUDE, tlv_type: [0xd0, 0xd1, 0xd2]},"
                    + " added_tlvs: [{type: 0xd5, value: "
                    + base64("added")
                    + "}, {type: 0xd1, value: "
                    + base64("instead")
                    + "}]"),
            port);
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String before(String passing) {
    return "{name: pp, typed_config: {\"@type\": %sfilters.listener.proxy_protocol.v3.ProxyProtocol,"
            .formatted(TYPES)
        + " allow_requests_without_proxy_protocol: true"
        + passing
        + "}}";
  }

  private static String tcp(String name, Path log, String proxy, String passing) {
    return listener(name, 0, before(passing), tcpProxy(name, log, proxy));
  }

  private static String http(String name, String options, String passing) {
    return listener(
        name,
        0,
        before(passing),
        """
        "@type": %1$sfilters.network.http_connection_manager.v3.HttpConnectionManager
        stat_prefix: %2$s
        %3$s
        route_config:
          virtual_hosts:
          - name: all
            domains: ["*"]
            routes:
            - {match: {prefix: /one}, route: {cluster: one}}
            - {match: {prefix: /}, route: {cluster: rich}}
        http_filters: [{name: r, typed_config: {"@type": %1$sfilters.http.router.v3.Router}}]
        """
            .formatted(TYPES, name, options));
  }

  private static String transport(String config) {
    return """
        transport_socket: {name: pp, typed_config: {"@type": %1$stransport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport, \
        config: {%2$s}, transport_socket: {name: raw, typed_config: {"@type": %1$stransport_sockets.raw_buffer.v3.RawBuffer}}}},"""
        .formatted(TYPES, config);
  }

  private static String header(int command, String... tlvs) {
    StringBuilder rest = new StringBuilder("\1\2\3\4\5\6\7\u0008\0\13\0\u0016");
    for (int i = 0; i < tlvs.length; i += 2) {
      String value = tlvs[i + 1];
      rest.append((char) Integer.parseInt(tlvs[i], 16))
          .append((char) (value.length() >> 8))
          .append((char) (value.length() & 0xFF))
          .append(value);
    }
    return "\r\n\r\n\0\r\nQUIT\n"
        + (char) (0x20 | command)
        + "\u0011"
        + (char) (rest.length() >> 8)
        + (char) (rest.length() & 0xFF)
        + rest;
  }

  static Stream<Arguments> clients() {
    String v1 = "PROXY TCP4 1.2.3.4 5.6.7.8 11 22\r\n";
    String v6 = "PROXY TCP6 2001:db8::1 2001:db8:0:1::2 11 22\r\n";
    String v2 = header(1, "d0", "zero", "d1", "one", "d3", "three", "d0", "again", "04", "noop");
    List<Arguments> all = new ArrayList<>();
    for (String listener : List.of("one", "two", "rich")) {
      for (String first : List.of("", v1, v6, v2, "PROXY UNKNOWN\r\n", header(0))) {
        all.add(Arguments.of(listener, first));
      }
    }
    all.add(Arguments.of("some", v2));
    all.add(Arguments.of("nothing", v2));
    String big = "x".repeat(30_000);
    all.add(Arguments.of("rich", header(1, "d0", big, "d2", big)));
    all.add(Arguments.of("rich", header(1, "d0", big, "d2", big + "y".repeat(5_500))));
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("clients")
  void upstreamsHearTheSameOfThem(String listener, String first) {
    SIDES.agreed(
        (side, seen) -> {
          try (Talk client = side.connect(listener).say(first + "hello");
              Talk upstream = side.accept()) {
            client.endOutput();
            seen.add(masked(upstream.hearAll(), client));
          }
        });
  }

  /** Without the ports that are chosen by chance. */
  private static String masked(String heard, Talk client) {
    String text =
        heard.replace(
            " " + client.port() + " " + client.peerPort() + "\r\n", " <client> <listener>\r\n");
    String own = twoBytes(client.port()) + twoBytes(client.peerPort());
    return text.replace("\u007f\0\0\1\u007f\0\0\1" + own, "<127.0.0.1 twice>");
  }

  private static String twoBytes(int number) {
    return "" + (char) (number >> 8) + (char) (number & 0xFF);
  }

  @Test
  void aConnectionThatTellsOfOneClientServesNoOther() {
    List<String> seen = SIDES.same(UpstreamProxyProtocolTest::requests);
    assertThat(seen).contains("PROXY TCP4 127.0.0.1 127.0.0.1 <ports>\r\n");
  }

  private static List<String> requests(TcpSide side) throws IOException {
    List<String> seen = new ArrayList<>();
    String told = header(1, "d0", "zero", "d3", "three");
    for (String listener : List.of("http", "quiet")) {
      for (String path : List.of("/one", "/rich")) {
        for (String first : List.of("", told)) {
          try (Talk client = side.connect(listener).say(first + get(path))) {
            try (Talk upstream = side.accept()) {
              seen.add(answer(upstream));
              client.hear(40);
              client.say(get(path)); // on the same connection, without another header
              seen.add(answer(upstream));
            }
          }
        }
      }
    }
    return seen;
  }

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nhost: a\r\n\r\n";
  }

  /** What comes before the request, which is answered. */
  private static String answer(Talk upstream) {
    StringBuilder heard = new StringBuilder();
    while (heard.indexOf("\r\n\r\n", Math.max(0, heard.indexOf("GET "))) < 0
        || heard.indexOf("GET ") < 0) {
      heard.append(upstream.hear(1));
      if (heard.indexOf("<silence>") >= 0 || heard.indexOf("<closed>") >= 0) {
        break;
      }
    }
    upstream.say("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    int request = heard.indexOf("GET ");
    String before = heard.substring(0, Math.max(0, request));
    return PORTS_1.matcher(PORTS_2.matcher(before).replaceAll("$1<ports>")).replaceAll("$1<ports>");
  }
}
