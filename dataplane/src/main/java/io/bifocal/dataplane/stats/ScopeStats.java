package io.bifocal.dataplane.stats;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The statistics directly in one scope. Thread-safe. */
final class ScopeStats {
  final Shelf<Counter> counters = new Shelf<>();
  final Shelf<Gauge> gauges = new Shelf<>();
  final Shelf<Histogram> histograms = new Shelf<>();
  final Shelf<TextReadout> texts = new Shelf<>();
  private volatile @Nullable Listed listed;

  private record Listed(Listing listing, ScopeName as) {}

  void list(Listing listing, ScopeName as) {
    listed = new Listed(listing, as);
  }

  List<Counter> counters() {
    return all(s -> s.counters, (c, scope) -> new Counter(scope, c.local()));
  }

  List<Gauge> gauges() {
    return all(s -> s.gauges, (g, scope) -> new Gauge(scope, g.local()));
  }

  List<Sharded> numbers() {
    List<Sharded> both = new ArrayList<>(counters());
    both.addAll(gauges());
    both.sort(Comparator.comparing(Statistic::local));
    return both;
  }

  List<Histogram> histograms() {
    return all(s -> s.histograms, (h, scope) -> new Histogram(scope, h.local(), h.unit()));
  }

  List<TextReadout> texts() {
    return all(s -> s.texts, (t, scope) -> new TextReadout(scope, t.local()));
  }

  /**
   * Those that are here and, unwritten, those that are merely listed; sorted by name.
   *
   * @param twin an unwritten one like that of the pattern, which nobody keeps
   */
  private <S extends Statistic> List<S> all(
      Function<ScopeStats, Shelf<S>> kind, BiFunction<S, ScopeName, S> twin) {
    List<S> here = kind.apply(this).all();
    Listed more = listed;
    if (more == null) {
      return here;
    }
    List<S> pattern = kind.apply(more.listing().pattern()).all();
    List<S> all = new ArrayList<>(here.size() + pattern.size());
    int i = 0;
    for (S one : pattern) {
      while (i < here.size() && here.get(i).local().compareTo(one.local()) < 0) {
        all.add(here.get(i++));
      }
      boolean made = i < here.size() && here.get(i).local().equals(one.local());
      all.add(made ? here.get(i++) : twin.apply(one, more.as()));
    }
    all.addAll(here.subList(i, here.size()));
    return all;
  }
}
