package io.bifocal.dataplane.observe;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.connect.Advice;
import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.AttemptEvent.Cause;
import io.bifocal.dataplane.connect.AttemptEvent.LossReason;
import io.bifocal.dataplane.connect.ConnectFailure;
import io.bifocal.dataplane.connect.RacePlan;
import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.connect.RaceReport.Result;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.transport.TransportProtocol;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Reports of races as a runner would make them. */
public final class PastRaces {
  public static final Address V6 = new Address.Ip(InetAddresses.forString("2001:db8::1"), 80);
  public static final Address V4 = new Address.Ip(InetAddresses.forString("192.0.2.1"), 80);

  private PastRaces() {}

  /** A race that its only attempt won. */
  public static RaceReport smooth(String cluster, long endedAt, Duration took) {
    return report(
        plan(cluster, V4),
        Result.WON,
        endedAt,
        took,
        List.of(
            new AttemptEvent.Started(0, V4, 0, Cause.FIRST),
            new AttemptEvent.Won(0, V4, took.toNanos())));
  }

  /** A race that IPv4 won 25 ms after the attempt delay. */
  public static RaceReport staggered(String cluster, long endedAt) {
    long end = 325_000_000;
    return report(
        plan(cluster, V6, V4),
        Result.WON,
        endedAt,
        Duration.ofNanos(end),
        List.of(
            new AttemptEvent.Started(0, V6, 0, Cause.FIRST),
            new AttemptEvent.Started(1, V4, 300_000_000, Cause.STAGGER),
            new AttemptEvent.Won(1, V4, end),
            new AttemptEvent.Lost(0, V6, end, LossReason.ANOTHER_WON)));
  }

  /** A race of so many attempts of which the last one won. */
  public static RaceReport ofAttempts(int attempts) {
    List<AttemptEvent> events = new ArrayList<>();
    for (int i = 0; i < attempts; i++) {
      events.add(new AttemptEvent.Started(i, V6, i, i == 0 ? Cause.FIRST : Cause.STAGGER));
    }
    events.add(new AttemptEvent.Won(attempts - 1, V6, attempts));
    for (int i = 0; i < attempts - 1; i++) {
      events.add(new AttemptEvent.Lost(i, V6, attempts, LossReason.ANOTHER_WON));
    }
    return report(plan("long", V6), Result.WON, attempts, Duration.ofNanos(attempts), events);
  }

  /** A bad address that was tried again, in vain. */
  public static RaceReport retry(String cluster, long endedAt) {
    RacePlan plan = plan(cluster, V6);
    RacePlan retry =
        new RacePlan(
            cluster,
            V6,
            plan.addresses(),
            plan.completeness(),
            Advice.NONE,
            List.of(),
            plan.pacing(),
            plan.connectTimeout(),
            plan.sockets(),
            plan.transport(),
            RacePlan.Purpose.RETRY,
            plan.pupil());
    return report(
        retry,
        Result.TIMED_OUT,
        endedAt,
        Duration.ofSeconds(5),
        List.of(
            new AttemptEvent.Started(0, V6, 0, Cause.FIRST),
            new AttemptEvent.Lost(0, V6, 5_000_000_000L, LossReason.TIMED_OUT)));
  }

  /** A request that TCP served after 300 ms, and HTTP/3 that failed later. */
  public static RaceReport brokenHttp3(String cluster, long endedAt) {
    ConnectFailure refused =
        new ConnectFailure(ConnectFailure.Kind.REMOTE, "delayed connect error: Connection refused");
    return report(
        plan(cluster, V6).serving(RacePlan.Purpose.GRID),
        Result.WON,
        endedAt,
        Duration.ofMillis(305),
        List.of(
            new AttemptEvent.Started(0, V6, 0, Cause.FIRST, TransportProtocol.QUIC),
            new AttemptEvent.Started(1, V6, 300_000_000, Cause.STAGGER),
            new AttemptEvent.Won(1, V6, 305_000_000),
            new AttemptEvent.Failed(0, V6, 400_000_000, refused)));
  }

  /** The same for one pool of several, which is told of elsewhere. */
  public static RaceReport entrant(String cluster, long endedAt) {
    RaceReport race = smooth(cluster, endedAt, Duration.ofMillis(5));
    return report(
        race.plan().serving(RacePlan.Purpose.ENTRANT),
        race.result(),
        endedAt,
        Duration.ofMillis(5),
        race.attempts());
  }

  private static RacePlan plan(String cluster, Address... addresses) {
    return RacePlan.of(cluster, List.of(addresses), Duration.ofSeconds(5));
  }

  private static RaceReport report(
      RacePlan plan, Result result, long endedAt, Duration took, List<AttemptEvent> events) {
    return new RaceReport(
        plan, result, Instant.ofEpochMilli(0), endedAt, took.toNanos(), -1, List.copyOf(events));
  }
}
