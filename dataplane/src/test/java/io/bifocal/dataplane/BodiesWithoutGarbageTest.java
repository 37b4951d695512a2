package io.bifocal.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.netty.util.ResourceLeakDetector;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a worker leaves to the garbage collector does not grow with the bodies it passes on. */
class BodiesWithoutGarbageTest {
  private static final int SMALL = 8 << 10;
  private static final int LARGE = 4 << 20;

  /** A read of 64 KiB may cost some small objects; a copy would be a byte for a byte. */
  private static final double BYTES_PER_BYTE = 0.03;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final ExecutorService serving = Executors.newCachedThreadPool();
  private final ResourceLeakDetector.Level watched = ResourceLeakDetector.getLevel();
  private HttpServer upstream;
  private Proxy proxy;

  @BeforeEach
  void start() throws Exception {
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED); // which is garbage itself
    upstream = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    upstream.setExecutor(serving);
    upstream.createContext("/", BodiesWithoutGarbageTest::serve);
    upstream.start();
    proxy = WholeProxy.run(yaml(upstream.getAddress().getPort()));
  }

  @AfterEach
  void stop() {
    proxy.close();
    upstream.stop(0);
    serving.shutdownNow();
    ResourceLeakDetector.setLevel(watched);
  }

  /** Takes all that comes, and answers with as much as the path says. */
  private static void serve(HttpExchange exchange) throws IOException {
    try (exchange;
        InputStream in = exchange.getRequestBody()) {
      in.transferTo(OutputStream.nullOutputStream());
      int length = Integer.parseInt(exchange.getRequestURI().getPath().substring(1));
      exchange.sendResponseHeaders(200, length);
      exchange.getResponseBody().write(new byte[length]);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"http", "tcp"})
  void ofAnswers(String listener) throws Exception {
    double more = allocated(listener, 0, LARGE) - allocated(listener, 0, SMALL);
    assertThat(more / (LARGE - SMALL)).as("bytes of garbage a byte").isLessThan(BYTES_PER_BYTE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"http", "tcp"})
  void ofRequests(String listener) throws Exception {
    double more = allocated(listener, LARGE, 2) - allocated(listener, SMALL, 2);
    assertThat(more / (LARGE - SMALL)).as("bytes of garbage a byte").isLessThan(BYTES_PER_BYTE);
  }

  @Test
  void theMeasureSeesGarbage() throws Exception {
    long before = THREADS.getThreadAllocatedBytes(Thread.currentThread().getId());
    assertThat(new byte[LARGE]).hasSize(LARGE);
    assertThat(THREADS.getThreadAllocatedBytes(Thread.currentThread().getId()) - before)
        .isGreaterThanOrEqualTo(LARGE);
  }

  /** By the worker for each of some exchanges, the first ones left out. */
  private double allocated(String listener, int request, int answer) throws IOException {
    int times = 10;
    try (Socket client = new Socket()) {
      client.connect(proxy.listenerAddresses(listener).get(0));
      for (int i = 0; i < times; i++) {
        exchange(client, request, answer);
      }
      long before = THREADS.getThreadAllocatedBytes(worker());
      for (int i = 0; i < times; i++) {
        exchange(client, request, answer);
      }
      return (double) (THREADS.getThreadAllocatedBytes(worker()) - before) / times;
    }
  }

  private static long worker() {
    return Arrays.stream(THREADS.getThreadInfo(THREADS.getAllThreadIds()))
        .filter(thread -> thread != null && thread.getThreadName().startsWith("bifocal-worker"))
        .findFirst()
        .orElseThrow()
        .getThreadId();
  }

  private static void exchange(Socket client, int request, int answer) throws IOException {
    OutputStream out = client.getOutputStream();
    String head =
        "POST /%d HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n".formatted(answer, request);
    out.write(head.getBytes(StandardCharsets.US_ASCII));
    out.write(new byte[request]);
    out.flush();
    InputStream in = client.getInputStream();
    int ends = 0;
    while (ends < 4) { // CR LF CR LF
      int next = in.read();
      ends = next == (ends % 2 == 0 ? '\r' : '\n') ? ends + 1 : next == '\r' ? 1 : 0;
    }
    assertThat(in.readNBytes(answer)).hasSize(answer);
  }

  private static String yaml(int port) {
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
                  route_config: {virtual_hosts: [{name: all, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: upstream}}]}]}
                  http_filters:
                  - name: envoy.filters.http.router
                    typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
          - name: tcp
            address: {socket_address: {address: 127.0.0.1, port_value: 0}}
            filter_chains:
            - filters:
              - name: envoy.filters.network.tcp_proxy
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
                  stat_prefix: tcp
                  cluster: upstream
          clusters:
          - name: upstream
            connect_timeout: 5s
            load_assignment:
              cluster_name: upstream
              endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}]}]
        """
        .formatted(port);
  }
}
