package io.bifocal.dataplane.cli.probe;

import io.bifocal.dataplane.connect.ConnectFailure;
import io.bifocal.dataplane.dns.Answer;
import io.bifocal.dataplane.dns.LookupFamily;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Family;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Predicate;

/** Tells in a user's words why an attempt failed. */
final class Diagnosis {
  private final Predicate<Family> reachesOut;

  /**
   * @param reachesOut whether this machine has an address of a family besides loopback
   */
  Diagnosis(Predicate<Family> reachesOut) {
    this.reachesOut = reachesOut;
  }

  /** Why the socket was not connected. */
  Failure of(ConnectFailure failure, Address address) {
    String detail = failure.detail();
    if (failure.kind().isLocal()) {
      return new Failure(
          Reason.NO_SOCKET,
          "this process may have no file descriptor left (ulimit -n), or this machine knows no "
              + Words.family(address.family()),
          detail);
    }
    if (detail.contains("Connection refused")) {
      return new Failure(
          Reason.REFUSED, "the machine answers, but nobody listens on that port", detail);
    }
    if (detail.contains("unreachable") || detail.contains("No route to host")) {
      return new Failure(Reason.UNREACHABLE, unreachable(address.family()), detail);
    }
    if (detail.contains("Address family not supported")) {
      return new Failure(
          Reason.UNREACHABLE,
          "this machine does not speak " + Words.family(address.family()),
          detail);
    }
    if (detail.contains("Cannot assign requested address")) {
      return new Failure(Reason.LOCAL_ADDRESS, unreachable(address.family()), detail);
    }
    if (detail.contains("timed out")) {
      return new Failure(
          Reason.TIMED_OUT, "nothing answered, as when a firewall drops packets", detail);
    }
    if (detail.contains("reset")) {
      return new Failure(Reason.RESET, "it was accepted and then reset", detail);
    }
    return new Failure(Reason.OTHER, detail, detail);
  }

  /** The time for the whole race was out while an attempt ran. */
  static Failure timedOut(boolean connected) {
    return new Failure(
        Reason.TIMED_OUT,
        connected
            ? "it was connected, but TLS was not ready before --connect-timeout"
            : "nothing answered before --connect-timeout, as when a firewall drops packets",
        "connection timeout");
  }

  /** None of the given addresses is of a family that is wanted. */
  static Failure noneGiven(LookupFamily family) {
    return new Failure(
        Reason.NO_ADDRESSES,
        "--family %s leaves none of those given".formatted(lower(family)),
        "no addresses");
  }

  /**
   * A name under which there is nothing that was asked for.
   *
   * @param exists whether there is another address
   */
  static Failure nothingFound(LookupFamily family, boolean exists) {
    return exists
        ? new Failure(
            Reason.NO_ADDRESSES,
            "the name has addresses of the other family only, and --family is " + lower(family),
            "no addresses")
        : new Failure(
            Reason.NAME_NOT_FOUND, "there is no such name, or no address under it", "not found");
  }

  /** Nobody could tell. */
  static Failure ofResolver(Answer.Failed failed) {
    Reason reason =
        failed.cause() == Answer.Cause.TIMEOUT ? Reason.RESOLVER_SILENT : Reason.RESOLVER_FAILED;
    return new Failure(reason, failed.reason(), failed.reason());
  }

  private static String lower(LookupFamily family) {
    return family.name().toLowerCase(Locale.ROOT);
  }

  /** Why a race was lost by all: what the first attempt came to, as it is the preferred one. */
  static Failure ofRace(List<Attempt> attempts) {
    return attempts.stream()
        .map(Attempt::failure)
        .filter(Objects::nonNull)
        .findFirst()
        .orElseGet(() -> timedOut(false));
  }

  private String unreachable(Family family) {
    return reachesOut.test(family)
        ? "a router or this machine's routes say that there is no way to it"
        : "this machine has no " + Words.family(family) + " address besides loopback";
  }
}
