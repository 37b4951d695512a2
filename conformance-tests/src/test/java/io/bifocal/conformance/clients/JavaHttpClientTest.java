package io.bifocal.conformance.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.bifocal.conformance.Loopback;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The JDK's HttpClient, which asks for HTTP/2: by ALPN, where it gets it; without TLS by an upgrade
 * to h2c, which both subjects overlook, so that it goes on by HTTP/1.1. (It knows no other way.)
 */
class JavaHttpClientTest {
  private static final int LARGE = 4 << 20;
  private static final int AT_ONCE = 50;

  @RegisterExtension final Stage stage = new Stage();

  static Stream<Arguments> everywhere() {
    return Arrays.stream(Subject.values())
        .flatMap(subject -> Stream.of(false, true).map(tls -> Arguments.of(subject, tls)));
  }

  /** The JDK's server: says bodies back, and knows other statuses, and no answer at all. */
  private InetSocketAddress upstream() throws IOException {
    HttpServer server = HttpServer.create(Loopback.v4(0), AT_ONCE);
    ExecutorService threads = Executors.newCachedThreadPool();
    server.setExecutor(threads);
    server.createContext("/", JavaHttpClientTest::answer);
    server.start();
    stage.keep(threads::shutdownNow);
    stage.keep(() -> server.stop(0));
    return server.getAddress();
  }

  private static void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    if (path.equals("/never")) {
      return;
    }
    byte[] body = exchange.getRequestBody().readAllBytes();
    exchange.getResponseHeaders().add("x-method", exchange.getRequestMethod());
    exchange.getResponseHeaders().add("x-path", exchange.getRequestURI().toString());
    int status = path.startsWith("/status/") ? Integer.parseInt(path.substring(8)) : 200;
    boolean none = body.length == 0;
    exchange.sendResponseHeaders(status, none ? -1 : path.equals("/chunked") ? 0 : body.length);
    if (!none) {
      exchange.getResponseBody().write(body);
    }
    exchange.close();
  }

  @ParameterizedTest(name = "{0}, TLS: {1}")
  @MethodSource("everywhere")
  void requestsOfEveryKindAreAnswered(Subject subject, boolean tls) throws Exception {
    Door door = Door.on(stage);
    String ingress = tls ? door.tlsIngress("") : door.ingress("");
    Proxy proxy = stage.start(subject, ingress + door.cluster(upstream())).awaitLive();
    Client client = new Client(door, proxy, tls);

    assertThat(client.send(client.to("/a?b=c").GET()).headers().firstValue("x-path"))
        .hasValue("/a?b=c");
    assertThat(
            client
                .send(client.to("/").method("HEAD", BodyPublishers.noBody()))
                .headers()
                .firstValue("x-method"))
        .hasValue("HEAD");
    for (int status : List.of(204, 304, 404, 503)) {
      assertThat(client.send(client.to("/status/" + status)).statusCode()).isEqualTo(status);
    }

    byte[] large = new byte[LARGE];
    new Random(1).nextBytes(large);
    for (String path : List.of("/", "/chunked")) {
      assertThat(client.send(client.to(path).POST(BodyPublishers.ofByteArray(large))).body())
          .isEqualTo(large);
      assertThat(
              client
                  .send(
                      client
                          .to(path)
                          .POST(
                              BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(large))))
                  .body())
          .as("of a length that is not known")
          .isEqualTo(large);
    }
    byte[] little = {1, 2, 3};
    assertThat(
            client
                .send(client.to("/").POST(BodyPublishers.ofByteArray(little)).expectContinue(true))
                .body())
        .isEqualTo(little);

    List<CompletableFuture<HttpResponse<byte[]>>> all =
        IntStream.range(0, AT_ONCE).mapToObj(i -> client.begin(client.to("/" + i))).toList();
    for (int i = 0; i < AT_ONCE; i++) {
      assertThat(all.get(i).join().headers().firstValue("x-path")).hasValue("/" + i);
    }

    assertThatThrownBy(() -> client.send(client.to("/never").timeout(Duration.ofMillis(200))))
        .isInstanceOf(HttpTimeoutException.class);
    await("what was given up").until(() -> proxy.stat("cluster.upstream.upstream_rq_active") == 0);
    // One that nobody reads to its end.
    client.abandon(client.to("/chunked").POST(BodyPublishers.ofByteArray(large)));
    assertThat(client.send(client.to("/status/404")).statusCode()).isEqualTo(404);

    if (tls) {
      assertThat(proxy.stat("http.ingress.downstream_cx_total")).as("connections").isEqualTo(1);
      assertThat(proxy.stat("http.ingress.downstream_cx_http2_total")).isEqualTo(1);
    } else {
      assertThat(proxy.stat("http.ingress.downstream_cx_http2_total")).isZero();
    }
    await("no request left").until(() -> proxy.stat("http.ingress.downstream_rq_active") == 0);
  }

  /** One for each test, whose every answer comes by the version that was agreed. */
  private static final class Client {
    private final HttpClient client;
    private final String root;
    private final Version version;

    Client(Door door, Proxy proxy, boolean tls) throws Exception {
      SSLContext trust = SSLContext.getInstance("TLS");
      trust.init(null, door.own().toTrustManagerFactory().getTrustManagers(), null);
      client = HttpClient.newBuilder().version(Version.HTTP_2).sslContext(trust).build();
      root = (tls ? "https" : "http") + "://localhost:" + proxy.listener("ingress").getPort();
      version = tls ? Version.HTTP_2 : Version.HTTP_1_1;
    }

    HttpRequest.Builder to(String path) {
      return HttpRequest.newBuilder(URI.create(root + path)).timeout(Duration.ofSeconds(20));
    }

    HttpResponse<byte[]> send(HttpRequest.Builder request) throws Exception {
      return checked(client.send(request.build(), BodyHandlers.ofByteArray()));
    }

    CompletableFuture<HttpResponse<byte[]>> begin(HttpRequest.Builder request) {
      return client.sendAsync(request.build(), BodyHandlers.ofByteArray()).thenApply(this::checked);
    }

    void abandon(HttpRequest.Builder request) throws Exception {
      try (InputStream body =
          checked(client.send(request.build(), BodyHandlers.ofInputStream())).body()) {
        assertThat(body.read()).isNotNegative();
      }
    }

    private <T> HttpResponse<T> checked(HttpResponse<T> response) {
      assertThat(response.version()).isEqualTo(version);
      return response;
    }
  }
}
