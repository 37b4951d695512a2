package io.bifocal.peers;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import okhttp3.ConnectionPool;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/**
 * Fetches a URL over connections of their own with one of Java's clients, and says on a line of JSON
 * what came of each: {@code jdk|okhttp|grpc URL COUNT}. grpc only connects.
 */
public final class Client {
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private Client() {}

  private interface Fetch {
    String body(URI url) throws Exception;
  }

  /** Does it. */
  public static void main(String[] args) {
    if (args.length != 3) {
      System.err.println("usage: java-clients jdk|okhttp|grpc URL COUNT");
      System.exit(2);
    }
    Fetch client =
        switch (args[0]) {
          case "jdk" -> Client::jdk;
          case "okhttp" -> okHttp();
          case "grpc" -> Client::grpc;
          default -> throw new IllegalArgumentException("no such client: " + args[0]);
        };
    for (int i = 0; i < Integer.parseInt(args[2]); i++) {
      long began = System.nanoTime();
      String what;
      try {
        what = "\"body\": \"" + client.body(URI.create(args[1])) + "\"";
      } catch (Exception e) {
        what = "\"error\": \"" + String.valueOf(e.getMessage()).replaceAll("[\"\\\\\n]", " ") + "\"";
      }
      System.out.printf("{%s, \"ms\": %.1f}%n", what, (System.nanoTime() - began) / 1e6);
    }
    System.exit(0);
  }

  // Each with a client of its own: the JDK's gives no other way to a new connection.
  private static String jdk(URI url) throws Exception {
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    return client
        .send(HttpRequest.newBuilder(url).timeout(PATIENCE).build(), BodyHandlers.ofString())
        .body();
  }

  private static Fetch okHttp() {
    OkHttpClient client =
        new OkHttpClient.Builder()
            .callTimeout(PATIENCE)
            .connectionPool(new ConnectionPool(0, 1, TimeUnit.MILLISECONDS))
            .build();
    return url -> {
      Request request =
          new Request.Builder().url(url.toString()).header("connection", "close").build();
      try (Response response = client.newCall(request).execute()) {
        return response.body().string();
      }
    };
  }

  private static String grpc(URI url) throws Exception {
    ManagedChannel channel =
        NettyChannelBuilder.forTarget("dns:///" + url.getAuthority()).usePlaintext().build();
    CountDownLatch ready = new CountDownLatch(1);
    watch(channel, channel.getState(true), ready);
    boolean connected = ready.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    channel.shutdownNow().awaitTermination(1, TimeUnit.SECONDS);
    if (!connected) {
      throw new IllegalStateException("not connected in " + PATIENCE.toSeconds() + " s");
    }
    return "connected";
  }

  private static void watch(ManagedChannel channel, ConnectivityState state, CountDownLatch ready) {
    if (state == ConnectivityState.READY) {
      ready.countDown();
    } else if (state != ConnectivityState.SHUTDOWN) {
      channel.notifyWhenStateChanged(
          state, () -> watch(channel, channel.getState(true), ready));
    }
  }
}
