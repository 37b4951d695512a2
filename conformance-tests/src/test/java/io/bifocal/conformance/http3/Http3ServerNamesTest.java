package io.bifocal.conformance.http3;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Ports;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.SideBySide;
import io.bifocal.conformance.Sides;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import io.bifocal.conformance.tls.Certificates;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Filter chains by the server that a client of HTTP/3 asks for, in Envoy and in Bifocal. */
class Http3ServerNamesTest {
  @RegisterExtension static final Sides<Side> SIDES = new Sides<>(Side::new);

  /** One proxy, whose chains tell by their certificate and by the header {@code server}. */
  private static final class Side {
    final Proxy proxy;
    final Http3Client client;
    final String shows;
    final boolean quiet;

    Side(Subject subject, Started started) {
      quiet = subject == Subject.ENVOY;
      Path log = started.directory().resolve(subject + ".log");
      X509Bundle own = Certificates.issue(Http3Side.CA, Certificates.leaf("client.test"));
      shows =
          ", \"certificate\": [\"%s\", \"%s\"]"
              .formatted(
                  started.write(subject + ".pem", own.getCertificatePathPEM()),
                  started.write(subject + ".key", own.getPrivateKeyPEM()));
      String mutual =
          "validation_context: {trusted_ca: {inline_string: \"%s\"}}, "
              .formatted(Http3Bootstrap.line(Http3Side.CA.getCertificatePEM()));
      proxy =
          started
              .start(
                  subject,
                  List.of(),
                  Http3Bootstrap.head()
                      + Http3Bootstrap.listener(
                          "open",
                          "127.0.0.1",
                          "",
                          "",
                          chain("exact", "server_names: [one.test]", "", log),
                          chain("wildcard", "server_names: [\"*.one.test\", two.test]", "", log),
                          chain("other", "", "", log))
                      + Http3Bootstrap.listener(
                          "closed",
                          "::1",
                          "",
                          "stat_prefix: closed",
                          chain("alone", "server_names: [one.test, \"*.two.test\"]", "", log))
                      + Http3Bootstrap.listener(
                          "mutual",
                          "127.0.0.1",
                          "",
                          "",
                          chain("strict", "server_names: [one.test]", mutual, log)
                              .replace(
                                  "common_tls_context",
                                  "require_client_certificate: true, common_tls_context"),
                          chain("lenient", "transport_protocol: quic", "", log),
                          chain(
                              "never",
                              "server_names: [one.test], application_protocols: [h2]",
                              "",
                              log)),
                  List.of())
              .awaitLive();
      client = Http3Client.start(started);
    }

    /** What a client sees: how it is connected, and who answers. */
    String seen(String listener, String server, String more) {
      String how = client.connect("c", proxy.listener(listener), server, more);
      if (!how.startsWith("connected")) {
        return how;
      }
      return (how + " " + client.tell(Ask.get("/direct").json("c")))
          // Why a certificate is missed, the libraries say in their own words.
          .replaceAll("(quic-closed 0x174).*", "$1");
    }
  }

  private static String chain(String name, String match, String tls, Path log) {
    X509Bundle own =
        Certificates.issue(Http3Side.CA, Certificates.leaf("one.test").subject("CN=" + name));
    return Http3Bootstrap.chain(
        name,
        match,
        "common_tls_context: {" + tls + Http3Bootstrap.certificates(own) + "}",
        log,
        "server_name: " + name + "\ndrain_timeout: 0.1s");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "one.test",
        "ONE.test",
        "a.one.test",
        "b.a.one.test",
        "two.test",
        "three.test",
        "one",
        ""
      })
  void theNameChoosesTheChain(String server) {
    SideBySide.Both<String> seen = SIDES.ask(side -> side.seen("open", server, ""));
    assertThat(seen.bifocal()).startsWith("connected").isEqualTo(seen.envoy());
  }

  @Test
  void aHelloInSeveralDatagramsChoosesAsWell() {
    String many =
        IntStream.range(0, 20)
            .mapToObj(i -> "\"" + ("x" + i).repeat(60) + "\", ")
            .collect(Collectors.joining("", ", \"alpn\": [", "\"h3\"]"));
    SideBySide.Both<String> seen = SIDES.ask(side -> side.seen("open", "one.test", many));
    assertThat(seen.bifocal()).startsWith("connected h3 by CN=exact").isEqualTo(seen.envoy());
  }

  @ParameterizedTest
  @ValueSource(strings = {"one.test", "a.two.test"})
  void soItIsWhereNotEverybodyIsTaken(String server) {
    SideBySide.Both<String> seen = SIDES.ask(side -> side.seen("closed", server, ""));
    assertThat(seen.bifocal()).startsWith("connected h3 by CN=alone").isEqualTo(seen.envoy());
  }

  /** Envoy's answer is addressed to nobody: the client's own id is missing in it. */
  @ParameterizedTest
  @ValueSource(strings = {"one.test.", "a.one.test", "two.test", "three.test", ""})
  void whomNoChainTakesIsRefused(String server) {
    SideBySide.Both<String> seen =
        SIDES.ask(side -> side.seen("closed", server, side.quiet ? ", \"patience\": 1" : ""));
    assertThat(seen.envoy()).isEqualTo("nothing");
    assertThat(seen.bifocal()).isEqualTo("quic-closed 0x2 no filter chain found");
  }

  /** Here alone: Envoy counts it among all connections. Who asks again is counted again. */
  @Test
  void andCounted() {
    Side side = SIDES.side(Subject.BIFOCAL);
    long before = side.proxy.stat("listener.closed.no_filter_chain_match");
    side.seen("closed", "three.test", "");
    assertThat(side.proxy.stat("listener.closed.no_filter_chain_match")).isGreaterThan(before);
  }

  @Test
  void eachChainJudgesItsOwnClients() {
    SideBySide.Both<List<String>> seen =
        SIDES.ask(
            side ->
                List.of(
                    side.seen("mutual", "one.test", side.shows),
                    side.seen("mutual", "one.test", ""),
                    side.seen("mutual", "two.test", side.shows),
                    side.seen("mutual", "two.test", "")));
    assertThat(seen.bifocal()).isEqualTo(seen.envoy());
    assertThat(seen.bifocal().get(1)).endsWith("quic-closed 0x174");
  }

  @Test
  void eachChainCountsItsOwn() {
    SideBySide.Both<Map<String, String>> counted =
        SIDES.ask(
            side -> {
              Map<String, String> before = side.proxy.stats();
              for (String server : List.of("one.test", "a.one.test", "three.test", "")) {
                side.seen("open", server, "");
              }
              Map<String, String> more = new TreeMap<>();
              side.proxy
                  .stats()
                  .forEach(
                      (name, value) -> {
                        if (name.matches(
                            "http\\.(exact|wildcard|other)\\.downstream_(cx|rq)_(http3_)?total")) {
                          more.put(
                              name,
                              ""
                                  + (Long.parseLong(value)
                                      - Long.parseLong(before.getOrDefault(name, "0"))));
                        }
                      });
              return more;
            });
    assertThat(counted.bifocal())
        .isEqualTo(counted.envoy())
        .containsEntry("http.exact.downstream_rq_http3_total", "1")
        .containsEntry("http.other.downstream_cx_http3_total", "2");
  }

  /** Here alone, on two workers: connections of chains that stay are not touched. */
  @Test
  void chainsComeAndChangeAndGoUnderLoadWithoutALoss() throws IOException {
    try (Started started = new Started()) {
      int port = Ports.free();
      InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
      Path log = started.directory().resolve("log");
      ListenerFile file = new ListenerFile(started, "listeners");
      String stays = chain("stays", "server_names: [one.test]", "", log);
      file.put(listener(port, stays, chain("changes0", "", "", log)));
      Proxy proxy =
          started
              .start(
                  Subject.BIFOCAL,
                  List.of(),
                  file.bootstrap() + "  clusters: []",
                  List.of(
                      "--concurrency",
                      "2",
                      "--drain-strategy",
                      "immediate",
                      "--drain-time-s",
                      "20"))
              .awaitLive();
      Http3Client client = Http3Client.start(started);
      proxy.listener("quic");
      client.load("stays", address, 2, "/direct");
      client.load("changes", address, 2, "/direct", ", \"server\": \"two.test\"");
      client.load("renewed", address, 1, "/direct", ", \"server\": \"x.three.test\", \"renew\": 2");
      for (int i = 1; i <= 12; i++) {
        List<String> chains = new ArrayList<>();
        if (i % 3 != 0) {
          chains.add(chain("comes" + i, "server_names: [\"*.three.test\"]", "", log));
        }
        chains.add(stays);
        chains.add(chain("changes" + i, "", "", log));
        file.put(listener(port, chains.toArray(String[]::new)));
        proxy.awaitStat("listener_manager.listener_in_place_updated", i);
      }
      assertThat(client.loaded("stays")).contains(" 2 connections").endsWith("failures []");
      assertThat(client.loaded("changes")).endsWith("failures []");
      assertThat(client.loaded("renewed")).endsWith("failures []");
      assertThat(proxy.stat("listener.127.0.0.1_" + port + ".no_filter_chain_match")).isZero();
    }
  }

  private static String listener(int port, String... chains) {
    return Http3Bootstrap.listener("quic", "127.0.0.1", "", "", chains)
        .replace("port_value: 0", "port_value: " + port);
  }
}
