package io.bifocal.dataplane.observe;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** One race for an upstream connection, from its first attempt to its end. */
@Name("bifocal.ConnectRace")
@Label("Connect Race")
@Category({"Bifocal", "Connect"})
@Description("A race for an upstream connection")
@StackTrace(false)
final class ConnectRaceEvent extends Event {
  @Label("Cluster")
  String cluster = "";

  @Label("Host")
  String host = "";

  @Label("Result")
  @Description("won, failed, timed_out or cancelled")
  String result = "";

  @Label("Attempts")
  int attempts;

  @Label("Winner")
  @Description("The address that won, if one did")
  String winner = "";

  @Label("Winner's Family")
  String winnerFamily = "";

  @Label("Winner's Transport")
  @Description("tcp or quic")
  String winnerTransport = "";

  @Label("Grid")
  @Description("Whether a request raced HTTP/3 and TCP; the attempts are those of both")
  boolean grid;

  @Label("Reordered by Memory")
  boolean reordered;

  @Label("Background Retry")
  boolean backgroundRetry;
}
