package io.bifocal.dataplane.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.tcp.DirectClusters;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.dataplane.worker.Workers;
import io.bifocal.xds.rest.RestTransport;
import io.bifocal.xds.rest.RestTransport.Answer;
import io.bifocal.xds.rest.RestTransport.Answered;
import io.bifocal.xds.rest.RestTransport.Failed;
import io.bifocal.xds.rest.RestTransport.Post;
import io.bifocal.xds.time.ThreadLoop;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The server is a socket, so that the request is seen as it is on the wire. */
class ClusterRestTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private final ThreadLoop control = ThreadLoop.start("control");
  private final Workers workers = Workers.start(1, Transport.best());
  private final Worker worker = workers.get(0);
  private final DirectClusters clusters =
      new DirectClusters(worker, workers.transport(), new StatsStore(1));
  private final ClusterRest rest = new ClusterRest(w -> clusters, worker, control);
  private final BlockingQueue<String> requests = new LinkedBlockingQueue<>();
  private volatile String response = "";
  private ServerSocket server;

  @BeforeEach
  void serve() throws IOException {
    server = new ServerSocket(0, 10, InetAddresses.forString("::1"));
    clusters.with("xds", new InetSocketAddress(server.getInetAddress(), server.getLocalPort()));
    Thread thread = new Thread(this::accept);
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    while (true) {
      try (Socket socket = server.accept()) {
        InputStream in = socket.getInputStream();
        StringBuilder request = new StringBuilder();
        while (in.available() > 0 || !request.toString().endsWith("}")) {
          int read = in.read();
          if (read < 0) {
            break;
          }
          request.append((char) read);
        }
        requests.add(request.toString());
        socket.getOutputStream().write(response.getBytes(StandardCharsets.US_ASCII));
        if (response.isEmpty()) {
          in.read(); // until the client has had enough
        }
      } catch (IOException e) {
        if (server.isClosed()) {
          return;
        }
      }
    }
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
    workers.close();
    control.close();
  }

  private CompletableFuture<Answer> ask(String cluster, Duration timeout, int maxBytes) {
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    control.execute(
        () -> {
          var unused =
              rest.post(
                  new Post(cluster, "/v3/discovery:clusters", "{\"a\": 1}", timeout, maxBytes),
                  heard -> {
                    control.assertInLoop();
                    answer.complete(heard);
                  });
        });
    return answer;
  }

  private static String why(CompletableFuture<Answer> answer) throws Exception {
    return ((Failed) answer.get(30, TimeUnit.SECONDS)).why();
  }

  @Test
  void theRequestIsLikeEnvoys() throws Exception {
    response = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
    Answered answer = (Answered) ask("xds", LONG, 100).get(30, TimeUnit.SECONDS);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body().toStringUtf8()).isEqualTo("{}");
    assertThat(requests.take())
        .isEqualTo(
            """
            POST /v3/discovery:clusters HTTP/1.1\r
            host: xds\r
            content-type: application/json\r
            content-length: 8\r
            x-envoy-internal: true\r
            x-envoy-expected-rq-timeout-ms: 20000\r
            \r
            {"a": 1}""");
  }

  @Test
  void anAnswerWithoutABodyIsOne() throws Exception {
    response = "HTTP/1.1 304 Not Modified\r\n\r\n";
    assertThat(((Answered) ask("xds", LONG, 100).get(30, TimeUnit.SECONDS)).status())
        .isEqualTo(304);
  }

  @Test
  void anAnswerHasALimit() throws Exception {
    response = "HTTP/1.1 200 OK\r\ncontent-length: 200\r\n\r\n" + "x".repeat(200);
    assertThat(why(ask("xds", LONG, 100))).contains("longer than 100 bytes");
  }

  @Test
  void anAnswerMustComeInTime() throws Exception {
    assertThat(why(ask("xds", Duration.ofMillis(100), 100))).contains("no answer within 100 ms");
  }

  @Test
  void whomToAskMustBeThere() throws Exception {
    assertThat(why(ask("none", LONG, 100))).contains("no such cluster");
    clusters.with("empty", null);
    assertThat(why(ask("empty", LONG, 100))).contains("no healthy upstream");
  }

  @Test
  void whoGivesUpHearsNothing() throws Exception {
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    CompletableFuture<RestTransport.Exchange> exchange = new CompletableFuture<>();
    control.execute(
        () ->
            exchange.complete(rest.post(new Post("xds", "/", "{}", LONG, 100), answer::complete)));
    requests.take();
    CompletableFuture<Void> given = new CompletableFuture<>();
    control.execute(
        () -> {
          exchange.join().cancel();
          given.complete(null);
        });
    given.get(30, TimeUnit.SECONDS);
    response = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
    ask("xds", LONG, 100).get(30, TimeUnit.SECONDS);
    assertThat(answer).isNotDone();
  }
}
