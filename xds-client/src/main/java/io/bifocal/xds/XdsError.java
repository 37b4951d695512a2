package io.bifocal.xds;

import java.time.Duration;

/** What can go wrong with a subscription. None of it ends the subscription. */
public sealed interface XdsError {
  /** What, where and why, for people. */
  String message();

  /** The stream broke or could not be opened; it is tried again. */
  record Disconnected(String message) implements XdsError {}

  /**
   * A response was refused as a whole before any watcher saw it (it could not be decoded, …).
   *
   * @param resource which resource of it is to blame, {@code fieldPath} what in that; empty when
   *     that is not known
   */
  record Malformed(String message, String resource, String fieldPath) implements XdsError {
    public Malformed(String message) {
      this(message, "", "");
    }
  }

  /** Nothing came within {@code initial_fetch_timeout}. A late answer is still delivered. */
  record FetchTimeout(Duration after, String message) implements XdsError {}
}
