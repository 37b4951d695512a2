package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.connect.ConnectSettings.DelayMode;
import io.bifocal.dataplane.connect.Outcome.Bad;
import io.bifocal.dataplane.connect.Outcome.Good;
import io.bifocal.dataplane.host.Address;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of one host's addresses, turned into the order of a race and its pace.
 *
 * @param settings the cluster's
 * @param known by address; an address that nothing is known of is missing
 * @param order good and unknown ones as they were, then unknown ones of a bad family, then bad ones
 */
record Recollection(ConnectSettings settings, Map<Address, Outcome> known, List<Address> order)
    implements Pacing {

  /** RFC 8305 section 5 recommends no less for a delay that is computed. */
  private static final Duration LEAST_COMPUTED = Duration.ofMillis(100);

  /** What memory says of {@code ordered}, which are {@code host}'s addresses in Envoy's order. */
  static Recollection of(
      OutcomeMemory memory,
      String cluster,
      Address host,
      List<Address> ordered,
      ConnectSettings settings) {
    Map<Address, Outcome> known = new HashMap<>();
    List<Address> first = new ArrayList<>(ordered.size());
    List<Address> ofBadFamilies = new ArrayList<>(0);
    List<Address> bad = new ArrayList<>(0);
    for (Address address : ordered) {
      Outcome outcome = memory.of(cluster, host, address);
      if (outcome instanceof Bad) {
        bad.add(address);
      } else if (outcome == null && memory.isBad(cluster, address.family())) {
        ofBadFamilies.add(address);
      } else {
        first.add(address);
      }
      if (outcome != null) {
        known.put(address, outcome);
      }
    }
    first.addAll(ofBadFamilies);
    first.addAll(bad);
    return new Recollection(settings, known, first.equals(ordered) ? ordered : List.copyOf(first));
  }

  /** The bad ones, unless there is no other: then the race itself tries them. */
  List<Address> overtaken() {
    if (!(known.get(order.get(order.size() - 1)) instanceof Bad)
        || known.get(order.get(0)) instanceof Bad) {
      return List.of();
    }
    return order.stream().filter(a -> known.get(a) instanceof Bad).distinct().toList();
  }

  /**
   * One that is remembered as bad has the field to itself for a short time only. In the mode that
   * measures, one that is known has it for as long as its answer should take.
   */
  @Override
  public Duration after(int attempt, Address address) {
    return AttemptDelay.of(settings).grown(pace(known.get(address)), attempt);
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

  private static Duration min(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  private static Duration max(Duration one, Duration other) {
    return one.compareTo(other) > 0 ? one : other;
  }
}
