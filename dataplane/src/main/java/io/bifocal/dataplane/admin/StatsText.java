package io.bifocal.dataplane.admin;

import io.bifocal.dataplane.stats.StatsStore;
import org.HdrHistogram.Histogram;

/** {@code /stats} as text: texts in quotes, then numbers, then histograms, each sorted by name. */
final class StatsText {
  private StatsText() {}

  static CharSequence print(StatsStore store, StatsQuery query) {
    StringBuilder out = new StringBuilder();
    query
        .texts(store)
        .forEach(t -> out.append(t.name().full()).append(": \"").append(t.value()).append("\"\n"));
    query
        .numbers(store)
        .forEach(
            (name, value) ->
                out.append(name).append(": ").append(Long.toUnsignedString(value)).append('\n'));
    query
        .histograms(store)
        .forEach(
            h -> histogram(h.name().full(), h.interval(), h.cumulative(), query.buckets(), out));
    return out;
  }

  private static void histogram(
      String name,
      Histogram interval,
      Histogram total,
      StatsQuery.Buckets buckets,
      StringBuilder out) {
    out.append(name).append(':');
    if (total.getTotalCount() == 0) {
      out.append(" No recorded values\n");
      return;
    }
    switch (buckets) {
      case SUMMARY -> summary(interval, total, out.append(' '));
      case DETAILED -> {
        out.append("\n  totals=");
        details(total, out);
        out.append("\n  intervals=");
        details(interval, out);
        out.append("\n  summary=");
        summary(interval, total, out);
      }
      case CUMULATIVE, DISJOINT -> {
        for (int i = 0; i < HistogramShape.BOUNDS.size(); i++) {
          double bound = HistogramShape.BOUNDS.get(i);
          boolean all = buckets == StatsQuery.Buckets.CUMULATIVE;
          out.append(" B")
              .append(HistogramShape.short6(bound))
              .append('(')
              .append(all ? HistogramShape.atMost(interval, bound) : HistogramShape.in(interval, i))
              .append(',')
              .append(all ? HistogramShape.atMost(total, bound) : HistogramShape.in(total, i))
              .append(')');
        }
      }
    }
    out.append('\n');
  }

  private static void summary(Histogram interval, Histogram total, StringBuilder out) {
    String separator = "";
    for (double quantile : HistogramShape.QUANTILES) {
      out.append(separator).append('P').append(HistogramShape.plain(quantile)).append('(');
      if (interval.getTotalCount() == 0) {
        out.append("nan");
      } else {
        out.append(HistogramShape.quantile(interval, quantile));
      }
      out.append(',').append(HistogramShape.quantile(total, quantile)).append(')');
      separator = " ";
    }
  }

  /** Lower bound, width and count of each bucket that holds something. */
  private static void details(Histogram histogram, StringBuilder out) {
    String separator = "";
    for (var value : histogram.recordedValues()) {
      long low = histogram.lowestEquivalentValue(value.getValueIteratedTo());
      long width = histogram.sizeOfEquivalentValueRange(low);
      out.append(separator).append(low).append(',').append(width).append(':');
      out.append(value.getCountAtValueIteratedTo());
      separator = ", ";
    }
  }
}
