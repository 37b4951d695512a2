package io.bifocal.dataplane.cli.probe;

/** What was asked cannot be taken; the message says what and what to do, in one line. */
final class BadUsage extends Exception {
  BadUsage(String message) {
    super(message);
  }
}
