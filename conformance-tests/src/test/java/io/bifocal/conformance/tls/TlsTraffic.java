package io.bifocal.conformance.tls;

import static org.awaitility.Awaitility.await;

import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Clients that come one after the other, shake hands, ask and go. */
final class TlsTraffic implements AutoCloseable {
  private static final int A_FEW = 20;

  private final AtomicInteger visits = new AtomicInteger();
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final Thread thread;
  private volatile boolean over;

  private TlsTraffic(InetSocketAddress server, X509Bundle own) {
    thread = new Thread(() -> run(server, own), "tls-traffic");
    thread.setDaemon(true);
  }

  static TlsTraffic start(InetSocketAddress server, X509Bundle own) {
    TlsTraffic traffic = new TlsTraffic(server, own);
    traffic.thread.start();
    return traffic;
  }

  private void run(InetSocketAddress server, X509Bundle own) {
    while (!over) {
      try (TlsVisit visit = TlsVisit.to(server, own)) {
        String answer = visit.again();
        if (!answer.contains("200")) {
          failures.add(answer);
        }
      } catch (IOException e) {
        failures.add(e.toString());
      }
      visits.incrementAndGet();
    }
  }

  /** Waits until a few more have come and gone. */
  void awaitMore() {
    awaitMore(A_FEW);
  }

  /** Waits until so many more have. */
  void awaitMore(int more) {
    int enough = visits.get() + more;
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> visits.get() >= enough);
  }

  List<String> failures() {
    return List.copyOf(failures);
  }

  @Override
  public void close() {
    over = true;
    await().until(() -> !thread.isAlive());
  }
}
