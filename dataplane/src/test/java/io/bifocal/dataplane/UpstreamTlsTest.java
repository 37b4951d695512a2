package io.bifocal.dataplane;

import static io.bifocal.dataplane.WholeProxy.client;
import static io.bifocal.dataplane.WholeProxy.stat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.common.net.InetAddresses;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.transport.tls.Authority;
import io.bifocal.dataplane.transport.tls.TlsPeer;
import io.bifocal.dataplane.transport.tls.TlsPeer.Conversation;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.Server;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The whole proxy before upstreams that speak TLS. */
class UpstreamTlsTest {
  private static final InetAddress V4 = InetAddresses.forString("127.0.0.1");
  private static final InetAddress V6 = InetAddresses.forString("::1");
  private static final Authority CA = Authority.named("ca");
  private static final X509Bundle GOOD = CA.issue(Authority.leaf("good.test"));
  private static final int LIMIT = 64 << 10;
  private static final int MIB = 1 << 20;
  private static final Conversation SILENT = client -> client.getInputStream().readAllBytes();

  @RegisterExtension final Kept kept = new Kept();
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void close() throws Exception {
    threads.shutdownNow();
  }

  // ---- HTTP

  @Test
  void requestsGoOnOneConnectionAndTheirBytesAreCountedInPlain() throws Exception {
    Proxy proxy = start(serving(V4, http(c -> {})));
    assertThat(get(proxy).body()).isEqualTo("hello");
    assertThat(get(proxy).body()).isEqualTo("hello");
    assertThat(stat(proxy, "cluster.tls.upstream_cx_total")).isEqualTo(1);
    assertThat(stat(proxy, "cluster.tls.ssl.handshake")).isEqualTo(1);
    assertThat(stat(proxy, "cluster.tls.upstream_cx_rx_bytes_total"))
        .isEqualTo(2L * RESPONSE.length());
  }

  @Test
  void aSilentPeerCostsAStagger() throws Exception {
    assumeTrue(hasIpv6(), "this machine has no ::1");
    Proxy proxy = start(raw(V6, SILENT), serving(V4, http(c -> {})));
    long before = System.nanoTime();
    assertThat(get(proxy).body()).isEqualTo("hello");
    assertThat(Duration.ofNanos(System.nanoTime() - before).toMillis()).isGreaterThanOrEqualTo(300);
    assertThat(stat(proxy, "cluster.tls.upstream_cx_total")).isEqualTo(2);
    assertThat(stat(proxy, "cluster.tls.upstream_cx_connect_fail")).isZero();
  }

  @Test
  void whatIsSentBeforeThereIsAWinnerWaitsAndIsSentOnce() throws Exception {
    assumeTrue(hasIpv6(), "this machine has no ::1");
    CountDownLatch shakeHands = new CountDownLatch(1);
    BlockingQueue<String> received = new LinkedBlockingQueue<>();
    Proxy proxy =
        start(
            raw(V6, SILENT),
            serving(V4, awaiting(shakeHands), http(digest -> received.add(digest))));
    byte[] body = random(5 * MIB);
    CompletableFuture<String> answer =
        CompletableFuture.supplyAsync(() -> post(proxy, body), threads);
    // The handshake is awaited; meanwhile no more is read than there is room for.
    await()
        .during(Duration.ofMillis(500))
        .atMost(Duration.ofSeconds(20))
        .until(() -> rested(stat(proxy, "http.ingress.downstream_cx_rx_bytes_total")));
    assertThat(stat(proxy, "http.ingress.downstream_cx_rx_bytes_total")).isLessThan(8L * LIMIT);
    assertThat(stat(proxy, "cluster.tls.upstream_cx_tx_bytes_total")).isZero();
    shakeHands.countDown();
    assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo("hello");
    assertThat(received.poll(10, TimeUnit.SECONDS)).isEqualTo(sha256(body) + " " + body.length);
    assertThat(received).isEmpty();
  }

  @Test
  void aBadCertificateEverywhereIsToldToTheClientAsAFailureToConnect() throws Exception {
    X509Bundle stranger = Authority.named("other").issue(Authority.leaf());
    Proxy proxy = start(add(TlsPeer.serving(V4, stranger, http(c -> {}))));
    HttpResponse<String> answer = get(proxy);
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body())
        .isEqualTo(
            "upstream connect error or disconnect/reset before headers. reset reason: remote"
                + " connection failure");
    assertThat(stat(proxy, "cluster.tls.ssl.fail_verify_error")).isEqualTo(1);
    assertThat(stat(proxy, "cluster.tls.upstream_cx_connect_fail")).isEqualTo(1);
  }

  @Test
  void anIdleConnectionThatThePeerClosesIsForgotten() throws Exception {
    TlsPeer peer = serving(V4, http(c -> {}));
    Proxy proxy = start(peer);
    get(proxy);
    peer.closeConnections();
    await().until(() -> stat(proxy, "cluster.tls.upstream_cx_active") == 0);
    assertThat(stat(proxy, "cluster.tls.upstream_cx_destroy_remote")).isEqualTo(1);
    assertThat(stat(proxy, "cluster.tls.upstream_cx_destroy_with_active_rq")).isZero();
    assertThat(get(proxy).body()).isEqualTo("hello");
  }

  @Test
  void aConfigurationThatCannotWorkIsRefused() {
    assertThatThrownBy(() -> start("trusted_ca: {inline_string: nonsense}", List.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("Failed to load trusted CA certificates from <inline>");
  }

  // ---- TCP

  @Test
  void thePeerMaySpeakFirstAndEachSideEndInItsTurn() throws Exception {
    Proxy proxy =
        start(
            serving(
                V4,
                client -> {
                  OutputStream out = client.getOutputStream();
                  out.write("220 hello\n".getBytes(StandardCharsets.UTF_8));
                  byte[] request = client.getInputStream().readAllBytes(); // to the client's end
                  out.write(request);
                  out.write(" and an end".getBytes(StandardCharsets.UTF_8));
                }));
    Socket client = connect(proxy);
    assertThat(text(client.getInputStream().readNBytes(10))).isEqualTo("220 hello\n");
    client.getOutputStream().write("a request".getBytes(StandardCharsets.UTF_8));
    client.shutdownOutput();
    assertThat(text(client.getInputStream().readAllBytes())).isEqualTo("a request and an end");
    await().until(() -> stat(proxy, "cluster.tls.upstream_cx_active") == 0);
    assertThat(stat(proxy, "cluster.tls.upstream_cx_destroy_remote")).isEqualTo(1);
  }

  @Test
  void aPeerThatSaysOneThingAndClosesIsHeard() throws Exception {
    for (String version : List.of("TLSv1.2", "TLSv1.3")) {
      Proxy proxy =
          start(
              serving(
                  V4,
                  tls -> tls.setEnabledProtocols(new String[] {version}),
                  client ->
                      client.getOutputStream().write("good bye".getBytes(StandardCharsets.UTF_8))));
      for (int i = 0; i < 20; i++) {
        assertThat(text(connect(proxy).getInputStream().readAllBytes()))
            .as("%s, %d", version, i)
            .isEqualTo("good bye");
      }
    }
  }

  @Test
  void whatAClientSendsBeforeThereIsAWinnerWaitsAndIsSentOnce() throws Exception {
    assumeTrue(hasIpv6(), "this machine has no ::1");
    CountDownLatch shakeHands = new CountDownLatch(1);
    BlockingQueue<String> received = new LinkedBlockingQueue<>();
    Proxy proxy =
        start(
            raw(V6, SILENT),
            serving(
                V4,
                awaiting(shakeHands),
                client -> received.add(digest(client.getInputStream(), Long.MAX_VALUE))));
    byte[] sent = random(5 * MIB);
    Socket client = connect(proxy);
    CompletableFuture<Void> sending = pour(client.getOutputStream(), sent, client);
    await()
        .during(Duration.ofMillis(500))
        .atMost(Duration.ofSeconds(20))
        .until(() -> stat(proxy, "cluster.tls.upstream_cx_total") == 2);
    assertThat(stat(proxy, "tcp.ingress.downstream_cx_rx_bytes_total")).isLessThan(2L * LIMIT);
    assertThat(stat(proxy, "cluster.tls.upstream_cx_tx_bytes_total")).isZero();
    shakeHands.countDown();
    sending.get(30, TimeUnit.SECONDS);
    assertThat(received.poll(30, TimeUnit.SECONDS)).isEqualTo(sha256(sent) + " " + sent.length);
    assertThat(client.getInputStream().read()).isEqualTo(-1);
  }

  @Test
  void manyMegabytesPassEachWayAtOnce() throws Exception {
    byte[] up = random(20 * MIB);
    byte[] down = random(20 * MIB);
    BlockingQueue<String> received = new LinkedBlockingQueue<>();
    Proxy proxy =
        start(
            serving(
                V4,
                client -> {
                  CompletableFuture<Void> sending = pour(client.getOutputStream(), down, null);
                  received.add(digest(client.getInputStream(), up.length));
                  sending.get(60, TimeUnit.SECONDS);
                }));
    Socket client = connect(proxy);
    CompletableFuture<Void> sending = pour(client.getOutputStream(), up, null);
    assertThat(digest(client.getInputStream(), Long.MAX_VALUE))
        .isEqualTo(sha256(down) + " " + down.length);
    sending.get(60, TimeUnit.SECONDS);
    assertThat(received.poll(10, TimeUnit.SECONDS)).isEqualTo(sha256(up) + " " + up.length);
  }

  @Test
  void aReceiverThatDoesNotReadStopsTheSender() throws Exception {
    CountDownLatch read = new CountDownLatch(1);
    BlockingQueue<String> received = new LinkedBlockingQueue<>();
    byte[] block = random(60 * MIB);
    Proxy proxy =
        start(
            serving(
                V4,
                client -> {
                  CompletableFuture<Void> sending = pour(client.getOutputStream(), block, null);
                  read.await();
                  received.add(digest(client.getInputStream(), block.length));
                  sending.get(60, TimeUnit.SECONDS);
                }));
    Socket client = connect(proxy);
    CompletableFuture<Void> sending = pour(client.getOutputStream(), block, null);
    await()
        .during(Duration.ofMillis(500))
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                rested(
                    stat(proxy, "tcp.ingress.downstream_cx_rx_bytes_total")
                        + stat(proxy, "cluster.tls.upstream_cx_rx_bytes_total")));
    assertThat(stat(proxy, "tcp.ingress.downstream_cx_rx_bytes_total")).isLessThan(30L * MIB);
    assertThat(stat(proxy, "cluster.tls.upstream_cx_rx_bytes_total")).isLessThan(30L * MIB);
    read.countDown();
    assertThat(digest(client.getInputStream(), Long.MAX_VALUE))
        .isEqualTo(sha256(block) + " " + block.length);
    sending.get(60, TimeUnit.SECONDS);
    assertThat(received.poll(30, TimeUnit.SECONDS)).isEqualTo(sha256(block) + " " + block.length);
  }

  // ---- the control plane

  @Test
  void aControlPlaneIsReachedThroughTls() throws Exception {
    BlockingQueue<String> asked = new LinkedBlockingQueue<>();
    Proxy proxy = startBehind(controlPlane(asked), "", "");
    assertThat(asked.poll(10, TimeUnit.SECONDS)).endsWith("Cluster");
    await().until(() -> stat(proxy, "cluster_manager.cds.update_success") == 1);
    assertThat(stat(proxy, "cluster.tls.ssl.handshake")).isEqualTo(1);
  }

  @Test
  void aControlPlaneHasTheNameThatItsCallsAskFor() throws Exception {
    String named =
        """
            typed_extension_protocol_options:
              envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
                "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                explicit_http_config: {http2_protocol_options: {}}
                upstream_http_protocol_options: {auto_sni: true, auto_san_validation: true}
        """;
    BlockingQueue<String> asked = new LinkedBlockingQueue<>();
    Server server = controlPlane(asked);
    Proxy other = startBehind(server, ", authority: other.test", named);
    await().until(() -> stat(other, "cluster.tls.ssl.fail_verify_san") > 0);
    assertThat(asked).isEmpty();
    startBehind(server, ", authority: good.test", named);
    assertThat(asked.poll(10, TimeUnit.SECONDS)).endsWith("Cluster");
  }

  private Server controlPlane(BlockingQueue<String> asked) throws Exception {
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(V4, 0))
            .sslContext(
                GrpcSslContexts.configure(SslContextBuilder.forServer(GOOD.toKeyManagerFactory()))
                    .build())
            .addService(new EmptyAds(asked))
            .build()
            .start();
    kept.keep(server::shutdownNow);
    return server;
  }

  /** One that asks that control plane, and is otherwise empty. */
  private Proxy startBehind(Server controlPlane, String service, String more) throws Exception {
    String cluster = cluster(trust(), List.of(new Address.Ip(V4, controlPlane.getPort())));
    return start(
        """
        node: {id: me, cluster: c}
        admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
        dynamic_resources:
          ads_config: {api_type: GRPC, transport_api_version: V3, grpc_services: [{envoy_grpc: {cluster_name: tls%s}}]}
          cds_config: {ads: {}, resource_api_version: V3, initial_fetch_timeout: 0.5s}
        static_resources:
          clusters:
        %s
        """
            .formatted(service, cluster + more));
  }

  private static final class EmptyAds
      extends AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase {
    private final BlockingQueue<String> asked;

    EmptyAds(BlockingQueue<String> asked) {
      this.asked = asked;
    }

    @Override
    public StreamObserver<DiscoveryRequest> streamAggregatedResources(
        StreamObserver<DiscoveryResponse> responses) {
      return new StreamObserver<>() {
        @Override
        public void onNext(DiscoveryRequest request) {
          if (request.getVersionInfo().isEmpty()) {
            asked.add(request.getTypeUrl());
            responses.onNext(
                DiscoveryResponse.newBuilder()
                    .setTypeUrl(request.getTypeUrl())
                    .setVersionInfo("1")
                    .setNonce("1")
                    .build());
          }
        }

        @Override
        public void onError(Throwable t) {}

        @Override
        public void onCompleted() {}
      };
    }
  }

  // ---- peers

  private static final String RESPONSE = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

  /** Answers requests; {@code bodies} hears what each one carried, if it said how much. */
  private static Conversation http(Consumer<String> bodies) {
    return client -> {
      InputStream in = client.getInputStream();
      StringBuilder head = new StringBuilder();
      for (int c = in.read(); c >= 0; c = in.read()) {
        head.append((char) c);
        if (head.toString().endsWith("\r\n\r\n")) {
          int at = head.indexOf("content-length: ");
          if (at >= 0) {
            long length = Long.parseLong(head.substring(at + 16, head.indexOf("\r\n", at)));
            bodies.accept(digest(in, length));
          }
          head.setLength(0);
          client.getOutputStream().write(RESPONSE.getBytes(StandardCharsets.UTF_8));
        }
      }
    };
  }

  private static Consumer<SSLSocket> awaiting(CountDownLatch latch) {
    return tls -> {
      try {
        latch.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    };
  }

  private TlsPeer serving(InetAddress ip, Conversation conversation) throws IOException {
    return serving(ip, tls -> {}, conversation);
  }

  private TlsPeer serving(InetAddress ip, Consumer<SSLSocket> setting, Conversation conversation)
      throws IOException {
    return add(TlsPeer.serving(ip, GOOD, null, setting, conversation));
  }

  private TlsPeer raw(InetAddress ip, Conversation conversation) throws IOException {
    return add(TlsPeer.raw(ip, conversation));
  }

  private TlsPeer add(TlsPeer peer) {
    kept.keep(peer);
    return peer;
  }

  // ---- the proxy

  private Proxy start(TlsPeer... peers) throws Exception {
    return start(trust(), List.of(peers).stream().map(TlsPeer::address).toList());
  }

  private static String trust() {
    return "trusted_ca: {inline_string: \"%s\"}".formatted(CA.pem().replace("\n", "\\n"));
  }

  private Proxy start(String validation, List<Address> addresses) throws Exception {
    return start(
        """
        admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
        static_resources:
          listeners:
          - name: http
            address: {socket_address: {address: 127.0.0.1, port_value: 0}}
            per_connection_buffer_limit_bytes: %1$d
            filter_chains:
            - filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: ingress
                  route_config: {virtual_hosts: [{name: all, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: tls}}]}]}
                  http_filters:
                  - name: envoy.filters.http.router
                    typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
          - name: tcp
            address: {socket_address: {address: 127.0.0.1, port_value: 0}}
            per_connection_buffer_limit_bytes: %1$d
            filter_chains:
            - filters:
              - name: envoy.filters.network.tcp_proxy
                typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: ingress, cluster: tls}
          clusters:
        %2$s
        """
            .formatted(
                LIMIT,
                cluster(
                    validation, addresses.isEmpty() ? List.of(new Address.Ip(V4, 1)) : addresses)));
  }

  private static String cluster(String validation, List<Address> addresses) {
    return """
          - name: tls
            connect_timeout: 20s
            per_connection_buffer_limit_bytes: %d
            transport_socket:
              name: envoy.transport_sockets.tls
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
                common_tls_context:
                  tls_params: {tls_maximum_protocol_version: TLSv1_3}
                  validation_context: {%s}
            load_assignment:
              cluster_name: tls
              endpoints:
              - lb_endpoints:
                - endpoint:
                    address: %s
                    additional_addresses: [%s]
        """
        .formatted(
            LIMIT,
            validation,
            yaml(addresses.get(0)),
            String.join(
                ", ",
                addresses.stream()
                    .skip(1)
                    .map(address -> "{address: " + yaml(address) + "}")
                    .toList()));
  }

  private static String yaml(Address address) {
    Address.Ip ip = (Address.Ip) address;
    return "{socket_address: {address: \"%s\", port_value: %d}}"
        .formatted(InetAddresses.toAddrString(ip.ip()), ip.port());
  }

  private Proxy start(String yaml) throws Exception {
    return kept.keep(WholeProxy.run(yaml));
  }

  // ---- clients

  private static HttpResponse<String> get(Proxy proxy) throws Exception {
    return client().send(request(proxy).build(), HttpResponse.BodyHandlers.ofString());
  }

  private static String post(Proxy proxy, byte[] body) {
    try {
      return client()
          .send(
              request(proxy).POST(HttpRequest.BodyPublishers.ofByteArray(body)).build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static HttpRequest.Builder request(Proxy proxy) {
    return HttpRequest.newBuilder(
            URI.create("http://" + Address.of(proxy.listenerAddresses("http").get(0)).text() + "/"))
        .timeout(Duration.ofSeconds(60));
  }

  private Socket connect(Proxy proxy) throws IOException {
    InetSocketAddress where = (InetSocketAddress) proxy.listenerAddresses("tcp").get(0);
    Socket socket = new Socket(where.getAddress(), where.getPort());
    socket.setSoTimeout(60_000);
    kept.keep(socket);
    return socket;
  }

  private long last = -1;

  private boolean rested(long now) {
    boolean same = now > 0 && now == last;
    last = now;
    return same;
  }

  // ---- bytes

  private CompletableFuture<Void> pour(
      OutputStream out, byte[] bytes, @org.jspecify.annotations.Nullable Socket thenEnd) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            out.write(bytes);
            if (thenEnd != null) {
              thenEnd.shutdownOutput();
            }
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        },
        threads);
  }

  /** What came and how much of it, up to {@code limit} bytes or the end. */
  private static String digest(InputStream in, long limit) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    byte[] block = new byte[64 << 10];
    long total = 0;
    while (total < limit) {
      int read = in.read(block, 0, (int) Math.min(block.length, limit - total));
      if (read < 0) {
        break;
      }
      digest.update(block, 0, read);
      total += read;
    }
    return HexFormat.of().formatHex(digest.digest()) + " " + total;
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static boolean hasIpv6() {
    try (ServerSocket any = new ServerSocket(0, 1, V6)) {
      return any.isBound();
    } catch (IOException none) {
      return false;
    }
  }
}
