package io.bifocal.dataplane.admin;

import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/** The quantiles and the buckets that Envoy shows. */
final class HistogramShape {
  static final double[] QUANTILES = {0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 100};

  /** Upper bounds, all inclusive. */
  static final List<Double> BOUNDS =
      List.of(
          0.5,
          1.0,
          5.0,
          10.0,
          25.0,
          50.0,
          100.0,
          250.0,
          500.0,
          1000.0,
          2500.0,
          5000.0,
          10_000.0,
          30_000.0,
          60_000.0,
          300_000.0,
          600_000.0,
          1_800_000.0,
          3_600_000.0);

  private HistogramShape() {}

  /** The value below which so many per cent are. */
  static long quantile(Histogram histogram, double percent) {
    long value = percent == 0 ? histogram.getMinValue() : histogram.getValueAtPercentile(percent);
    return histogram.medianEquivalentValue(value);
  }

  /** How many values are at most {@code bound}. */
  static long atMost(Histogram histogram, double bound) {
    long whole = (long) Math.floor(bound);
    return histogram.getTotalCount() == 0
        ? 0
        : histogram.getCountBetweenValues(0, Math.min(whole, histogram.getMaxValue()));
  }

  /** How many values are in the bucket with this number. */
  static long in(Histogram histogram, int bucket) {
    long upTo = atMost(histogram, BOUNDS.get(bucket));
    return bucket == 0 ? upTo : upTo - atMost(histogram, BOUNDS.get(bucket - 1));
  }

  static long sum(Histogram histogram) {
    return Math.round(histogram.getMean() * histogram.getTotalCount());
  }

  /** A number without a fraction that is nothing: {@code 0.5}, {@code 25}. */
  static String plain(double number) {
    return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
  }

  /** With six significant digits, as the text form shows bounds: {@code 1.8e+06}. */
  static String short6(double number) {
    return number < 1e6 ? plain(number) : String.format(Locale.ROOT, "%.1e", number);
  }
}
