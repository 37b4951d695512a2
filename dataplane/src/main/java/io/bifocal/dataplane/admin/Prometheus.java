package io.bifocal.dataplane.admin;

import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Gauge;
import io.bifocal.dataplane.stats.Histogram;
import io.bifocal.dataplane.stats.StatName;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.stats.Tag;
import io.bifocal.dataplane.stats.TextReadout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code /stats/prometheus}: the text exposition format 0.0.4, with Envoy's names and labels. All
 * samples of a name stand together under one {@code # TYPE} line.
 */
final class Prometheus {
  /** A code or a class of codes at the end of a name becomes a label. */
  private static final Pattern CODE = Pattern.compile("_rq_([0-9]{3}|[0-9]xx)$");

  private final StringBuilder out = new StringBuilder();
  private final StatsQuery query;

  private Prometheus(StatsQuery query) {
    this.query = query;
  }

  /**
   * Prints.
   *
   * @param texts whether texts are shown too, as gauges of 0 with the text as a label
   */
  static CharSequence print(StatsStore store, StatsQuery query, boolean texts) {
    Prometheus page = new Prometheus(query);
    Map<String, List<Sample<Counter>>> counters = new TreeMap<>();
    store.counters().forEach(c -> page.add(c, c.name(), c.used(), counters));
    page.numbers(counters, "counter", Counter::value);

    Map<String, List<Sample<Gauge>>> gauges = new TreeMap<>();
    store.gauges().forEach(g -> page.add(g, g.name(), g.used(), gauges));
    page.numbers(gauges, "gauge", Gauge::value);

    if (texts) {
      Map<String, List<Sample<TextReadout>>> readouts = new TreeMap<>();
      store.texts().forEach(t -> page.add(t, t.name(), !t.value().isEmpty(), readouts));
      page.texts(readouts);
    }

    Map<String, List<Sample<Histogram>>> histograms = new TreeMap<>();
    store.histograms().forEach(h -> page.add(h, h.name(), h.used(), histograms));
    page.histograms(histograms);
    return page.out;
  }

  private record Sample<S>(S statistic, String labels) {}

  private <S> void add(
      S statistic, StatName name, boolean used, Map<String, List<Sample<S>>> byName) {
    if (!query.wantsAny(name.full(), used)) {
      return;
    }
    String base = name.base();
    StringBuilder labels = new StringBuilder();
    Matcher code = CODE.matcher(base);
    if (code.find()) {
      String value = code.group(1);
      boolean exact = !value.endsWith("xx");
      base = base.substring(0, code.start()) + (exact ? "_rq" : "_rq_xx");
      label(
          exact ? "envoy_response_code" : "envoy_response_code_class",
          exact ? value : value.substring(0, 1),
          labels);
    }
    for (int i = name.tags().size() - 1; i >= 0; i--) {
      Tag tag = name.tags().get(i);
      label(sanitized(tag.name()), tag.value(), labels);
    }
    byName
        .computeIfAbsent(base, b -> new ArrayList<>())
        .add(new Sample<>(statistic, labels.toString()));
  }

  private static void label(String name, String value, StringBuilder labels) {
    labels.append(labels.isEmpty() ? "" : ",").append(name).append("=\"");
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '\\' -> labels.append("\\\\");
        case '"' -> labels.append("\\\"");
        case '\n' -> labels.append("\\n");
        default -> labels.append(c);
      }
    }
    labels.append('"');
  }

  private static String sanitized(String name) {
    StringBuilder text = new StringBuilder(name);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean plain =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
      if (!plain) {
        text.setCharAt(i, '_');
      }
    }
    return text.toString();
  }

  private static String metric(String base) {
    return "envoy_" + sanitized(base);
  }

  private void type(String metric, String type) {
    out.append("# TYPE ").append(metric).append(' ').append(type).append('\n');
  }

  private <S> void numbers(
      Map<String, List<Sample<S>>> byName,
      String type,
      java.util.function.ToLongFunction<S> value) {
    byName.forEach(
        (base, samples) -> {
          String metric = metric(base);
          type(metric, type);
          for (Sample<S> sample : samples) {
            out.append(metric).append('{').append(sample.labels).append("} ");
            out.append(Long.toUnsignedString(value.applyAsLong(sample.statistic))).append('\n');
          }
        });
  }

  private void texts(Map<String, List<Sample<TextReadout>>> byName) {
    byName.forEach(
        (base, samples) -> {
          String metric = metric(base);
          type(metric, "gauge");
          for (Sample<TextReadout> sample : samples) {
            StringBuilder labels = new StringBuilder(sample.labels);
            label("text_value", sample.statistic.value(), labels);
            out.append(metric).append('{').append(labels).append("} 0\n");
          }
        });
  }

  private void histograms(Map<String, List<Sample<Histogram>>> byName) {
    byName.forEach(
        (base, samples) -> {
          String metric = metric(base);
          type(metric, "histogram");
          for (Sample<Histogram> sample : samples) {
            histogram(metric, sample.labels, sample.statistic.cumulative());
          }
        });
  }

  private void histogram(String metric, String labels, org.HdrHistogram.Histogram values) {
    String before = labels + (labels.isEmpty() ? "" : ",");
    for (double bound : HistogramShape.BOUNDS) {
      bucket(metric, before, HistogramShape.plain(bound), HistogramShape.atMost(values, bound));
    }
    bucket(metric, before, "+Inf", values.getTotalCount());
    out.append(metric).append("_sum{").append(labels).append("} ");
    out.append(HistogramShape.sum(values)).append('\n');
    out.append(metric).append("_count{").append(labels).append("} ");
    out.append(values.getTotalCount()).append('\n');
  }

  private void bucket(String metric, String labels, String bound, long count) {
    out.append(metric).append("_bucket{").append(labels).append("le=\"").append(bound);
    out.append("\"} ").append(count).append('\n');
  }
}
