package io.bifocal.dataplane.connect;

import java.time.Duration;

/**
 * How a cluster's connections are made where Envoy has no field for it. The defaults are Envoy's
 * behaviour, except that outcomes are remembered and that half an answer of a resolver is enough to
 * begin with.
 *
 * @param attemptDelay how long an attempt has the field to itself ("Connection Attempt Delay" of
 *     RFC 8305 section 5), from {@link #MIN_ATTEMPT_DELAY} to {@link #MAX_ATTEMPT_DELAY}
 * @param attemptDelayGrowth by how much each further delay of a race is longer than the one before;
 *     1 for all alike. No delay grows beyond {@link #MAX_ATTEMPT_DELAY}
 * @param attemptDelayMode where the delay comes from
 * @param outcomeMemory whether what became of earlier attempts decides the order of later ones
 * @param resolutionDelay how long a resolver's IPv4 answer waits for the IPv6 one (RFC 8305 section
 *     3); zero for not at all
 * @param destinationOrdering what order a resolver's addresses have before they are sorted
 */
public record ConnectSettings(
    Duration attemptDelay,
    double attemptDelayGrowth,
    DelayMode attemptDelayMode,
    boolean outcomeMemory,
    Duration resolutionDelay,
    DestinationOrdering destinationOrdering) {

  /** RFC 8305 section 5: "MUST NOT be less than". */
  public static final Duration MIN_ATTEMPT_DELAY = Duration.ofMillis(10);

  /** RFC 8305 section 5: the recommended upper bound. */
  public static final Duration MAX_ATTEMPT_DELAY = Duration.ofSeconds(2);

  /** By how much a delay may be longer than the one before, at most. */
  public static final double MAX_GROWTH = 10;

  /** How long an IPv4 answer may wait for the IPv6 one, at most. */
  public static final Duration MAX_RESOLUTION_DELAY = Duration.ofSeconds(2);

  /** What holds unless a cluster or the runtime says otherwise. */
  public static final ConnectSettings DEFAULT =
      new ConnectSettings(
          ConnectRace.DEFAULT_STAGGER,
          1,
          DelayMode.FIXED,
          true,
          Duration.ofMillis(50),
          DestinationOrdering.AS_ANSWERED);

  /** Where the delay between attempts comes from. */
  public enum DelayMode {
    /** {@code attempt_delay}, always. */
    FIXED,
    /** From the address's measured round trips; {@code attempt_delay} while there are none. */
    ROUND_TRIP
  }

  /** What order a resolver's addresses have. */
  public enum DestinationOrdering {
    /** IPv6 before IPv4, and within a family as the server answered. */
    AS_ANSWERED,
    /** By RFC 6724 section 6. */
    RFC6724
  }

  /** The defaults, but as Envoy races: nothing is remembered. */
  public static ConnectSettings envoys() {
    return new ConnectSettings(
        DEFAULT.attemptDelay,
        DEFAULT.attemptDelayGrowth,
        DEFAULT.attemptDelayMode,
        false,
        DEFAULT.resolutionDelay,
        DEFAULT.destinationOrdering);
  }
}
