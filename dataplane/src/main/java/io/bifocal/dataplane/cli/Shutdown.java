package io.bifocal.dataplane.cli;

import io.bifocal.dataplane.Proxy;

/**
 * SIGTERM and SIGINT begin the orderly end, and the process exits with 0 when it is reached. The
 * JVM offers a shutdown hook for that, which must outlast the drain and then say the exit code
 * itself, for the JVM's own would be 143.
 */
final class Shutdown {
  private volatile boolean ended;

  private Shutdown() {}

  /** From now on a signal drains {@code proxy}. Call {@link #ended} once it has ended by itself. */
  static Shutdown onSignal(Proxy proxy) {
    Shutdown shutdown = new Shutdown();
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> shutdown.drain(proxy), "bifocal-shutdown"));
    return shutdown;
  }

  void ended() {
    ended = true;
  }

  private void drain(Proxy proxy) {
    if (ended) {
      return;
    }
    proxy.shutdown();
    try {
      proxy.awaitEnd();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(0);
  }
}
