package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.host.HostStats;

/** Requests of one host, or of several: those that have ended and begun, and those under way. */
record HostLoad(long success, long error, long issued, long active) {
  static final HostLoad NONE = new HostLoad(0, 0, 0, 0);

  static HostLoad of(HostStats stats) {
    return new HostLoad(
        stats.rqSuccess().value(),
        stats.rqError().value(),
        stats.rqTotal().value(),
        stats.rqActive().value());
  }

  /** What was added since; what is under way is as it is now. */
  HostLoad since(HostLoad before) {
    return new HostLoad(
        success - before.success, error - before.error, issued - before.issued, active);
  }

  HostLoad plus(HostLoad other) {
    return new HostLoad(
        success + other.success, error + other.error, issued + other.issued, active + other.active);
  }

  boolean any() {
    return success + error + issued + active != 0;
  }
}
