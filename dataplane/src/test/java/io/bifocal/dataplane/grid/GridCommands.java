package io.bifocal.dataplane.grid;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList.Completeness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Writes down what a {@link GridRace} commands. */
final class GridCommands implements GridRace.Commands {
  static final Address FIRST = new Address.Ip(InetAddresses.forString("2001:db8::1"), 443);
  static final Address SECOND = new Address.Ip(InetAddresses.forString("192.0.2.1"), 443);

  private final List<String> commands = new ArrayList<>();
  private final List<String> events = new ArrayList<>();

  /** By Envoy's times, over one address or two. */
  static GridPlan plan(GridPlan.Start start, int addresses) {
    return new GridPlan(
        List.of(FIRST, SECOND).subList(0, addresses),
        Completeness.COMPLETE,
        (attempt, address) -> Duration.ofMillis(300),
        start,
        Duration.ofMillis(300));
  }

  /** What was commanded since the last look, events left out. */
  List<String> taken() {
    List<String> seen = List.copyOf(commands);
    commands.clear();
    return seen;
  }

  /** Every attempt that started, with its reason and the time in milliseconds. */
  List<String> told() {
    return List.copyOf(events);
  }

  @Override
  public void startHttp3(int attempt, Address address) {
    commands.add("http3 " + attempt);
  }

  @Override
  public void cancelHttp3(int attempt) {
    commands.add("cancel http3 " + attempt);
  }

  @Override
  public void startTcp() {
    commands.add("tcp");
  }

  @Override
  public void cancelTcp() {
    commands.add("cancel tcp");
  }

  @Override
  public void arm(GridRace.Timer timer, Duration delay) {
    commands.add("arm " + timer + " " + delay.toMillis());
  }

  @Override
  public void disarm(GridRace.Timer timer) {
    commands.add("disarm " + timer);
  }

  @Override
  public void tell(GridEvent event) {
    long millis = Duration.ofNanos(event.atNanos()).toMillis();
    if (event instanceof GridEvent.TcpStarted tcp) {
      events.add("tcp " + tcp.cause() + " " + millis);
    } else if (event instanceof GridEvent.Http3 http3
        && http3.attempt() instanceof AttemptEvent.Started started) {
      events.add("http3 " + started.attempt() + " " + started.cause() + " " + millis);
    }
  }

  @Override
  public void outcome(GridOutcome outcome) {
    if (outcome instanceof GridOutcome.Failed failed) {
      commands.add("fail " + failed.failure().reason() + " " + failed.failure().detail());
    } else if (outcome instanceof GridOutcome.Http3 http3) {
      commands.add("serve http3 " + http3.attempt());
    } else {
      commands.add("serve tcp");
    }
  }

  @Override
  public void confirmed() {
    commands.add("confirmed");
  }

  @Override
  public void broken() {
    commands.add("broken");
  }

  @Override
  public void over() {
    commands.add("over");
  }
}
