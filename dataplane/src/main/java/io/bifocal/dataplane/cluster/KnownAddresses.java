package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.dns.AddressRecord;
import io.bifocal.dataplane.dns.Answer;
import io.bifocal.dataplane.dns.Resolution;
import io.bifocal.dataplane.host.AddressList.Completeness;
import io.bifocal.dataplane.host.Family;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What is known of a name, look-up after look-up, and when it is told: no clock, no threads.
 *
 * <p>What half an answer tells is used if the addresses are raced: IPv6 at once, IPv4 when IPv6 has
 * had its time ("Resolution Delay", RFC 8305 section 3), for the first answer is all that there is.
 * Later on the family whose answer is still to come keeps the addresses it had, and nothing waits.
 */
final class KnownAddresses {
  private final boolean raced;
  private Map<Family, Answer> answers = Map.of();
  private Map<Family, Answer> waiting = Map.of();
  private Completeness completeness = Completeness.COMPLETE;

  /** What is to be done about an answer. */
  enum Verdict {
    /** Nothing yet. */
    AWAIT_MORE,
    /** IPv6 gets its time; {@link #waited} when that is over and nothing else has come. */
    AWAIT_IPV6,
    /** {@link #records} are to be used from now on. */
    USE,
    /** Nobody knows; what was known stays. */
    FAILED
  }

  /**
   * @param raced whether the addresses belong to one host: an empty answer is a failure then, for a
   *     host has an address
   */
  KnownAddresses(boolean raced) {
    this.raced = raced;
  }

  /** A look-up has told this much. */
  Verdict on(Resolution told) {
    waiting = Map.of();
    if (told.complete()) {
      boolean failed = told.failure().isPresent() || (raced && told.records().isEmpty());
      return failed ? Verdict.FAILED : use(told.answers(), Completeness.COMPLETE);
    }
    if (!raced) {
      return Verdict.AWAIT_MORE;
    }
    Map<Family, Answer> merged = new EnumMap<>(Family.class);
    merged.putAll(answers);
    merged.putAll(told.answers());
    if (answers.isEmpty() && !told.answers().containsKey(Family.V6)) {
      waiting = merged;
      return Verdict.AWAIT_IPV6;
    }
    return use(merged, Completeness.MORE_TO_COME);
  }

  /** The time for IPv6 is over. */
  Verdict waited() {
    return waiting.isEmpty() ? Verdict.AWAIT_MORE : use(waiting, Completeness.MORE_TO_COME);
  }

  private Verdict use(Map<Family, Answer> now, Completeness howMuch) {
    answers = now;
    waiting = Map.of();
    completeness = howMuch;
    return Verdict.USE;
  }

  /** IPv6 before IPv4, and within a family as the server answered. */
  List<AddressRecord> records() {
    return new Resolution(answers, true).records();
  }

  /** Whether the answer for the other family is still to come. */
  Completeness completeness() {
    return completeness;
  }
}
