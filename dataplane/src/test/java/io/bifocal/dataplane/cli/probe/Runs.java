package io.bifocal.dataplane.cli.probe;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.cli.probe.Attempt.End;
import io.bifocal.dataplane.connect.AttemptEvent.Cause;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.transport.TransportProtocol;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs as they might have been, in milliseconds. */
final class Runs {
  static final Address V6 = new Address.Ip(InetAddresses.forString("2001:db8::1"), 443);
  static final Address V4 = new Address.Ip(InetAddresses.forString("192.0.2.1"), 443);
  static final Failure REFUSED = new Failure(Reason.REFUSED, "nobody listens", "refused");

  private Runs() {}

  static long ms(double millis) {
    return Math.round(millis * 1e6);
  }

  static Attempt attempt(
      Address address, Cause cause, double started, double ended, End end, @Nullable Failure why) {
    return new Attempt(address, cause, ms(started), null, ms(ended), end, why);
  }

  static Attempt won(Address address, Cause cause, double started, double ended) {
    return attempt(address, cause, started, ended, End.WON, null);
  }

  /** An attempt at HTTP/3, the first of its race. */
  static Attempt http3(Address address, double started, double ended, End end) {
    return new Attempt(
        address, TransportProtocol.QUIC, Cause.FIRST, ms(started), null, ms(ended), end, null);
  }

  static Run of(List<Lookup> lookups, Attempt... attempts) {
    long nanos = List.of(attempts).stream().mapToLong(Attempt::endedNanos).max().orElse(0);
    boolean won = List.of(attempts).stream().anyMatch(a -> a.end() == End.WON);
    return new Run(lookups, List.of(attempts), nanos, null, won ? null : attempts[0].failure());
  }

  /** Both families asked; IPv6 is silent and IPv4 wins. */
  static Run silentV6() {
    return of(
        List.of(lookup("AAAA", 12, V6), lookup("A", 20, V4)),
        attempt(V6, Cause.FIRST, 12, 337, End.LOST, null),
        won(V4, Cause.STAGGER, 312, 337));
  }

  /** IPv6 refuses, and IPv4 wins at once. */
  static Run refusedV6() {
    return of(
        List.of(),
        attempt(V6, Cause.FIRST, 0, 1, End.FAILED, REFUSED),
        won(V4, Cause.PREVIOUS_FAILED, 1, 3));
  }

  static Run v6(double ended) {
    return of(List.of(), won(V6, Cause.FIRST, 0, ended));
  }

  static Run noneListens() {
    return of(List.of(), attempt(V6, Cause.FIRST, 0, 1, End.FAILED, REFUSED));
  }

  /** The name does not exist. */
  static Run noName() {
    Failure failure = new Failure(Reason.NAME_NOT_FOUND, "is it spelt right?", "none");
    Lookup lookup = new Lookup("AAAA", 0, ms(5), true, List.of(), failure);
    return new Run(List.of(lookup), List.of(), ms(5), null, failure);
  }

  private static Lookup lookup(String question, double ended, Address address) {
    return new Lookup(question, 0, ms(ended), true, List.of(((Address.Ip) address).ip()), null);
  }
}
