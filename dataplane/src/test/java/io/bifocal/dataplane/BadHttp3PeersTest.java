package io.bifocal.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import com.sun.net.httpserver.HttpsServer;
import io.bifocal.dataplane.host.Address;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The whole proxy before upstreams over QUIC that are not to be spoken to. */
class BadHttp3PeersTest {
  private static final InetAddress V6 = InetAddresses.forString("::1");
  private static final InetAddress V4 = InetAddresses.forString("127.0.0.1");
  private static final String LOG =
      "access_log: [{name: file, typed_config: {\"@type\":"
          + " type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog, path: %s,"
          + " log_format: {text_format_source: {inline_string: \"%%RESPONSE_CODE%%"
          + " %%RESPONSE_FLAGS%% %%UPSTREAM_TRANSPORT_FAILURE_REASON%%\\n\"}}}}]";

  @TempDir Path folder;
  @RegisterExtension final Kept kept = new Kept();
  private String timeout = "20s";

  @ParameterizedTest
  @EnumSource
  void theRequestFailsAndTheLogAndTheStatisticsTellWhy(BadHttp3Peer bad) throws Exception {
    boolean mute = bad == BadHttp3Peer.MUTE_AMID_THE_HANDSHAKE;
    timeout = mute ? "0.5s" : timeout;
    Proxy proxy = start(yaml(peer(bad, V4)));
    HttpResponse<String> answer = WholeProxy.get(proxy, "/");
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body())
        .endsWith("reset reason: " + (mute ? "connection timeout" : "remote connection failure"));
    Path log = folder.resolve("log");
    await().until(() -> Files.readString(log).endsWith("\n"));
    assertThat(Files.readString(log))
        .startsWith("503 UF " + (mute ? "-" : ""))
        .contains(bad.reason());
    assertThat(stat(proxy, "upstream_cx_connect_fail")).isEqualTo(1);
    assertThat(stat(proxy, "upstream_cx_connect_timeout")).isEqualTo(mute ? 1 : 0);
    for (String counter : List.of("fail_verify_error", "fail_verify_san", "connection_error")) {
      assertThat(stat(proxy, "ssl." + counter))
          .as(counter)
          .isEqualTo(counter.equals(bad.counter()) ? 1 : 0);
    }
    assertThat(stat(proxy, "ssl.handshake")).isZero();
    assertThat(stat(proxy, "upstream_cx_active")).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void http3ServesOverTheOtherFamily(BadHttp3Peer bad) throws Exception {
    Http3Peer good = kept.keep(new Http3Peer(V4, BadHttp3Peer.good()));
    String other =
        "additional_addresses: [{address: {socket_address: {address: 127.0.0.1, port_value: %d}}}]"
            .formatted(good.address().port());
    Proxy proxy =
        start(
            failingOver(yaml(peer(bad, V6))).replace("endpoint: {", "endpoint: {" + other + ", "));
    assertThat(served(proxy)).isEqualTo("h3");
    assertThat(stat(proxy, "upstream_cx_http3_total")).as("by the good one").isEqualTo(2);
    assertThat(stat(proxy, "upstream_http3_broken")).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void tcpServes(BadHttp3Peer bad) throws Exception {
    Proxy proxy = start(failingOver(yaml(site(bad))));
    assertThat(served(proxy)).isEqualTo("tcp");
    if (bad != BadHttp3Peer.MUTE_AMID_THE_HANDSHAKE) { // which has time yet
      await().until(() -> stat(proxy, "upstream_http3_broken") == 1);
    }
  }

  private static String served(Proxy proxy) throws Exception {
    HttpResponse<String> answer = WholeProxy.get(proxy, "/");
    assertThat(answer.statusCode()).isEqualTo(200);
    return answer.headers().firstValue("x-peer").orElse("");
  }

  private static long stat(Proxy proxy, String name) throws Exception {
    return WholeProxy.stat(proxy, "cluster.h3." + name);
  }

  private Address.Ip peer(BadHttp3Peer bad, InetAddress ip) throws Exception {
    int port;
    try (DatagramSocket free = new DatagramSocket(0, ip)) {
      port = free.getLocalPort();
    }
    kept.keep(bad.at(new InetSocketAddress(ip, port)));
    return new Address.Ip(ip, port);
  }

  /** With a good server at the same port of TCP. */
  private Address.Ip site(BadHttp3Peer bad) throws Exception {
    for (int tries = 0; ; tries++) {
      Address.Ip at = peer(bad, V4);
      try {
        HttpsServer server =
            Http3FailOverTest.server(new InetSocketAddress(V4, at.port()), BadHttp3Peer.good());
        kept.keep(() -> server.stop(0));
        return at;
      } catch (BindException e) {
        if (tries == 10) {
          throw e;
        }
      }
    }
  }

  private String yaml(Address.Ip at) throws Exception {
    return UpstreamHttp3Test.yaml(at, BadHttp3Peer.authority())
        .replace("validation_context: {", "validation_context: {" + BadHttp3Peer.judgedBy() + ", ")
        .replace("connect_timeout: 5s", "connect_timeout: " + timeout)
        .replace(
            "stat_prefix: ingress",
            "stat_prefix: ingress\n          " + LOG.formatted(folder.resolve("log")));
  }

  /** HTTP/3 is known of, and TCP may stand in for it. */
  private static String failingOver(String yaml) {
    int port = Integer.parseInt(yaml.replaceFirst("(?s).*port_value: (\\d+).*", "$1"));
    return yaml.replace(
        "explicit_http_config: {http3_protocol_options: {}}",
        "auto_config: {http3_protocol_options: {}, alternate_protocols_cache_options: {name: c,"
            + " prepopulated_entries: [{hostname: good.test, port: %d}]}}".formatted(port));
  }

  private Proxy start(String yaml) throws Exception {
    return kept.keep(
        WholeProxy.run(
            yaml,
            ProxyOptions.defaults()
                .withAccessLogFlush(Duration.ofMillis(10))
                .withDrainTime(Duration.ofMillis(100))));
  }
}
