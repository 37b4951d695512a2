package io.bifocal.dataplane.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.dataplane.stream.ResponseFlag;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bodies that are larger than what may be kept, both ways. */
@Timeout(60)
class StreamingTest {
  private static final String TO_UP = "[{match: {prefix: /}, route: {cluster: up, timeout: 0s}}]";
  private static final int BLOCK = 64 * 1024;
  private static final long LARGE = 256L * 1024 * 1024;
  // What two sockets' kernel buffers and the connections' buffers may hold between the ends.
  private static final long IN_BETWEEN = 40L * 1024 * 1024;

  private final HttpBench bench = new HttpBench();

  @AfterEach
  void close() throws Exception {
    bench.close();
  }

  private static void write(OutputStream out, long bytes, AtomicLong written) throws IOException {
    byte[] block = new byte[BLOCK];
    for (long left = bytes; left > 0; left -= BLOCK) {
      out.write(block, 0, (int) Math.min(left, BLOCK));
      written.addAndGet(BLOCK);
    }
    out.flush();
  }

  private static long count(InputStream in, long bytes) throws IOException {
    byte[] block = new byte[BLOCK];
    long seen = 0;
    while (seen < bytes) {
      int n = in.read(block, 0, (int) Math.min(block.length, bytes - seen));
      if (n < 0) {
        break;
      }
      seen += n;
    }
    return seen;
  }

  /** Whether a counter has stopped growing short of the whole. */
  private static void awaitStall(AtomicLong written) {
    long[] last = {-1};
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(300))
        .until(
            () -> {
              long now = written.get();
              boolean still = now == last[0] && now > 0;
              last[0] = now;
              return still;
            });
  }

  @Test
  void aLargeAnswerWaitsForASlowClient() throws Exception {
    AtomicLong written = new AtomicLong();
    bench.upstream(
        peer -> {
          peer.head();
          peer.send("HTTP/1.1 200 OK\r\ncontent-length: " + LARGE + "\r\n\r\n");
          write(peer.out(), LARGE, written);
        });
    bench.serve(HttpBench.manager(TO_UP));

    ScriptedUpstream.Peer client = bench.client();
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    assertThat(client.head()).startsWith("HTTP/1.1 200 OK");
    awaitStall(written);

    assertThat(written.get()).isLessThan(IN_BETWEEN);
    assertThat(count(client.in(), LARGE)).isEqualTo(LARGE);
  }

  @Test
  void aLargeRequestWaitsForASlowUpstream() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    CompletableFuture<Long> received = new CompletableFuture<>();
    bench.upstream(
        peer -> {
          peer.head();
          try {
            go.await();
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
          received.complete(count(peer.in(), LARGE));
          peer.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        });
    bench.serve(HttpBench.manager(TO_UP));

    ScriptedUpstream.Peer client = bench.client();
    AtomicLong written = new AtomicLong();
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: " + LARGE + "\r\n\r\n");
    CompletableFuture<Void> sending =
        CompletableFuture.runAsync(
            () -> {
              try {
                write(client.out(), LARGE, written);
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    awaitStall(written);
    assertThat(written.get()).isLessThan(IN_BETWEEN);
    go.countDown();

    assertThat(received.get(60, TimeUnit.SECONDS)).isEqualTo(LARGE);
    sending.get(20, TimeUnit.SECONDS);
    assertThat(client.message()).endsWith("\r\n\r\nok");
  }

  @Test
  void chunksPassAsTheyComeBothWays() throws Exception {
    bench.upstream(
        peer -> {
          assertThat(peer.head()).contains("transfer-encoding: chunked\r\n");
          peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
          assertThat(peer.body(10)).isEqualTo("5\r\nhello\r\n");
          peer.send("3\r\none\r\n");
          assertThat(peer.body(5)).isEqualTo("0\r\n\r\n");
          peer.send("3\r\ntwo\r\n0\r\nx-dropped: 1\r\n\r\n");
        });
    bench.serve(HttpBench.manager(TO_UP));

    ScriptedUpstream.Peer client = bench.client();
    client.send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n");
    client.head();
    assertThat(client.body(8)).isEqualTo("3\r\none\r\n");
    client.send("0\r\n\r\n");
    assertThat(client.body(13)).isEqualTo("3\r\ntwo\r\n0\r\n\r\n");
  }

  @Test
  void aClientThatResetsAmidABodyItDoesNotReadIsNoticed() throws Exception {
    AtomicLong written = new AtomicLong();
    CompletableFuture<String> end = new CompletableFuture<>();
    bench.upstream(
        peer -> {
          peer.head();
          peer.send("HTTP/1.1 200 OK\r\ncontent-length: " + LARGE + "\r\n\r\n");
          try {
            write(peer.out(), LARGE, written);
          } catch (IOException e) {
            end.complete("cut");
          }
        });
    bench.serve(HttpBench.manager(TO_UP));

    ScriptedUpstream.Peer client = bench.client();
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    client.head();
    awaitStall(written);
    client.reset();

    assertThat(end.get(10, TimeUnit.SECONDS)).isEqualTo("cut");
    assertThat(bench.logged.poll(20, TimeUnit.SECONDS))
        .matches(info -> info.has(ResponseFlag.DOWNSTREAM_CONNECTION_TERMINATION));
  }

  @Test
  void anUpstreamThatResetsWhileTheRequestIsHeldBackIsNoticed() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    bench.upstream(
        peer -> {
          peer.head();
          try {
            go.await();
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
          peer.reset();
        });
    bench.serve(HttpBench.manager(TO_UP));

    ScriptedUpstream.Peer client = bench.client();
    AtomicLong written = new AtomicLong();
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: " + LARGE + "\r\n\r\n");
    CompletableFuture<Void> sending =
        CompletableFuture.runAsync(
            () -> {
              try {
                write(client.out(), LARGE, written);
              } catch (IOException expected) {
                // The proxy has answered and closed.
              }
            });
    awaitStall(written);
    go.countDown();

    assertThat(client.message())
        .startsWith("HTTP/1.1 503 ")
        .contains("connection: close\r\n")
        .endsWith("reset reason: connection termination");
    sending.get(20, TimeUnit.SECONDS);
  }

  @Test
  void anAnswerThatComesBeforeTheRequestHasEndedIsPassedOn() throws Exception {
    ScriptedUpstream upstream =
        bench.upstream(
            peer -> {
              peer.head();
              peer.send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nearly");
              peer.rest();
            });
    bench.serve(HttpBench.manager(TO_UP));

    ScriptedUpstream.Peer client = bench.client();
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 30\r\n\r\nabc");

    assertThat(client.message()).contains("connection: close\r\n").endsWith("\r\n\r\nearly");
    assertThat(client.rest()).isEmpty();
    assertThat(upstream.connections()).isEqualTo(1);
  }

  @Test
  void aBodyThatOutgrowsItsBufferWhileAnotherTryWaitsIsAnsweredAtOnce() throws Exception {
    ScriptedUpstream upstream =
        bench.upstream(
            peer -> {
              peer.head();
              peer.send("HTTP/1.1 503 No\r\nretry-after: 60\r\ncontent-length: 0\r\n\r\n");
            });
    bench.serve(
        HttpBench.manager(
            "[{match: {prefix: /}, route: {cluster: up, timeout: 0s, retry_policy: {retry_on: 5xx,"
                + " rate_limited_retry_back_off: {reset_headers:"
                + " [{name: retry-after, format: SECONDS}]}}}}]"));

    ScriptedUpstream.Peer client = bench.client();
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: " + LARGE + "\r\n\r\n");
    await().until(() -> bench.counter("cluster.up.upstream_rq_retry") == 1);
    CompletableFuture<Void> sending =
        CompletableFuture.runAsync(
            () -> {
              try {
                write(client.out(), LARGE, new AtomicLong());
              } catch (IOException expected) {
                // The proxy has answered and closed.
              }
            });

    assertThat(client.message())
        .startsWith("HTTP/1.1 507 ")
        .endsWith("exceeded request buffer limit while retrying upstream");
    assertThat(bench.logged.poll(20, TimeUnit.SECONDS))
        .matches(
            info -> info.responseCodeDetails.equals("request_payload_exceeded_retry_buffer_limit"));
    assertThat(bench.counter("cluster.up.retry_or_shadow_abandoned")).isEqualTo(1);
    assertThat(upstream.connections()).isEqualTo(1);
    sending.get(20, TimeUnit.SECONDS);
  }
}
