package io.bifocal.xds;

import java.time.Duration;

/** Counts as {@code update_*} do. */
final class Counting implements SubscriptionObserver {
  private int attempts;
  private int successes;
  private int failures;
  private int rejections;
  private int timeouts;
  private String version = "";

  @Override
  public void onAttempt() {
    attempts++;
  }

  @Override
  public void onSuccess(String newVersion, Duration took) {
    successes++;
    version = newVersion;
  }

  @Override
  public void onRejected(String reason) {
    rejections++;
  }

  @Override
  public void onFailure() {
    failures++;
  }

  @Override
  public void onFetchTimeout() {
    timeouts++;
  }

  /** What is not zero. */
  @Override
  public String toString() {
    return "attempt "
        + attempts
        + counted(" success ", successes)
        + counted(" failure ", failures)
        + counted(" rejected ", rejections)
        + counted(" timeout ", timeouts)
        + (version.isEmpty() ? "" : " version " + version);
  }

  private static String counted(String what, int count) {
    return count == 0 ? "" : what + count;
  }
}
