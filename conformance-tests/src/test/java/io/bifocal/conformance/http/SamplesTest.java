package io.bifocal.conformance.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Http;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Sample;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The set-ups that users start from, each with the clients that they are for. */
class SamplesTest {
  @RegisterExtension final Stage stage = new Stage();

  private HearingUpstream upstream(String word) {
    return stage.keep(
        new HearingUpstream(
            request ->
                "HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s".formatted(word.length(), word)));
  }

  private Proxy start(Subject subject, String sample, Map<String, ?> values) {
    return stage.start(subject, Sample.of(sample, values)).awaitLive();
  }

  private static int port(HearingUpstream upstream) {
    return upstream.address().getPort();
  }

  private static Http.Response get(InetSocketAddress address, String path, String... headers) {
    return request(address, "GET", path, headers);
  }

  private static Http.Response request(
      InetSocketAddress address, String method, String path, String... headers) {
    Map<String, String> all = new java.util.TreeMap<>();
    for (int i = 0; i < headers.length; i += 2) {
      all.put(headers[i], headers[i + 1]);
    }
    return Http.request(address, method, path, all, "");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void frontProxy(Subject subject) {
    HearingUpstream first = upstream("one");
    HearingUpstream second = upstream("two");
    InetSocketAddress door =
        start(subject, "front-proxy", Map.of("first", port(first), "second", port(second)))
            .listener("ingress");

    assertThat(get(door, "/service/1/a").body()).isEqualTo("one");
    assertThat(get(door, "/service/2/b").body()).isEqualTo("two");
    assertThat(second.takeHeard())
        .extracting(HearingUpstream.Heard::path)
        .containsExactly("/second/b");
    assertThat(get(door, "/").head())
        .contains("301")
        .contains("location: http://conformance/service/1");
    assertThat(get(door, "/else").status()).isEqualTo(404);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void webSocket(Subject subject) throws Exception {
    WebSocketEcho chat = stage.keep(new WebSocketEcho());
    InetSocketAddress door =
        start(subject, "websocket", Map.of("chat", chat.port())).listener("ingress");
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();

    WebSocket socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(uri(door, "/chat"), new Listener(heard))
            .get(10, TimeUnit.SECONDS);
    socket.sendText("hello", true).get(10, TimeUnit.SECONDS);
    socket.sendText("x".repeat(100_000), true).get(10, TimeUnit.SECONDS);

    assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("hello");
    assertThat(heard.poll(10, TimeUnit.SECONDS)).hasSize(100_000);
    socket.sendClose(WebSocket.NORMAL_CLOSURE, "bye").get(10, TimeUnit.SECONDS);
    assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("closed 1000");

    Http.Response elsewhere = get(door, "/", "connection", "upgrade", "upgrade", "websocket");
    assertThat(elsewhere.status()).isEqualTo(403);
  }

  private static URI uri(InetSocketAddress address, String path) {
    return URI.create("ws://127.0.0.1:" + address.getPort() + path);
  }

  private record Listener(BlockingQueue<String> heard, StringBuilder parts)
      implements WebSocket.Listener {
    Listener(BlockingQueue<String> heard) {
      this(heard, new StringBuilder());
    }

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      parts.append(data);
      if (last) {
        heard.add(parts.toString());
        parts.setLength(0);
      }
      socket.request(1);
      return java.util.concurrent.CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
      heard.add("closed " + status);
      return java.util.concurrent.CompletableFuture.completedFuture(null);
    }
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void grpc(Subject subject) throws Exception {
    Greeter greeter = stage.keep(new Greeter());
    InetSocketAddress door =
        start(subject, "grpc", Map.of("greeter", greeter.port())).listener("ingress");

    try (Greeter.Client client = new Greeter.Client(door)) {
      assertThat(client.greet("you")).isEqualTo("hello you");
      assertThat(client.chat(List.of("a", "b", "c")))
          .containsExactly("hello a", "hello b", "hello c");
      assertThat(client.failure("nobody")).isEqualTo("NOT_FOUND: no such nobody, tried 1");
    }
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void cors(Subject subject) {
    HearingUpstream backend = upstream("ok");
    InetSocketAddress door =
        start(subject, "cors", Map.of("backend", port(backend))).listener("ingress");

    Http.Response open = get(door, "/open", "origin", "http://anyone.test");
    Http.Response asked =
        request(
            door,
            "OPTIONS",
            "/restricted",
            "origin",
            "http://app.example.com",
            "access-control-request-method",
            "POST");
    Http.Response strange = get(door, "/restricted", "origin", "http://evil.test");
    Http.Response closed = get(door, "/closed", "origin", "http://anyone.test");

    assertThat(open.head()).contains("access-control-allow-origin: http://anyone.test");
    assertThat(asked.head())
        .contains("access-control-allow-origin: http://app.example.com")
        .contains("access-control-allow-methods: GET, POST")
        .contains("access-control-allow-headers: x-token")
        .contains("access-control-allow-credentials: true")
        .contains("access-control-max-age: 600");
    assertThat(strange.head()).doesNotContain("access-control");
    assertThat(closed.head()).doesNotContain("access-control");
    assertThat(backend.takeHeard())
        .extracting(HearingUpstream.Heard::path)
        .as("what is asked before is answered by the proxy")
        .containsExactly("/open", "/restricted", "/closed");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void rbac(Subject subject) {
    InetSocketAddress door =
        start(subject, "rbac", Map.of("backend", port(upstream("ok")))).listener("ingress");

    assertThat(get(door, "/").status()).isEqualTo(200);
    assertThat(request(door, "POST", "/drafts/1", "x-role", "editor").status()).isEqualTo(200);
    Http.Response denied = request(door, "POST", "/drafts/1");
    assertThat(denied.status()).isEqualTo(403);
    assertThat(denied.body()).isEqualTo("RBAC: access denied");
    assertThat(request(door, "POST", "/", "x-role", "editor").status()).isEqualTo(403);
    assertThat(request(door, "DELETE", "/").status()).isEqualTo(403);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void fault(Subject subject) {
    Proxy proxy = start(subject, "fault", Map.of("backend", port(upstream("ok"))));
    InetSocketAddress door = proxy.listener("ingress");

    assertThat(get(door, "/").body()).isEqualTo("ok");
    long before = System.nanoTime();
    Http.Response broken = get(door, "/", "x-chaos", "monkey");
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - before);

    assertThat(broken.status()).isEqualTo(503);
    assertThat(broken.body()).isEqualTo("fault filter abort");
    // 200, but that Envoy's timers count from when its loop last looked at the time.
    assertThat(millis).isGreaterThan(150);
    assertThat(proxy.stat("http.ingress.fault.aborts_injected")).isEqualTo(1);
    assertThat(proxy.stat("http.ingress.fault.delays_injected")).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void localRateLimit(Subject subject) {
    Proxy proxy = start(subject, "local-rate-limit", Map.of("backend", port(upstream("ok"))));
    InetSocketAddress door = proxy.listener("ingress");

    for (int i = 0; i < 3; i++) {
      assertThat(get(door, "/").status()).isEqualTo(200);
    }
    Http.Response limited = get(door, "/");
    assertThat(limited.status()).isEqualTo(429);
    assertThat(limited.body()).isEqualTo("local_rate_limited");
    assertThat(limited.head()).contains("x-local-rate-limit: true");
    assertThat(proxy.stat("bucket.http_local_rate_limit.rate_limited")).isEqualTo(1);
    assertThat(proxy.stat("bucket.http_local_rate_limit.ok")).isEqualTo(3);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void routeMirror(Subject subject) {
    HearingUpstream shadow = upstream("from the shadow");
    InetSocketAddress door =
        start(
                subject,
                "route-mirror",
                Map.of("backend", port(upstream("ok")), "shadow", port(shadow)))
            .listener("ingress");

    Http.Response answer = Http.request(door, "POST", "/a", Map.of(), "some body");

    assertThat(answer.body()).isEqualTo("ok");
    HearingUpstream.Heard copy = await().until(shadow::takeHeard, heard -> !heard.isEmpty()).get(0);
    assertThat(copy.headers()).containsEntry("host", "conformance-shadow");
    assertThat(copy.body()).isEqualTo("some body");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void filesAsAControlPlane(Subject subject) throws Exception {
    HearingUpstream old = upstream("old");
    HearingUpstream fresh = upstream("new");
    Path directory = Files.createDirectories(stage.directory().resolve("files"));
    Files.writeString(
        directory.resolve("clusters.yaml"),
        Sample.of("files-clusters", Map.of("backend", port(old))));
    Files.writeString(directory.resolve("listeners.yaml"), Sample.of("files-listeners", Map.of()));
    Proxy proxy = start(subject, "files-as-control-plane", Map.of("directory", directory));
    proxy.awaitBody("ingress", "/", "old");

    Path next = directory.resolve("next.yaml");
    Files.writeString(next, Sample.of("files-clusters", Map.of("backend", port(fresh))));
    Files.move(next, directory.resolve("clusters.yaml"), StandardCopyOption.ATOMIC_MOVE);

    proxy.awaitBody("ingress", "/", "new");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void tcp(Subject subject) {
    HearingUpstream backend = upstream("ok");
    InetSocketAddress door =
        start(subject, "tcp", Map.of("backend", port(backend))).listener("ingress");

    assertThat(RawClient.send(door, Framing.PLAIN).bytes()).endsWith("\r\n\r\nok");
    assertThat(backend.takeHeard().get(0).headers())
        .as("nothing is added below HTTP")
        .isEqualTo(Map.of("host", "h"));
  }
}
