package io.bifocal.dataplane.connect;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a race writes to the program's log at level debug, under Envoy's names of events. */
final class RaceLog {
  private static final Logger log = LoggerFactory.getLogger(RaceRunner.class);

  private RaceLog() {}

  static void began(RacePlan plan) {
    log.debug(
        "[{} {}] multi_connection_new_cx: {} among {}",
        plan.cluster(),
        plan.host(),
        plan.purpose() == RacePlan.Purpose.RETRY ? "a background retry" : "a race",
        plan.addresses());
  }

  static void tell(RacePlan plan, AttemptEvent event) {
    if (log.isDebugEnabled()) {
      log.debug("[{} {}] {}: {}", plan.cluster(), plan.host(), name(event), event);
    }
  }

  static void ended(RaceReport race) {
    if (log.isDebugEnabled() && race.result() != RaceReport.Result.WON) {
      RacePlan plan = race.plan();
      log.debug(
          "[{} {}] multi_connection_cx_failed: {}", plan.cluster(), plan.host(), race.result());
    }
  }

  private static String name(AttemptEvent event) {
    if (event instanceof AttemptEvent.Started) {
      return "happy_eyeballs_cx_attempt";
    }
    if (event instanceof AttemptEvent.Won) {
      return "multi_connection_cx_ok";
    }
    return event instanceof AttemptEvent.Failed
        ? "multi_connection_cx_attempt_failed"
        : "multi_connection_cx_attempt_cancelled";
  }
}
