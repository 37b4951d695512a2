package io.bifocal.dataplane;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.transport.tls.Authority;
import io.netty.pkitesting.X509Bundle;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole proxy before hosts of both families that speak HTTP/3 and TLS over TCP, or do not. */
class Http3FailOverTest {
  private static final Authority CA = Authority.named("ca");
  private static final X509Bundle GOOD = CA.issue(Authority.leaf("good.test"));
  private static final InetAddress V6 = InetAddresses.forString("::1");
  private static final InetAddress V4 = InetAddresses.forString("127.0.0.1");

  /** HTTP/3's own time, less what the clocks of two processes may differ by. */
  private static final long HTTP3_ALONE = 295;

  /** So long HTTP/3 is not tried again where it has failed, in milliseconds. */
  private static final long BROKEN = 1000;

  private static final String PATIENT = "bifocal.connect.attempt_delay: 2s";

  @RegisterExtension final Kept kept = new Kept();
  private boolean known = true;
  private String runtime = "";
  private @Nullable Proxy proxy;

  /** What is behind a port. */
  private enum Port {
    SERVES,
    SILENT,
    REFUSES
  }

  @ParameterizedTest
  @ValueSource(strings = {"::1", "127.0.0.1"})
  void whatAnAnswerSaysOfHttp3IsUsedByTheNextRequest(String ip) throws Exception {
    Address.Ip at = site(InetAddresses.forString(ip), Port.SERVES, Port.SERVES);
    known = false;
    runtime = PATIENT;
    start(at);
    assertThat(served("/1")).isEqualTo("tcp");
    assertThat(served("/2")).isEqualTo("h3");
    assertThat(stat("upstream_cx_http3_total")).isEqualTo(1);
    assertThat(stat("upstream_http3_broken")).isZero();
  }

  @Test
  void http3IsFirstWhereItIsKnown() throws Exception {
    runtime = PATIENT;
    start(site(V6, Port.SERVES, Port.SERVES));
    assertThat(served("/1")).isEqualTo("h3");
    assertThat(stat("upstream_cx_total")).as("and alone").isEqualTo(1);
    assertThat(stat("upstream_cx_http1_total")).isZero();
  }

  @Test
  void whenNoDatagramComesThroughTcpServesAfterItsTime() throws Exception {
    Address.Ip first = site(V6, Port.SILENT, Port.SERVES);
    start(first, site(V4, Port.SILENT, Port.SERVES));
    assertThat(millisFor("tcp")).isGreaterThanOrEqualTo(HTTP3_ALONE);
    assertThat(race()).as("nobody else waits").startsWith(first.text() + "+");
    assertThat(stat("upstream_http3_broken")).as("not yet: both go on").isZero();
    await().atMost(Duration.ofSeconds(20)).until(() -> stat("upstream_http3_broken") == 1);
    assertThat(stat("upstream_cx_http3_total")).as("both families were tried").isEqualTo(2);
    assertThat(stat("upstream_cx_connect_timeout")).isEqualTo(2);
    assertThat(stat("upstream_rq_5xx")).isZero();
  }

  @Test
  void whenOneFamilyIsSilentHttp3ServesOverTheOtherAndTheNextRequestPaysNothing() throws Exception {
    Address.Ip second = site(V4, Port.SERVES, Port.REFUSES);
    start(site(V6, Port.SILENT, Port.REFUSES), second);
    assertThat(millisFor("h3")).isGreaterThanOrEqualTo(HTTP3_ALONE);
    assertThat(race()).startsWith("quic:" + second.text() + "+0ms/");
    assertThat(stat("upstream_http3_broken")).isZero();
  }

  @Test
  void theLogAndTheRacesPageTellOfTheTimeThatHttp3Had() throws Exception {
    Address.Ip first = site(V6, Port.SILENT, Port.SERVES);
    start(first);
    String line = get("/").headers().firstValue("x-race").orElse("");
    assertThat(line)
        .matches(
            "won tcp false \\d+ quic:\\[::1]:%1$d\\+0ms,\\[::1]:%1$d\\+\\d+ms/\\d+ms=won"
                .formatted(first.port()));
    assertThat(Integer.parseInt(line.replaceAll(".*\\+(\\d+)ms/.*", "$1")))
        .isGreaterThanOrEqualTo(300);
    assertThat(Integer.parseInt(line.split(" ")[3])).isGreaterThanOrEqualTo(300);
    assertThat(admin("/races"))
        .as("HTTP/3 goes on")
        .endsWith(
            """
            Latest races, the newest first: none

            Slowest races of the last minutes, the slowest first: none
            """);
    await().atMost(Duration.ofSeconds(20)).until(() -> stat("connect.grid_total") == 1);
    assertThat(admin("/races"))
        .contains(" grid %s HTTP/3 and TCP: won after ".formatted(first.text()))
        .contains("2 attempts, worker 0, HTTP/3 is broken\n")
        .contains("quic:" + first.text());
    assertThat(stat("connect.grid_tcp_after_delay")).isEqualTo(1);
    assertThat(stat("connect.quic_failed")).isEqualTo(1);
  }

  @Test
  void withTheGuardOffHttp3IsNotTriedOverTheOtherFamily() throws Exception {
    runtime = "envoy.reloadable_features.http3_happy_eyeballs: false";
    start(site(V6, Port.SILENT, Port.REFUSES), site(V4, Port.SERVES, Port.SERVES));
    assertThat(millisFor("tcp")).isGreaterThanOrEqualTo(HTTP3_ALONE);
    assertThat(stat("upstream_cx_http3_total")).isEqualTo(1);
    await().atMost(Duration.ofSeconds(20)).until(() -> stat("upstream_http3_broken") == 1);
  }

  @Test
  void refusedDatagramsBringTheOtherFamilyAtOnceAndThenTcp() throws Exception {
    start(site(V6, Port.REFUSES, Port.SERVES), site(V4, Port.REFUSES, Port.SERVES));
    long before = System.nanoTime();
    assertThat(served("/1")).isEqualTo("tcp");
    assertThat(stat("upstream_cx_http3_total")).isEqualTo(2);
    assertThat(stat("upstream_cx_connect_fail")).isEqualTo(2);
    assertThat(stat("upstream_http3_broken")).isEqualTo(1);
    assertThat(served("/2")).isEqualTo("tcp");
    if (millisSince(before) < BROKEN) { // else it may have been tried again
      assertThat(stat("upstream_cx_http3_total")).as("it is broken").isEqualTo(2);
    }
  }

  @Test
  void aRequestThatHttp3LostIsTriedAgainOverTcpIfThatIsWanted() throws Exception {
    runtime = PATIENT;
    start(site(V6, Port.SERVES, Port.SERVES));
    long before = System.nanoTime();
    assertThat(served("/reset")).isEqualTo("tcp");
    String next = served("/2");
    if (millisSince(before) < BROKEN) { // else it may have been tried again
      assertThat(next).as("it is broken").isEqualTo("tcp");
    }
    assertThat(stat("upstream_rq_retry")).isEqualTo(1);
    assertThat(stat("upstream_rq_retry_backoff_exponential")).as("at once").isZero();
    assertThat(stat("upstream_http3_broken")).isEqualTo(1);
  }

  @Test
  void whenNothingAnswersNothingIsBroken() throws Exception {
    start(site(V6, Port.REFUSES, Port.REFUSES));
    HttpResponse<String> answer = get("/1");
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body()).contains("remote connection failure");
    assertThat(stat("upstream_http3_broken")).isZero();
  }

  // ----

  private String served(String path) throws Exception {
    HttpResponse<String> answer = get(path);
    assertThat(answer.statusCode()).isEqualTo(200);
    return answer.headers().firstValue("x-peer").orElse("");
  }

  private long millisFor(String peer) throws Exception {
    long before = System.nanoTime();
    assertThat(served("/")).isEqualTo(peer);
    return millisSince(before);
  }

  private static long millisSince(long nanos) {
    return Duration.ofNanos(System.nanoTime() - nanos).toMillis();
  }

  /** The attempts of the next request, as far as it waited for them. */
  private String race() throws Exception {
    return get("/").headers().firstValue("x-race").orElse("").replaceAll(".* ", "");
  }

  /** A TCP and a UDP port of the same number. */
  private Address.Ip site(InetAddress ip, Port udp, Port tcp) throws Exception {
    for (int tries = 0; ; tries++) {
      int port;
      try (ServerSocket free = new ServerSocket(0, 1, ip)) {
        port = free.getLocalPort();
      }
      InetSocketAddress at = new InetSocketAddress(ip, port);
      try {
        open(at, udp, tcp);
        return new Address.Ip(ip, port);
      } catch (BindException e) {
        if (tries == 10) {
          throw e;
        }
      }
    }
  }

  private void open(InetSocketAddress at, Port udp, Port tcp) throws Exception {
    if (udp == Port.SERVES) {
      kept.keep(new Http3Peer(at, GOOD));
    } else if (udp == Port.SILENT) {
      kept.keep(new DatagramSocket(at));
    }
    if (tcp == Port.SERVES) {
      HttpsServer server = server(at, GOOD);
      kept.keep(() -> server.stop(0));
    } else if (tcp == Port.SILENT) {
      kept.keep(new ServerSocket(at.getPort(), 50, at.getAddress()));
    }
  }

  static HttpsServer server(InetSocketAddress at, X509Bundle own) throws Exception {
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(own.toKeyManagerFactory().getKeyManagers(), null, null);
    HttpsServer server = HttpsServer.create(at, 50);
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    server.createContext(
        "/",
        exchange -> {
          byte[] body = "tcp".getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().add("x-peer", "tcp");
          exchange.getResponseHeaders().add("alt-svc", "h3=\":%d\"; ma=60".formatted(at.getPort()));
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    return server;
  }

  private void start(Address.Ip first, Address.Ip... others) throws Exception {
    StringBuilder additional = new StringBuilder();
    for (Address.Ip other : others) {
      additional.append("{address: %s},".formatted(socketAddress(other)));
    }
    String entry = "[{hostname: good.test, port: %d}]".formatted(first.port());
    String yaml =
        """
        admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
        layered_runtime: {layers: [{name: settings, static_layer: {%s}}]}
        static_resources:
          listeners:
          - name: http
            address: {socket_address: {address: 127.0.0.1, port_value: 0}}
            filter_chains:
            - filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: ingress
                  route_config: {response_headers_to_add: [{header: {key: x-race, value: "%%DYNAMIC_METADATA(bifocal.connect:result)%% %%DYNAMIC_METADATA(bifocal.connect:winner_transport)%% %%DYNAMIC_METADATA(bifocal.connect:reused)%% %%DYNAMIC_METADATA(bifocal.connect:duration_ms)%% %%DYNAMIC_METADATA(bifocal.connect:attempts)%%"}}], virtual_hosts: [{name: all, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: grid, retry_policy: {retry_on: http3-post-connect-failure}}}]}]}
                  http_filters:
                  - name: envoy.filters.http.alternate_protocols_cache
                    typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.alternate_protocols_cache.v3.FilterConfig}
                  - name: envoy.filters.http.router
                    typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
          clusters:
          - name: grid
            connect_timeout: 5s
            transport_socket:
              name: envoy.transport_sockets.quic
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.transport_sockets.quic.v3.QuicUpstreamTransport
                upstream_tls_context:
                  sni: good.test
                  common_tls_context:
                    validation_context: {trusted_ca: {inline_string: "%s"}}
            typed_extension_protocol_options:
              envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
                "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                common_http_protocol_options: {max_requests_per_connection: 1}
                auto_config:
                  http3_protocol_options: {}
                  alternate_protocols_cache_options: {name: c, prepopulated_entries: %s}
            load_assignment:
              cluster_name: grid
              endpoints:
              - lb_endpoints:
                - endpoint:
                    address: %s
                    additional_addresses: [%s]
        """
            .formatted(
                runtime,
                CA.pem().replace("\n", "\\n"),
                known ? entry : "[]",
                socketAddress(first),
                additional);
    proxy = kept.keep(WholeProxy.run(yaml));
  }

  private static String socketAddress(Address.Ip at) {
    return "{socket_address: {address: \"%s\", port_value: %d}}"
        .formatted(InetAddresses.toAddrString(at.ip()), at.port());
  }

  private HttpResponse<String> get(String path) throws Exception {
    return WholeProxy.get(requireNonNull(proxy), path);
  }

  private long stat(String name) throws Exception {
    String stats = admin("/stats?filter=%%5Ecluster.grid.%s$".formatted(name)).strip();
    return stats.isEmpty() ? 0 : Long.parseLong(stats.substring(stats.lastIndexOf(' ') + 1));
  }

  private String admin(String target) throws Exception {
    return WholeProxy.admin(requireNonNull(proxy), target);
  }
}
