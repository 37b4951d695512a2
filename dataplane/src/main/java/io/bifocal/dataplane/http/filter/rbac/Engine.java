package io.bifocal.dataplane.http.filter.rbac;

/** Decides. Immutable, for use by any thread. */
@FunctionalInterface
interface Engine {
  Decision decide(Subject subject);

  /** What a policy does to those that it matches. */
  enum Effect {
    ALLOW,
    DENY,
    LOG
  }

  /**
   * What was decided.
   *
   * @param policy the one that matched; empty when none did
   * @param logHint whether logs are to be told, and of what
   */
  record Decision(boolean allowed, String policy, LogHint logHint) {}

  /** What {@code access_log_hint} says. */
  enum LogHint {
    NONE,
    LOG,
    LEAVE
  }
}
