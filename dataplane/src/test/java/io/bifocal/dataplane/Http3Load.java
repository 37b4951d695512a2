package io.bifocal.dataplane;

import io.netty.handler.codec.http3.Http3HeadersFrame;
import io.netty.handler.codec.quic.QuicChannel;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Load of HTTP/3 as fast as it is served, for {@code scripts/bench}: {@code URL CONNECTIONS STREAMS
 * SECONDS}; so many GETs are in flight on each connection. Any certificate is taken. Prints how
 * many succeeded, how many failed, how many did not end, and the 50th and 99th percentile of their
 * times; of no seconds it asks once, and prints the body's length.
 */
final class Http3Load {
  private static final int MOST_TIMES = 4_000_000;
  private static final int PATIENCE_SECONDS = 5;
  private static final int WINDOW = 1_000_000;

  private final Http3Client client = new Http3Client();
  private final InetSocketAddress to;
  private final Http3HeadersFrame request;
  private final long end;
  private final long[] times = new long[MOST_TIMES];
  private final AtomicInteger left = new AtomicInteger();
  private int succeeded;
  private int failed;
  private long body;

  private Http3Load(URI url, int seconds) {
    to = new InetSocketAddress(url.getHost(), url.getPort());
    request = Http3Client.get(url.getAuthority(), url.getPath());
    end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
  }

  public static void main(String[] args) throws Exception {
    int seconds = Integer.parseInt(args[3]);
    Http3Load load = new Http3Load(URI.create(args[0]), seconds);
    load.run(Integer.parseInt(args[1]), Integer.parseInt(args[2]));
    System.exit(0);
  }

  private void run(int connections, int streams) throws Exception {
    left.set(connections * streams);
    for (int i = 0; i < connections; i++) {
      QuicChannel connection = client.connect(to, WINDOW);
      for (int j = 0; j < streams; j++) {
        ask(connection);
      }
    }
    while (left.get() > 0 && System.nanoTime() - end < TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS)) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
    client.close();
    int many = Math.min(succeeded, MOST_TIMES);
    Arrays.sort(times, 0, many);
    System.out.printf(
        "%d succeeded, %d failed, %d errored; p50 %.3f ms, p99 %.3f ms; a body of %d bytes%n",
        succeeded, failed, left.get(), millis(many / 2), millis(many * 99 / 100), body);
  }

  private double millis(int index) {
    return times[index] / 1e6;
  }

  private void ask(QuicChannel connection) {
    Http3Client.ask(connection, request, new Answer(connection), () -> failed++);
  }

  private final class Answer extends Http3Client.Answer {
    private final QuicChannel connection;
    private final long began = System.nanoTime();

    private Answer(QuicChannel connection) {
      this.connection = connection;
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
      if (now < end) {
        ask(connection);
      } else {
        left.decrementAndGet();
      }
    }
  }
}
