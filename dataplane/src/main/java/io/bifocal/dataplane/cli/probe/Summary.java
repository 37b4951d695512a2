package io.bifocal.dataplane.cli.probe;

import io.bifocal.dataplane.host.Family;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Many runs in numbers.
 *
 * @param runs how many
 * @param connected how many of them connected
 * @param times of those that connected; null when none did
 * @param winners how many runs each family won
 * @param http3 how many HTTP/3 won; null when it was not tried
 * @param failures how many attempts and look-ups failed, by reason
 */
record Summary(
    int runs,
    int connected,
    @Nullable Times times,
    Map<Family, Integer> winners,
    @Nullable Integer http3,
    Map<Reason, Integer> failures) {

  /**
   * Where the time of runs went.
   *
   * @param lookup before the race began; null when nothing was looked up
   * @param race from its first attempt to its winner
   * @param lost of that, until the winner's turn came: the cost of the addresses before it
   */
  record Times(@Nullable Quantiles lookup, Quantiles race, Quantiles lost) {}

  static Summary of(List<Run> runs) {
    List<Run> connected = runs.stream().filter(Run::connected).toList();
    Map<Family, Integer> winners = new EnumMap<>(Family.class);
    connected.stream()
        .map(Run::winner)
        .filter(Objects::nonNull)
        .forEach(winner -> winners.merge(winner.address().family(), 1, Integer::sum));
    Map<Reason, Integer> failures = new TreeMap<>();
    runs.stream()
        .flatMap(Summary::failures)
        .forEach(failure -> failures.merge(failure.reason(), 1, Integer::sum));
    return new Summary(
        runs.size(), connected.size(), times(connected), winners, http3(runs), failures);
  }

  private static @Nullable Integer http3(List<Run> runs) {
    List<Attempt> tried =
        runs.stream().flatMap(run -> run.attempts().stream()).filter(Attempt::isHttp3).toList();
    return tried.isEmpty()
        ? null
        : (int) tried.stream().filter(attempt -> attempt.end() == Attempt.End.WON).count();
  }

  private static @Nullable Times times(List<Run> connected) {
    return connected.isEmpty()
        ? null
        : new Times(
            connected.stream().allMatch(run -> run.lookups().isEmpty())
                ? null
                : Quantiles.of(connected.stream().mapToLong(Run::raceBegan)),
            Quantiles.of(connected.stream().mapToLong(Run::raceNanos)),
            Quantiles.of(connected.stream().mapToLong(Run::lostNanos)));
  }

  /** A run without attempts failed for a reason of its own; else its attempts tell. */
  private static Stream<Failure> failures(Run run) {
    Stream<@Nullable Failure> all =
        run.attempts().isEmpty()
            ? Stream.of(run.failure())
            : run.attempts().stream().map(Attempt::failure);
    return all.filter(Objects::nonNull);
  }
}
