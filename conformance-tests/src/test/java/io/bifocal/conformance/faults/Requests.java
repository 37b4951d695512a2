package io.bifocal.conformance.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Http;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** One request after the other through a listener, all the time. */
final class Requests implements AutoCloseable {
  private static final long PAUSE_MILLIS = 10;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final InetSocketAddress listener;
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final AtomicInteger answered = new AtomicInteger();
  private final Thread thread = new Thread(this::run, "requests");
  private volatile boolean ended;

  Requests(InetSocketAddress listener) {
    this.listener = listener;
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    while (!ended) {
      String outcome =
          Http.tryGet(listener, "/").map(r -> r.status() + " " + r.body()).orElse("no answer");
      if (outcome.startsWith("200 ")) {
        answered.incrementAndGet();
      } else {
        failures.add(outcome);
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(PAUSE_MILLIS));
    }
  }

  /** None has failed, and one more is answered. */
  void assertAllAnswered() {
    int before = answered.get();
    await("the next answer")
        .atMost(PATIENCE)
        .until(() -> answered.get() > before || !failures.isEmpty());
    assertThat(failures).as("requests that failed").isEmpty();
  }

  @Override
  public void close() {
    ended = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
