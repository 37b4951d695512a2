package io.bifocal.dataplane.observe;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** One attempt to connect, from its start to its end. */
@Name("bifocal.ConnectAttempt")
@Label("Connect Attempt")
@Category({"Bifocal", "Connect"})
@Description("One address of a race for an upstream connection")
@StackTrace(false)
final class ConnectAttemptEvent extends Event {
  @Label("Cluster")
  String cluster = "";

  @Label("Host")
  String host = "";

  @Label("Address")
  String address = "";

  @Label("Family")
  String family = "";

  @Label("Transport")
  @Description("tcp or quic")
  String transport = "";

  @Label("Number")
  @Description("In its race, from 0")
  int attempt;

  @Label("Cause")
  @Description("Why it started: first, stagger or previous_failed")
  String cause = "";

  @Label("Ending")
  @Description("won, lost, failed, timed_out or cancelled")
  String ending = "";

  @Label("Failure")
  String failure = "";

  @Label("Background Retry")
  boolean backgroundRetry;
}
