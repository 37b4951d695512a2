package io.bifocal.dataplane.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Mixes of requests sent ahead, cut into pieces anywhere: each gets its own answer, in order. */
@Timeout(60)
class PipeliningTest {
  private static final String ROUTES =
      "[{match: {prefix: /direct}, direct_response: {status: 200, body: {inline_string: hi}}},"
          + " {match: {prefix: /}, route: {cluster: up}}]";
  private final HttpBench bench = new HttpBench();

  @BeforeEach
  void serve() throws Exception {
    bench.upstream(
        peer -> {
          for (String request = message(peer); request != null; request = message(peer)) {
            answer(peer, request.split(" ", 3)[1], request.substring(request.indexOf('|') + 1));
          }
        });
    bench.serve(HttpBench.manager(ROUTES));
  }

  @AfterEach
  void close() throws Exception {
    bench.close();
  }

  // The path says how the answer, which is the path and the request's body, is to be framed.
  private static void answer(ScriptedUpstream.Peer peer, String path, String body)
      throws IOException {
    String text = path + body;
    if (path.startsWith("/chunked")) {
      int half = text.length() / 2;
      peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunk(text, 0, half));
      peer.send(chunk(text, half, text.length()) + "0\r\n\r\n");
    } else {
      peer.send("HTTP/1.1 200 OK\r\ncontent-length: " + text.length() + "\r\n\r\n" + text);
    }
  }

  private static String chunk(String text, int from, int to) {
    return from == to
        ? ""
        : Integer.toHexString(to - from) + "\r\n" + text.substring(from, to) + "\r\n";
  }

  /** The head's first line, a bar, and the body; null at the end. */
  private static @Nullable String message(ScriptedUpstream.Peer peer) throws IOException {
    String head = peer.head();
    if (head.isEmpty()) {
      return null;
    }
    StringBuilder message = new StringBuilder(head.lines().findFirst().orElse("")).append('|');
    for (String line : head.split("\r\n")) {
      if (line.startsWith("content-length: ")) {
        message.append(peer.body(Integer.parseInt(line.substring(16))));
      } else if (line.equals("transfer-encoding: chunked")) {
        for (int n = size(peer); n > 0; n = size(peer)) {
          message.append(peer.body(n));
          peer.body(2);
        }
        peer.body(2);
      }
    }
    return message.toString();
  }

  private static int size(ScriptedUpstream.Peer peer) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = peer.in().read(); b != '\r'; b = peer.in().read()) {
      line.write(b);
    }
    peer.body(1);
    return Integer.parseInt(line.toString(StandardCharsets.US_ASCII), 16);
  }

  @Test
  void everyMixIsAnsweredInOrder() throws Exception {
    for (int seed = 0; seed < 60; seed++) {
      Random random = new Random(seed);
      StringBuilder sent = new StringBuilder();
      List<String> expected = new ArrayList<>();
      int count = 1 + random.nextInt(10);
      for (int i = 0; i < count; i++) {
        String body = "b".repeat(random.nextInt(2) * random.nextInt(20_000));
        String path = (random.nextBoolean() ? "/chunked" : "/fixed") + i;
        switch (random.nextInt(4)) {
          case 0 -> {
            sent.append("GET /direct HTTP/1.1\r\nHost: a\r\n\r\n");
            expected.add("hi");
          }
          case 1 -> {
            sent.append("GET ").append(path).append(" HTTP/1.1\r\nHost: a\r\n\r\n");
            expected.add(path);
          }
          case 2 -> {
            sent.append("POST ").append(path).append(" HTTP/1.1\r\nHost: a\r\nContent-Length: ");
            sent.append(body.length()).append("\r\n\r\n").append(body);
            expected.add(path + body);
          }
          default -> {
            sent.append("POST ").append(path).append(" HTTP/1.1\r\nHost: a\r\n");
            sent.append("Transfer-Encoding: chunked\r\n\r\n");
            sent.append(chunk(body, 0, body.length() / 3));
            sent.append(chunk(body, body.length() / 3, body.length())).append("0\r\n\r\n");
            expected.add(path + body);
          }
        }
      }
      ScriptedUpstream.Peer client = bench.client();
      byte[] bytes = sent.toString().getBytes(StandardCharsets.US_ASCII);
      CompletableFuture<Void> sending =
          CompletableFuture.runAsync(() -> sendInPieces(client, bytes, random));
      for (String body : expected) {
        String answer = message(client);
        assertThat(answer).as("seed %s", seed).isEqualTo("HTTP/1.1 200 OK|" + body);
      }
      sending.get(10, TimeUnit.SECONDS);
    }
  }

  private static void sendInPieces(ScriptedUpstream.Peer client, byte[] bytes, Random random) {
    try {
      client.socket().setTcpNoDelay(true);
      for (int at = 0; at < bytes.length; ) {
        int end = Math.min(bytes.length, at + 1 + random.nextInt(5000));
        client.out().write(Arrays.copyOfRange(bytes, at, end));
        at = end;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
