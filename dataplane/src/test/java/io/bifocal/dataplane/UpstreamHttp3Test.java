package io.bifocal.dataplane;

import static io.bifocal.dataplane.WholeProxy.client;
import static io.bifocal.dataplane.WholeProxy.get;
import static io.bifocal.dataplane.WholeProxy.run;
import static io.bifocal.dataplane.WholeProxy.send;
import static io.bifocal.dataplane.WholeProxy.stat;
import static io.bifocal.dataplane.WholeProxy.uri;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.transport.tls.Authority;
import io.netty.handler.ssl.ClientAuth;
import io.netty.pkitesting.X509Bundle;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole proxy before upstreams that speak HTTP/3. */
class UpstreamHttp3Test {
  static final Authority CA = Authority.named("ca");
  static final X509Bundle GOOD = CA.issue(Authority.leaf("good.test"));

  @RegisterExtension final Kept kept = new Kept();

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void requestsGoOnOneConnection(String ip) throws Exception {
    Proxy proxy = start(peer(ip, GOOD), CA);
    assertThat(get(proxy, "/a").body()).isEqualTo("GET /a https 0");
    assertThat(get(proxy, "/b").headers().firstValue("x-peer")).contains("h3");
    String big = "x".repeat(3_000_000);
    assertThat(
            send(HttpRequest.newBuilder(uri(proxy, "/c"))
                    .POST(HttpRequest.BodyPublishers.ofString(big))
                    .build())
                .body())
        .isEqualTo("POST /c https 3000000");
    assertThat(stat(proxy, "cluster.h3.upstream_cx_total")).isEqualTo(1);
    assertThat(stat(proxy, "cluster.h3.upstream_cx_http3_total")).isEqualTo(1);
    assertThat(stat(proxy, "cluster.h3.upstream_cx_tx_bytes_total")).isGreaterThan(3_000_000);
    assertThat(stat(proxy, "cluster.h3.upstream_cx_rx_bytes_total")).isBetween(30L, 1000L);
    assertThat(stat(proxy, "cluster.h3.ssl.handshake")).isEqualTo(1);
    await().until(() -> stat(proxy, "cluster.h3.http3.streams_active") == 0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1"})
  void aPeerOfAnotherAuthorityIsRefused(String ip) throws Exception {
    Proxy proxy = start(peer(ip, GOOD), Authority.named("other"));
    assertThat(get(proxy, "/a").statusCode()).isEqualTo(503);
    assertThat(stat(proxy, "cluster.h3.ssl.fail_verify_error")).isEqualTo(1);
    assertThat(stat(proxy, "cluster.h3.upstream_cx_connect_fail")).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sni: other.test",
        "auto_sni_san_validation: false",
        "sni: other.test, trust_chain_verification: ACCEPT_UNTRUSTED",
      })
  void aPeerIsToBeGoodForTheNameThatIsAskedFor(String names) throws Exception {
    String[] split = names.split(", ");
    String yaml = yaml(peer("127.0.0.1", GOOD).address(), CA).replace("sni: good.test", split[0]);
    Proxy proxy =
        start(
            split.length < 2
                ? yaml
                : yaml.replace("validation_context: {", "validation_context: {" + split[1] + ", "));
    assertThat(get(proxy, "/a").statusCode()).isEqualTo(503);
    assertThat(stat(proxy, "cluster.h3.ssl.fail_verify_san")).isEqualTo(1);
  }

  @Test
  void requestsWaitForAStreamWhereThereMayBeNoOtherConnection() throws Exception {
    Http3Peer peer = peer("127.0.0.1", GOOD);
    Proxy proxy =
        start(
            yaml(peer.address(), CA)
                .replace(
                    "connect_timeout: 5s",
                    "connect_timeout: 5s\n"
                        + "    circuit_breakers: {thresholds: [{max_connections: 1}]}"));
    HttpClient client = client();
    HttpRequest request = HttpRequest.newBuilder(uri(proxy, "/a")).build();
    List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
    for (int i = 0; i < 10 * Http3Peer.STREAMS; i++) {
      all.add(client.sendAsync(request, HttpResponse.BodyHandlers.ofString()));
    }
    for (CompletableFuture<HttpResponse<String>> each : all) {
      assertThat(each.get(30, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    }
    assertThat(stat(proxy, "cluster.h3.upstream_cx_total")).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "P-384,           GET /a https 0",
    "'X25519, P-256', 'reset reason: remote connection failure'"
  })
  void curvesAreThoseOfTheConfiguration(String curves, String answer) throws Exception {
    InetSocketAddress at = new InetSocketAddress(InetAddresses.forString("127.0.0.1"), 0);
    Http3Peer peer = new Http3Peer(at, GOOD, "P-384");
    kept.keep(peer);
    Proxy proxy = start(yaml(peer.address(), CA).replace("[X25519, P-256]", "[" + curves + "]"));
    assertThat(get(proxy, "/a").body()).endsWith(answer);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sni: a_b.test", "sds"})
  void whatCannotBeginFailsAtOnceAndLeavesNothing(String cause) throws Exception {
    String yaml = yaml(peer("127.0.0.1", GOOD).address(), CA);
    Proxy proxy =
        start(cause.equals("sds") ? withoutItsSecret(yaml) : yaml.replace("sni: good.test", cause));
    for (int i = 0; i < 3; i++) {
      assertThat(get(proxy, "/a").statusCode()).isEqualTo(503);
    }
    assertThat(stat(proxy, "cluster.h3.upstream_cx_active")).isZero();
    assertThat(stat(proxy, "cluster.h3.upstream_cx_connect_fail")).isEqualTo(3);
    assertThat(stat(proxy, "cluster.h3.upstream_rq_pending_active")).isZero();
  }

  /** Whom it trusts is to come from a control plane that is not there. */
  private static String withoutItsSecret(String yaml) {
    String where =
        "{name: trust, sds_config: {initial_fetch_timeout: 0.1s, resource_api_version: V3, api_config_source:"
            + " {api_type: GRPC, transport_api_version: V3, grpc_services: [{google_grpc: {target_uri: \"127.0.0.1:1\", stat_prefix: s}}]}}}";
    return yaml.replaceFirst(
        "validation_context: \\{trusted_ca: [^}]*}}",
        "validation_context_sds_secret_config: " + where);
  }

  @ParameterizedTest
  @EnumSource(
      value = ClientAuth.class,
      names = {"NONE", "OPTIONAL"})
  void aRequestGoesWithTheLastFlightOfTheHandshake(ClientAuth asked) throws Exception {
    InetSocketAddress at = new InetSocketAddress(InetAddresses.forString("127.0.0.1"), 0);
    Http3Peer peer =
        new Http3Peer(at, Http3Peer.tls(GOOD).trustManager(CA.certificate()).clientAuth(asked));
    kept.keep(peer);
    try (QuicRelay relay = new QuicRelay(peer.address())) {
      relay.nothingBackAfterTheClientsFinished();
      Proxy proxy = start(yaml(relay.address(), CA));
      var unused =
          client()
              .sendAsync(
                  HttpRequest.newBuilder(uri(proxy, "/a")).build(),
                  HttpResponse.BodyHandlers.ofString());
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> stat(proxy, "cluster.h3.upstream_rq_active") == 1);
      assertThat(stat(proxy, "cluster.h3.ssl.handshake")).isEqualTo(1);
      await("what the server says after it").until(() -> relay.withheld() > 0);
    }
  }

  @Test
  void aServerThatDoesNotAnswerHasTheConnectTimeout() throws Exception {
    try (DatagramSocket silent = new DatagramSocket(0, InetAddresses.forString("127.0.0.1"))) {
      Address.Ip at = (Address.Ip) Address.of(silent.getLocalSocketAddress());
      Proxy proxy = start(yaml(at, CA).replace("connect_timeout: 5s", "connect_timeout: 0.3s"));
      assertThat(get(proxy, "/a").body()).endsWith("reset reason: connection timeout");
      assertThat(stat(proxy, "cluster.h3.upstream_cx_connect_timeout")).isEqualTo(1);
      assertThat(stat(proxy, "cluster.h3.upstream_cx_active")).isZero();
    }
  }

  @Test
  void aServerThatIsGoneIsNoticedAtOnce() throws Exception {
    Http3Peer peer = peer("127.0.0.1", GOOD);
    Proxy proxy = start(peer, CA);
    assertThat(get(proxy, "/a").statusCode()).isEqualTo(200);
    peer.vanish();
    assertThat(get(proxy, "/b").statusCode()).isEqualTo(503);
    assertThat(stat(proxy, "cluster.h3.http3.keepalive_timeout")).isEqualTo(1);
    assertThat(stat(proxy, "cluster.h3.upstream_cx_active")).isZero();
  }

  @Test
  void aServerThatOnlyThinksIsNotTakenForDead() throws Exception {
    Http3Peer peer = peer("127.0.0.1", GOOD);
    Proxy proxy =
        start(
            yaml(peer.address(), CA)
                .replace(
                    "http3_protocol_options: {}",
                    "http3_protocol_options: {quic_protocol_options: {idle_network_timeout: 3s,"
                        + " connection_keepalive: {max_interval: 0.5s}}}"));
    assertThat(get(proxy, "/think").statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "common_http_protocol_options: {idle_timeout: 0.2s} | {} | 1",
        "common_http_protocol_options: {} | {quic_protocol_options: {idle_network_timeout: 1s}} | 0",
      })
  void anIdleConnectionIsClosedInItsTime(String common, String http3, int counted)
      throws Exception {
    Proxy proxy =
        start(
            yaml(peer("127.0.0.1", GOOD).address(), CA)
                .replace(
                    "explicit_http_config: {http3_protocol_options: {}}",
                    common
                        + "\n        explicit_http_config: {http3_protocol_options: "
                        + http3
                        + "}"));
    for (int connection = 1; connection <= 2; connection++) {
      assertThat(get(proxy, "/a").statusCode()).isEqualTo(200);
      assertThat(stat(proxy, "cluster.h3.upstream_cx_total")).isEqualTo(connection);
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> stat(proxy, "cluster.h3.upstream_cx_active") == 0);
      assertThat(stat(proxy, "cluster.h3.upstream_cx_idle_timeout"))
          .isEqualTo((long) counted * connection);
    }
    assertThat(stat(proxy, "cluster.h3.upstream_cx_destroy_with_active_rq")).isZero();
  }

  private Proxy start(String yaml) throws Exception {
    Proxy proxy = run(yaml);
    kept.keep(proxy);
    return proxy;
  }

  private Http3Peer peer(String ip, X509Bundle own) throws Exception {
    InetAddress at = InetAddresses.forString(ip);
    Http3Peer peer = new Http3Peer(at, own);
    kept.keep(peer);
    return peer;
  }

  private Proxy start(Http3Peer peer, Authority trusted) throws Exception {
    Proxy proxy = before(peer.address(), trusted);
    kept.keep(proxy);
    return proxy;
  }

  /** A proxy with a cluster that speaks HTTP/3 to one address. */
  static Proxy before(Address.Ip at, Authority trusted) throws Exception {
    return run(yaml(at, trusted));
  }

  static String yaml(Address.Ip at, Authority trusted) {
    return """
        admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
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
                  route_config: {virtual_hosts: [{name: all, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: h3}}]}]}
                  http_filters:
                  - name: envoy.filters.http.router
                    typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
          clusters:
          - name: h3
            connect_timeout: 5s
            transport_socket:
              name: envoy.transport_sockets.quic
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.transport_sockets.quic.v3.QuicUpstreamTransport
                upstream_tls_context:
                  sni: good.test
                  common_tls_context:
                    tls_params: {ecdh_curves: [X25519, P-256]}
                    validation_context: {trusted_ca: {inline_string: "%s"}}
            typed_extension_protocol_options:
              envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
                "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                explicit_http_config: {http3_protocol_options: {}}
            load_assignment:
              cluster_name: h3
              endpoints:
              - lb_endpoints:
                - endpoint: {address: {socket_address: {address: "%s", port_value: %d}}}
        """
        .formatted(
            trusted.pem().replace("\n", "\\n"), InetAddresses.toAddrString(at.ip()), at.port());
  }
}
