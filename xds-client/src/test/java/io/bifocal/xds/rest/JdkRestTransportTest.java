package io.bifocal.xds.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.bifocal.xds.rest.RestTransport.Answer;
import io.bifocal.xds.rest.RestTransport.Answered;
import io.bifocal.xds.rest.RestTransport.Failed;
import io.bifocal.xds.rest.RestTransport.Post;
import io.bifocal.xds.time.ThreadLoop;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An embedder's way to a control plane that is polled. */
class JdkRestTransportTest {
  private final ThreadLoop loop = ThreadLoop.start("test");
  private final CountDownLatch patience = new CountDownLatch(1);

  @SuppressWarnings("NullAway.Init") // some tests need none
  private HttpServer server;

  @AfterEach
  void end() {
    patience.countDown();
    if (server != null) {
      server.stop(0);
    }
    loop.close();
  }

  private void serve(String address) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getByName(address), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String asked =
              exchange.getRequestMethod()
                  + " "
                  + exchange.getRequestURI()
                  + " "
                  + exchange.getRequestHeaders().getFirst("content-type")
                  + " "
                  + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          if (asked.contains("slow")) {
            try {
              patience.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
          }
          byte[] body = asked.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(asked.contains("missing") ? 404 : 200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
  }

  private Cluster.Builder cluster(String name, String address, int port) {
    LbEndpoint.Builder endpoint = LbEndpoint.newBuilder();
    endpoint
        .getEndpointBuilder()
        .getAddressBuilder()
        .getSocketAddressBuilder()
        .setAddress(address)
        .setPortValue(port);
    Cluster.Builder cluster = Cluster.newBuilder().setName(name);
    cluster.getLoadAssignmentBuilder().addEndpointsBuilder().addLbEndpoints(endpoint);
    return cluster;
  }

  private Answer ask(Cluster.Builder cluster, String path, Duration timeout, int maxBytes)
      throws Exception {
    Bootstrap.Builder bootstrap = Bootstrap.newBuilder();
    bootstrap.getStaticResourcesBuilder().addClusters(cluster);
    RestTransport transport =
        RestTransport.toStaticClusters(bootstrap.build(), loop, Runnable::run);
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    loop.execute(
        () -> {
          var unused =
              transport.post(new Post("xds", path, "{}", timeout, maxBytes), answer::complete);
        });
    return answer.get(30, TimeUnit.SECONDS);
  }

  private Answer ask(String path, Duration timeout, int maxBytes) throws Exception {
    InetSocketAddress address = server.getAddress();
    return ask(
        cluster("xds", address.getAddress().getHostAddress(), address.getPort()),
        path,
        timeout,
        maxBytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void anAnswerComesBack(String address) throws Exception {
    serve(address);
    Answered answer = (Answered) ask("/v3/discovery:clusters", Duration.ofSeconds(20), 1000);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body().toStringUtf8())
        .isEqualTo("POST /v3/discovery:clusters application/json {}");
  }

  @Test
  void anAnswerMayBeBad() throws Exception {
    serve("127.0.0.1");
    assertThat(((Answered) ask("/missing", Duration.ofSeconds(20), 1000)).status()).isEqualTo(404);
  }

  @Test
  void aBodyHasALimit() throws Exception {
    serve("127.0.0.1");
    assertThat(((Failed) ask("/v3", Duration.ofSeconds(20), 10)).why())
        .contains("longer than 10 bytes");
  }

  @Test
  void anAnswerMustComeInTime() throws Exception {
    serve("127.0.0.1");
    assertThat(ask("/slow", Duration.ofMillis(50), 1000)).isInstanceOf(Failed.class);
  }

  @Test
  void whomToAskMustBeKnown() throws Exception {
    Duration timeout = Duration.ofSeconds(20);
    assertThat(((Failed) ask(cluster("other", "127.0.0.1", 1), "/", timeout, 10)).why())
        .contains("'xds' is not a static cluster");
    assertThat(((Failed) ask(Cluster.newBuilder().setName("xds"), "/", timeout, 10)).why())
        .contains("lists no socket address");
    Cluster.Builder tls =
        cluster("xds", "127.0.0.1", 1).setTransportSocket(TransportSocket.getDefaultInstance());
    assertThat(((Failed) ask(tls, "/", timeout, 10)).why()).contains("plain text");
  }

  @ParameterizedTest
  @ValueSource(strings = {"under_score", "with space", "a%zz"})
  void anAddressThatNoUriCanHaveIsAFailure(String host) throws Exception {
    Answer answer = ask(cluster("xds", host, 80), "/", Duration.ofSeconds(20), 10);
    assertThat(((Failed) answer).why()).startsWith(host + ":80: ");
  }

  @Test
  void aServerThatIsNotThereIsNamed() throws Exception {
    serve("127.0.0.1");
    server.stop(0);
    assertThat(((Failed) ask("/", Duration.ofSeconds(20), 10)).why())
        .contains("127.0.0.1:" + server.getAddress().getPort());
  }
}
