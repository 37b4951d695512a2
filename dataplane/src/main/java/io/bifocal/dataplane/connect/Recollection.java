package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.connect.ConnectSettings.DelayMode;
import io.bifocal.dataplane.connect.Outcome.Bad;
import io.bifocal.dataplane.connect.Outcome.Good;
import io.bifocal.dataplane.host.Address;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of one host's addresses, turned into the order of a race and its pace. Always
 * of this moment: nothing is kept here.
 *
 * @param settings the cluster's
 */
record Recollection(OutcomeMemory memory, String cluster, Address host, ConnectSettings settings)
    implements Pacing {

  /** RFC 8305 section 5 recommends no less for a delay that is computed. */
  private static final Duration LEAST_COMPUTED = Duration.ofMillis(100);

  /** How an address stands; the better is tried first. */
  private enum Standing {
    /** Good, or nothing speaks against it. */
    FIT,
    /** Never tried, but its family is bad. */
    DOUBTFUL,
    BAD
  }

  /** Fit ones as they were, then doubtful ones, then bad ones. */
  @Override
  public List<Address> order(List<Address> addresses) {
    List<Address> fit = new ArrayList<>(addresses.size());
    List<Address> doubtful = new ArrayList<>(0);
    List<Address> bad = new ArrayList<>(0);
    for (Address address : addresses) {
      switch (standing(address)) {
        case FIT -> fit.add(address);
        case DOUBTFUL -> doubtful.add(address);
        case BAD -> bad.add(address);
      }
    }
    fit.addAll(doubtful);
    fit.addAll(bad);
    return fit.equals(addresses) ? addresses : List.copyOf(fit);
  }

  /**
   * Those that stand worse than the one that is tried first, so that the race may never come to
   * them. When all stand alike, the race itself tries them.
   *
   * @param order what {@link #order} made of the host's addresses
   */
  List<Address> putOff(List<Address> order) {
    Standing best = standing(order.get(0));
    if (standing(order.get(order.size() - 1)) == best) {
      return List.of();
    }
    return order.stream().filter(a -> standing(a).compareTo(best) > 0).distinct().toList();
  }

  /**
   * Within what time an address must answer to be put back in its place: if it takes longer, the
   * one that is tried first now would overtake it again.
   */
  Duration patience(List<Address> order, Duration connectTimeout) {
    if (of(order.get(0)) instanceof Good good) {
      return min(connectTimeout, settings.attemptDelay().plusNanos(good.roundTrip()));
    }
    return connectTimeout;
  }

  /**
   * One that is remembered as bad has the field to itself for a short time only. In the mode that
   * measures, one that is known has it for as long as its answer should take.
   */
  @Override
  public Duration after(int attempt, Address address) {
    return AttemptDelay.of(settings).grown(pace(of(address)), attempt);
  }

  private Duration pace(@Nullable Outcome outcome) {
    Duration least = min(LEAST_COMPUTED, settings.attemptDelay());
    if (outcome instanceof Bad) {
      return least;
    }
    if (outcome instanceof Good good && settings.attemptDelayMode() == DelayMode.ROUND_TRIP) {
      return max(least, min(good.expectedWithin(), ConnectSettings.MAX_ATTEMPT_DELAY));
    }
    return settings.attemptDelay();
  }

  private Standing standing(Address address) {
    Outcome outcome = of(address);
    if (outcome == null) {
      return memory.isBad(cluster, address.family()) ? Standing.DOUBTFUL : Standing.FIT;
    }
    return outcome instanceof Bad ? Standing.BAD : Standing.FIT;
  }

  private @Nullable Outcome of(Address address) {
    return memory.of(cluster, host, address);
  }

  private static Duration min(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  private static Duration max(Duration one, Duration other) {
    return one.compareTo(other) > 0 ? one : other;
  }
}
