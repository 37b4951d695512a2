package io.bifocal.xds.internal.stream;

/**
 * Which of a control plane's servers is asked. The first, until it has failed twice in a row; then
 * its failover at once, and from there both in turns, until one has answered: with that one the
 * choice is over. Source: Envoy's {@code GrpcMuxFailover}.
 */
final class ServerChoice {
  private static final int FAILURES = 2;

  private final boolean failover;
  private boolean second;
  private boolean over;
  private int failures;

  /**
   * @param failover whether there is a second server
   */
  ServerChoice(boolean failover) {
    this.failover = failover;
  }

  /** 0 or 1. */
  int current() {
    return second ? 1 : 0;
  }

  /** The current server has answered. */
  void answered() {
    over = true;
  }

  /**
   * The stream to the current server broke, or could not be opened.
   *
   * @return whether there is no waiting before the next is opened
   */
  boolean failed() {
    if (!failover || over) {
      return false;
    }
    if (second) {
      second = false;
      return false;
    }
    failures++;
    second = failures >= FAILURES;
    return second;
  }
}
