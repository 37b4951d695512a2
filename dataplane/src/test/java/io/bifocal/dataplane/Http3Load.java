package io.bifocal.dataplane;

import io.netty.channel.Channel;
import io.netty.handler.codec.http3.Http3HeadersFrame;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Load of HTTP/3 as fast as it is served, for {@code scripts/bench}: {@code URL CONNECTIONS STREAMS
 * SECONDS [each]}; so many GETs are in flight on each connection, or, with {@code each}, so many
 * connections are there that are asked once. Any certificate is taken, and no session resumed.
 * Prints how many succeeded, how many failed, how many did not end, and the 50th and 99th
 * percentile of their times, handshakes among it where each has one; of no seconds it asks once,
 * and prints the body's length.
 */
final class Http3Load {
  private static final int MOST_TIMES = 4_000_000;
  private static final int PATIENCE_SECONDS = 5;
  private static final int WINDOW = 1_000_000;

  private final Http3Client client = new Http3Client();
  private final InetSocketAddress to;
  private final Http3HeadersFrame request;
  private final long end;
  private final boolean each;
  private final long[] times = new long[MOST_TIMES];
  private final AtomicInteger left = new AtomicInteger();
  private int succeeded;
  private int failed;
  private long body;

  private Http3Load(URI url, int seconds, boolean each) {
    this.each = each;
    to = new InetSocketAddress(url.getHost(), url.getPort());
    request = Http3Client.get(url.getAuthority(), url.getPath());
    end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
  }

  public static void main(String[] args) throws Exception {
    int seconds = Integer.parseInt(args[3]);
    boolean each = args.length > 4 && args[4].equals("each");
    Http3Load load = new Http3Load(URI.create(args[0]), seconds, each);
    try {
      load.run(Integer.parseInt(args[1]), Integer.parseInt(args[2]));
    } finally {
      load.client.close(); // its thread would keep the program when nobody listens
    }
    load.report();
    System.exit(0);
  }

  private void run(int connections, int streams) throws Exception {
    left.set(connections * streams);
    for (int i = 0; i < connections; i++) {
      Channel socket = client.socket(WINDOW);
      QuicChannel connection =
          each ? null : Http3Client.connecting(socket, to).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      for (int j = 0; j < streams; j++) {
        if (connection == null) {
          askAnew(socket);
        } else {
          ask(connection, System.nanoTime());
        }
      }
    }
    while (left.get() > 0 && System.nanoTime() - end < TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS)) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  private void report() {
    int many = Math.min(succeeded, MOST_TIMES);
    Arrays.sort(times, 0, many);
    System.out.printf(
        "%d succeeded, %d failed, %d errored; p50 %.3f ms, p99 %.3f ms; a body of %d bytes%n",
        succeeded, failed, left.get(), millis(many / 2), millis(many * 99 / 100), body);
  }

  private double millis(int index) {
    return times[index] / 1e6;
  }

  private void askAnew(Channel socket) {
    long began = System.nanoTime();
    Future<QuicChannel> connecting = Http3Client.connecting(socket, to);
    connecting.addListener(
        connected -> {
          if (connected.isSuccess()) {
            ask(connecting.getNow(), began);
          } else {
            failed++;
            left.decrementAndGet();
          }
        });
  }

  private void ask(QuicChannel connection, long began) {
    Http3Client.ask(connection, request, new Answer(connection, began), () -> failed++);
  }

  private final class Answer extends Http3Client.Answer {
    private final QuicChannel connection;
    private final long began;

    private Answer(QuicChannel connection, long began) {
      this.connection = connection;
      this.began = began;
    }

    @Override
    void onEnd() {
      long now = System.nanoTime();
      if ("200".contentEquals(status)) {
        body = length;
        if (succeeded < MOST_TIMES) {
          times[succeeded] = now - began;
        }
        succeeded++;
      } else {
        failed++;
      }
      if (each) {
        var unused = connection.close();
      }
      if (now < end && each) {
        askAnew(connection.parent());
      } else if (now < end) {
        ask(connection, now);
      } else {
        left.decrementAndGet();
      }
    }
  }
}
