package io.bifocal.dataplane.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import com.google.protobuf.Any;
import com.google.protobuf.StringValue;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.util.Durations;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.extension.AccessLogFactory;
import io.bifocal.dataplane.extension.AccessLogs;
import io.bifocal.dataplane.extension.NetworkFilterFactory;
import io.bifocal.dataplane.extension.Registry;
import io.bifocal.dataplane.listener.ListenerManager;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.dataplane.worker.Workers;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.testing.ScriptedSubscriptions;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLog;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class TcpProxyTest {
  private static final int MIB = 1 << 20;

  private final Workers workers = Workers.start(1, Transport.best());
  private final StatsStore stats = new StatsStore(1);
  private final DirectClusters clusters =
      new DirectClusters(workers.get(0), workers.transport(), stats);
  private final List<StreamInfo> logged = new CopyOnWriteArrayList<>();
  private final AccessLogs logs =
      new AccessLogs(
          new Registry<AccessLogFactory>()
              .register("type.googleapis.com/google.protobuf.StringValue", any -> logged::add),
          RuntimeReader.NONE);
  private final ListenerManager manager =
      new ListenerManager(
          new VirtualTime(),
          new ScriptedSubscriptions(),
          stats,
          workers,
          new Registry<NetworkFilterFactory>()
              .register(
                  TcpProxyFactory.TYPE_URL,
                  new TcpProxyFactory(
                      w -> clusters,
                      logs,
                      stats,
                      (from, cluster, patience) -> {
                        throw new UnsupportedOperationException();
                      },
                      new VirtualTime())),
          logs,
          Duration.ofSeconds(1));
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable closeable : open) {
      closeable.close();
    }
    manager.close();
    workers.close();
    threads.shutdownNow();
  }

  private static TcpProxy.Builder to(String cluster) {
    return TcpProxy.newBuilder()
        .setStatPrefix("t")
        .setCluster(cluster)
        .addAccessLog(
            AccessLog.newBuilder().setName("log").setTypedConfig(Any.pack(StringValue.of(""))));
  }

  private InetSocketAddress proxy(TcpProxy.Builder config) throws ConfigException {
    return proxy(config, "127.0.0.1");
  }

  private InetSocketAddress proxy(TcpProxy.Builder config, String ip) throws ConfigException {
    manager.addStatic(
        Listener.newBuilder()
            .setName("l")
            .setAddress(
                Address.newBuilder().setSocketAddress(SocketAddress.newBuilder().setAddress(ip)))
            .setPerConnectionBufferLimitBytes(UInt32Value.of(64 << 10))
            .addFilterChains(
                FilterChain.newBuilder()
                    .addFilters(
                        Filter.newBuilder()
                            .setName("tcp")
                            .setTypedConfig(Any.pack(config.build()))))
            .build());
    manager.start(null, SubscriptionObserver.NONE, () -> {});
    manager.startWorkers();
    return (InetSocketAddress) manager.addresses("l").get(0);
  }

  private ServerSocket backend(String cluster) throws IOException {
    ServerSocket server = new ServerSocket(0, 50, InetAddresses.forString("127.0.0.1"));
    open.add(server);
    clusters.with(cluster, server.getLocalSocketAddress());
    return server;
  }

  private Socket connect(InetSocketAddress address) throws IOException {
    Socket socket = new Socket();
    socket.setSoTimeout(20_000);
    socket.connect(address);
    open.add(socket);
    return socket;
  }

  private Socket accept(ServerSocket server) throws IOException {
    server.setSoTimeout(20_000);
    Socket socket = server.accept();
    socket.setSoTimeout(20_000);
    open.add(socket);
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String receive(Socket socket, int bytes) throws IOException {
    return new String(socket.getInputStream().readNBytes(bytes), StandardCharsets.UTF_8);
  }

  private StreamInfo onlyLog() {
    await().until(() -> logged.size() == 1);
    return logged.get(0);
  }

  private long stat(String name) {
    return stats.counters().stream()
            .filter(c -> c.name().full().equals(name))
            .mapToLong(c -> c.value())
            .sum()
        + stats.gauges().stream()
            .filter(c -> c.name().full().equals(name))
            .mapToLong(c -> c.value())
            .sum();
  }

  @Test
  void bytesPassBothWaysWhoeverSpeaksFirst() throws Exception {
    ServerSocket server = backend("a");
    Socket client = connect(proxy(to("a")));
    Socket upstream = accept(server);
    send(upstream, "220 hello");
    assertThat(receive(client, 9)).isEqualTo("220 hello");
    send(client, "EHLO");
    assertThat(receive(upstream, 4)).isEqualTo("EHLO");
    assertThat(stat("tcp.t.downstream_cx_active")).isEqualTo(1);
    client.close();
    assertThat(upstream.getInputStream().read()).isEqualTo(-1);
    upstream.close();

    StreamInfo log = onlyLog();
    assertThat(log.bytesReceived).isEqualTo(4);
    assertThat(log.bytesSent).isEqualTo(9);
    assertThat(log.upstreamCluster).isEqualTo("a");
    assertThat(log.upstreamRemote).hasToString("127.0.0.1:" + server.getLocalPort());
    assertThat(log.upstreamLocal).isNotNull();
    assertThat(log.flags()).isEmpty();
    assertThat(log.endNanos).isGreaterThan(log.startNanos);
    await().until(() -> clusters.discarded.get() == 1);
    assertThat(stat("tcp.t.downstream_cx_total")).isEqualTo(1);
    assertThat(stat("tcp.t.downstream_cx_active")).isZero();
    assertThat(stat("tcp.t.downstream_cx_rx_bytes_total")).isEqualTo(4);
    assertThat(stat("tcp.t.downstream_cx_tx_bytes_total")).isEqualTo(9);
  }

  @Test
  void ipv6ClientsReachIpv4Upstreams() throws Exception {
    Assumptions.assumeTrue(hasIpv6(), "no ::1 here");
    ServerSocket server = backend("a");
    Socket client = connect(proxy(to("a"), "::1"));
    Socket upstream = accept(server);
    send(client, "six");
    assertThat(receive(upstream, 3)).isEqualTo("six");
    client.close();
    upstream.close();
    assertThat(onlyLog().downstreamRemote).asString().startsWith("[::1]:");
  }

  private static boolean hasIpv6() {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddresses.forString("::1"))) {
      return probe.isBound();
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void whatTheClientSendsBeforeItClosesArrives() throws Exception {
    ServerSocket server = backend("a");
    Socket client = connect(proxy(to("a")));
    send(client, "all there is");
    client.close();
    Socket upstream = accept(server);
    assertThat(upstream.getInputStream().readAllBytes()).asString().isEqualTo("all there is");
  }

  @Test
  void anEndOfInputPassesAloneAndTheOtherDirectionGoesOn() throws Exception {
    ServerSocket server = backend("a");
    Socket client = connect(proxy(to("a")));
    Socket upstream = accept(server);
    send(client, "request");
    client.shutdownOutput();
    assertThat(upstream.getInputStream().readAllBytes()).asString().isEqualTo("request");
    send(upstream, "an answer after the end");
    upstream.shutdownOutput();
    assertThat(client.getInputStream().readAllBytes())
        .asString()
        .isEqualTo("an answer after the end");
    await().until(() -> logged.size() == 1 && clusters.discarded.get() == 1);
  }

  @Test
  void theUpstreamMayEndItsOutputFirst() throws Exception {
    ServerSocket server = backend("a");
    Socket client = connect(proxy(to("a")));
    Socket upstream = accept(server);
    upstream.shutdownOutput();
    assertThat(client.getInputStream().read()).isEqualTo(-1);
    send(client, "still");
    assertThat(receive(upstream, 5)).isEqualTo("still");
    client.shutdownOutput();
    assertThat(upstream.getInputStream().read()).isEqualTo(-1);
    onlyLog();
  }

  @Test
  void aHundredMegabytesPassEachWayAtOnce() throws Exception {
    int length = 100 * MIB;
    ServerSocket server = backend("a");
    Socket client = connect(proxy(to("a")));
    Socket upstream = accept(server);
    CompletableFuture<Long> up = count(upstream.getInputStream());
    CompletableFuture<Long> down = count(client.getInputStream());
    CompletableFuture<Void> sending = pour(client, length);
    pour(upstream, length).get(60, TimeUnit.SECONDS);
    sending.get(60, TimeUnit.SECONDS);
    assertThat(up.get(60, TimeUnit.SECONDS)).isEqualTo(length);
    assertThat(down.get(60, TimeUnit.SECONDS)).isEqualTo(length);
    assertThat(onlyLog().bytesReceived).isEqualTo(length);
  }

  private CompletableFuture<Void> pour(Socket socket, int length) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            OutputStream out = socket.getOutputStream();
            byte[] block = new byte[64 << 10];
            for (int sent = 0; sent < length; sent += block.length) {
              out.write(block);
            }
            socket.shutdownOutput();
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        },
        threads);
  }

  private CompletableFuture<Long> count(InputStream in) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return in.transferTo(OutputStream.nullOutputStream());
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        },
        threads);
  }

  @Test
  void aReceiverThatDoesNotReadStopsTheSender() throws Exception {
    ServerSocket server = backend("a");
    Socket client = connect(proxy(to("a")));
    Socket upstream = accept(server);
    CompletableFuture<Void> pouring = pour(client, 100 * MIB);
    // What fits: two pairs of socket buffers and one watermark; far less than all.
    await()
        .during(Duration.ofMillis(500))
        .atMost(Duration.ofSeconds(20))
        .until(() -> rested(stat("tcp.t.downstream_cx_rx_bytes_total")));
    assertThat(stat("tcp.t.downstream_cx_rx_bytes_total")).isLessThan(40L * MIB);
    assertThat(pouring).isNotDone();
    assertThat(count(upstream.getInputStream()).get(60, TimeUnit.SECONDS)).isEqualTo(100L * MIB);
    assertThat(stat("tcp.t.downstream_flow_control_paused_reading_total")).isPositive();
    assertThat(stat("tcp.t.downstream_flow_control_resumed_reading_total")).isPositive();
  }

  private long last = -1;

  private boolean rested(long now) {
    boolean same = now > 0 && now == last;
    last = now;
    return same;
  }

  @Test
  void aMissingClusterClosesTheConnection() throws Exception {
    Socket client = connect(proxy(to("nosuch")));
    assertThat(client.getInputStream().read()).isEqualTo(-1);
    assertThat(onlyLog().flags()).containsExactly(ResponseFlag.NO_CLUSTER_FOUND);
    assertThat(stat("tcp.t.downstream_cx_no_route")).isEqualTo(1);
  }

  @Test
  void aClusterWithoutUsableHostsClosesTheConnection() throws Exception {
    clusters.with("empty", null);
    Socket client = connect(proxy(to("empty")));
    assertThat(client.getInputStream().read()).isEqualTo(-1);
    assertThat(onlyLog().flags()).containsExactly(ResponseFlag.NO_HEALTHY_UPSTREAM);
    assertThat(stat("cluster.empty.upstream_cx_none_healthy")).isEqualTo(1);
  }

  @Test
  void aRaceThatFailsIsRunAsOftenAsMaxConnectAttemptsSays() throws Exception {
    InetSocketAddress nobody;
    try (ServerSocket gone = new ServerSocket(0, 1, InetAddresses.forString("127.0.0.1"))) {
      nobody = (InetSocketAddress) gone.getLocalSocketAddress();
    }
    clusters.with("a", nobody);
    Socket client = connect(proxy(to("a").setMaxConnectAttempts(UInt32Value.of(3))));
    assertThat(client.getInputStream().read()).isEqualTo(-1);
    assertThat(clusters.acquired).hasValue(3);
    assertThat(onlyLog().flags())
        .isEqualTo(
            Set.of(
                ResponseFlag.UPSTREAM_CONNECTION_FAILURE,
                ResponseFlag.UPSTREAM_RETRY_LIMIT_EXCEEDED));
    assertThat(onlyLog().upstreamTransportFailureReason).contains("Connection refused");
    assertThat(stat("cluster.a.upstream_cx_connect_attempts_exceeded")).isEqualTo(1);
  }

  @Test
  void aClientWhoGoesGivesUpTheAttemptThatFollowedOnesThatFailedAtOnce() throws Exception {
    backend("a");
    clusters.refusals.set(2);
    clusters.silent = true;
    Socket client = connect(proxy(to("a").setMaxConnectAttempts(UInt32Value.of(3))));
    await().until(() -> clusters.acquired.get() == 3);
    assertThat(clusters.gaveUp).hasValue(0);
    client.setSoLinger(true, 0);
    client.close();
    await().until(() -> clusters.gaveUp.get() == 1);
  }

  @Test
  void anIdleConnectionIsClosed() throws Exception {
    ServerSocket server = backend("a");
    Socket client = connect(proxy(to("a").setIdleTimeout(Durations.fromMillis(100))));
    Socket upstream = accept(server);
    assertThat(client.getInputStream().read()).isEqualTo(-1);
    assertThat(upstream.getInputStream().read()).isEqualTo(-1);
    assertThat(onlyLog().flags()).isEmpty(); // as with Envoy
    assertThat(stat("tcp.t.idle_timeout")).isEqualTo(1);
  }

  @Test
  void aConnectionLastsNoLongerThanAllowed() throws Exception {
    backend("a");
    Socket client =
        connect(proxy(to("a").setMaxDownstreamConnectionDuration(Durations.fromMillis(100))));
    assertThat(client.getInputStream().read()).isEqualTo(-1);
    assertThat(onlyLog().flags()).containsExactly(ResponseFlag.DURATION_TIMEOUT);
  }

  @Test
  void aClientThatResetsIsNoticedThoughNothingIsRead() throws Exception {
    ServerSocket server = backend("a");
    Socket client = connect(proxy(to("a")));
    Socket upstream = accept(server);
    client.setSoLinger(true, 0);
    client.close();
    upstream.setSoTimeout(20_000);
    assertThat(upstream.getInputStream().read()).isEqualTo(-1);
    onlyLog();
  }

  @Test
  void weightsDecideAmongSeveralClusters() throws Exception {
    TcpProxyConfig config =
        TcpProxyConfig.parse(
            Any.pack(
                TcpProxy.newBuilder()
                    .setStatPrefix("t")
                    .setWeightedClusters(
                        WeightedCluster.newBuilder()
                            .addClusters(weight("a", 1))
                            .addClusters(weight("b", 3)))
                    .build()));
    assertThat(Stream.of(0L, 1L, 3L, 4L).map(chance -> config.cluster(chance).cluster()))
        .containsExactly("a", "b", "b", "a");
  }

  private static WeightedCluster.ClusterWeight weight(String name, int weight) {
    return WeightedCluster.ClusterWeight.newBuilder().setName(name).setWeight(weight).build();
  }

  private static TcpProxy.Builder through(String cluster, TcpProxy.TunnelingConfig.Builder tunnel) {
    return to(cluster).setTunnelingConfig(tunnel);
  }

  private static TcpProxy.TunnelingConfig.Builder tunnel() {
    return TcpProxy.TunnelingConfig.newBuilder()
        .setHostname("%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%:443")
        .setPropagateResponseHeaders(true);
  }

  private static final String CONNECT =
      "CONNECT 127.0.0.1:443 HTTP/1.1\r\nhost: 127.0.0.1:443\r\n\r\n";
  private static final String OK = "HTTP/1.1 200 OK\r\n\r\n";

  @Test
  void throughATunnelNothingIsSaidBeforeItIsThere() throws Exception {
    ServerSocket server = backend("a");
    Socket client = connect(proxy(through("a", tunnel())));
    send(client, "early");
    Socket upstream = accept(server);
    assertThat(receive(upstream, CONNECT.length())).isEqualTo(CONNECT);
    upstream.setSoTimeout(100);
    assertThatThrownBy(() -> upstream.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);
    upstream.setSoTimeout(20_000);
    send(upstream, OK + "hello");
    assertThat(receive(upstream, 5)).isEqualTo("early");
    assertThat(receive(client, 5)).isEqualTo("hello");
    client.shutdownOutput();
    assertThat(upstream.getInputStream().read()).isEqualTo(-1);
    send(upstream, "late");
    upstream.close();
    assertThat(receive(client, 5)).isEqualTo("late");
    StreamInfo log = onlyLog();
    assertThat(log.bytesReceived).isEqualTo(5);
    assertThat(log.bytesSent).isEqualTo(9);
    assertThat(log.filterState)
        .containsEntry(
            "envoy.tcp_proxy.propagate_response_headers",
            "{\"headers\":[{\"key\":\":status\",\"value\":\"200\"}]}");
    await().until(() -> clusters.discarded.get() == 1);
    assertThat(stat("cluster.a.upstream_rq_total")).isEqualTo(1);
    assertThat(stat("cluster.a.upstream_rq_active")).isZero();
  }

  @Test
  void aRefusedTunnelIsTriedAsOftenAsMaxConnectAttemptsSays() throws Exception {
    ServerSocket server = backend("a");
    Socket client = connect(proxy(through("a", tunnel()).setMaxConnectAttempts(UInt32Value.of(2))));
    for (int i = 0; i < 2; i++) {
      Socket upstream = accept(server);
      receive(upstream, CONNECT.length());
      send(upstream, "HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno");
      assertThat(upstream.getInputStream().read()).isEqualTo(-1);
    }
    assertThat(client.getInputStream().read()).isEqualTo(-1);
    assertThat(onlyLog().flags())
        .isEqualTo(
            Set.of(
                ResponseFlag.UPSTREAM_CONNECTION_FAILURE,
                ResponseFlag.UPSTREAM_RETRY_LIMIT_EXCEEDED));
    assertThat(onlyLog().upstreamTransportFailureReason).isEqualTo("tunnel_response:403");
    assertThat(onlyLog().requestAttempts).isEqualTo(2);
  }

  @Test
  void aTunnelHoldsTheSenderBackToo() throws Exception {
    ServerSocket server = backend("a");
    Socket client = connect(proxy(through("a", tunnel())));
    Socket upstream = accept(server);
    receive(upstream, CONNECT.length());
    send(upstream, OK);
    CompletableFuture<Void> pouring = pour(client, 100 * MIB);
    await()
        .during(Duration.ofMillis(500))
        .atMost(Duration.ofSeconds(20))
        .until(() -> rested(stat("tcp.t.downstream_cx_rx_bytes_total")));
    assertThat(stat("tcp.t.downstream_cx_rx_bytes_total")).isLessThan(40L * MIB);
    assertThat(pouring).isNotDone();
    assertThat(count(upstream.getInputStream()).get(60, TimeUnit.SECONDS)).isEqualTo(100L * MIB);
    CompletableFuture<Void> back = pour(upstream, 100 * MIB);
    assertThat(count(client.getInputStream()).get(60, TimeUnit.SECONDS)).isEqualTo(100L * MIB);
    back.get(60, TimeUnit.SECONDS);
  }

  @Test
  void anIdleTunnelIsClosed() throws Exception {
    ServerSocket server = backend("a");
    Socket client =
        connect(proxy(through("a", tunnel()).setIdleTimeout(Durations.fromMillis(100))));
    Socket upstream = accept(server);
    receive(upstream, CONNECT.length());
    send(upstream, OK);
    assertThat(client.getInputStream().read()).isEqualTo(-1);
    assertThat(upstream.getInputStream().read()).isEqualTo(-1);
    onlyLog();
    assertThat(stat("tcp.t.idle_timeout")).isEqualTo(1);
  }

  @Test
  void aTunnelThatCannotBeAskedForIsRefusedInEnvoysWords() {
    assertThatThrownBy(() -> proxy(through("a", tunnel().setPostPath("/p"))))
        .isInstanceOf(ConfigException.class)
        .hasMessage("Can't set a post path when POST method isn't used");
    var host = tunnel();
    host.addHeadersToAddBuilder().getHeaderBuilder().setKey("Host").setValue("other");
    assertThatThrownBy(() -> proxy(through("a", host)))
        .isInstanceOf(ConfigException.class)
        .hasMessage(":-prefixed or host headers may not be modified");
  }

  @Test
  void aHundredConnectionsLeaveNothingBehind() throws Exception {
    ServerSocket server = backend("a");
    InetSocketAddress address = proxy(to("a"));
    for (int i = 0; i < 100; i++) {
      try (Socket client = connect(address);
          Socket upstream = accept(server)) {
        send(client, "x");
        receive(upstream, 1);
      }
    }
    await().until(() -> logged.size() == 100 && clusters.discarded.get() == 100);
    await().until(() -> clusters.channels.stream().noneMatch(c -> c.isOpen()));
    assertThat(stat("listener.127.0.0.1_0.downstream_cx_active")).isZero();
  }
}
