package io.bifocal.dataplane.admin;

import com.google.common.collect.Iterators;
import io.bifocal.dataplane.stats.Sharded;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.stats.TextReadout;
import java.util.Iterator;
import org.HdrHistogram.Histogram;

/** {@code /stats} as text: texts in quotes, then numbers, then histograms, each sorted by name. */
final class StatsText {
  private StatsText() {}

  /** Line by line: there may be a million. */
  static Iterator<CharSequence> print(StatsStore store, StatsQuery query) {
    return Iterators.concat(
        query.texts(store).map(StatsText::line).iterator(),
        query.numbers(store).map(StatsText::line).iterator(),
        query.histograms(store).map(h -> line(h, query.buckets())).iterator());
  }

  private static CharSequence line(TextReadout text) {
    return text.name().full() + ": \"" + text.value() + "\"\n";
  }

  private static CharSequence line(Sharded number) {
    return number.name().full() + ": " + Long.toUnsignedString(number.value()) + "\n";
  }

  private static CharSequence line(
      io.bifocal.dataplane.stats.Histogram histogram, StatsQuery.Buckets buckets) {
    String name = histogram.name().full();
    if (!histogram.used()) {
      return name + ": No recorded values\n";
    }
    StringBuilder out = new StringBuilder(name).append(':');
    Histogram interval = histogram.interval();
    Histogram total = histogram.cumulative();
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
    return out.append('\n');
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
