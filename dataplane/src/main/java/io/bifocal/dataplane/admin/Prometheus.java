package io.bifocal.dataplane.admin;

import com.google.common.collect.Iterators;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Gauge;
import io.bifocal.dataplane.stats.Histogram;
import io.bifocal.dataplane.stats.StatName;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.stats.Tag;
import io.bifocal.dataplane.stats.TextReadout;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code /stats/prometheus}: the text exposition format 0.0.4, with Envoy's names and labels. All
 * samples of a name stand together under one {@code # TYPE} line.
 */
final class Prometheus {
  /** A code or a class of codes at the end of a name becomes a label. */
  private static final Pattern CODE = Pattern.compile("_rq_([0-9]{3}|[0-9]xx)$");

  private final StatsQuery query;

  private Prometheus(StatsQuery query) {
    this.query = query;
  }

  /**
   * Prints, sample by sample: there may be a million.
   *
   * @param texts whether texts are shown too, as gauges of 0 with the text as a label
   */
  static Iterator<CharSequence> print(StatsStore store, StatsQuery query, boolean texts) {
    Prometheus page = new Prometheus(query);
    Map<String, List<Counter>> counters = new TreeMap<>();
    store.counters().forEach(c -> page.add(c, c.name(), c.used(), counters));
    Map<String, List<Gauge>> gauges = new TreeMap<>();
    store.gauges().forEach(g -> page.add(g, g.name(), g.used(), gauges));
    Map<String, List<TextReadout>> readouts = new TreeMap<>();
    if (texts) {
      store.texts().forEach(t -> page.add(t, t.name(), !t.value().isEmpty(), readouts));
    }
    Map<String, List<Histogram>> histograms = new TreeMap<>();
    store.histograms().forEach(h -> page.add(h, h.name(), h.used(), histograms));
    return Iterators.concat(
        metrics(counters, "counter", (metric, c) -> number(metric, c.name(), c.value())),
        metrics(gauges, "gauge", (metric, g) -> number(metric, g.name(), g.value())),
        metrics(readouts, "gauge", Prometheus::text),
        metrics(histograms, "histogram", Prometheus::histogram));
  }

  private <S> void add(S statistic, StatName name, boolean used, Map<String, List<S>> byMetric) {
    if (query.wantsAny(name.full(), used)) {
      byMetric.computeIfAbsent(metric(name), m -> new ArrayList<>()).add(statistic);
    }
  }

  private static <S> Iterator<CharSequence> metrics(
      Map<String, List<S>> byMetric, String type, BiFunction<String, S, CharSequence> sample) {
    return Iterators.concat(
        Iterators.transform(
            byMetric.entrySet().iterator(),
            entry ->
                Iterators.concat(
                    Iterators.singletonIterator("# TYPE " + entry.getKey() + ' ' + type + '\n'),
                    Iterators.transform(
                        entry.getValue().iterator(), s -> sample.apply(entry.getKey(), s)))));
  }

  private static Matcher code(StatName name) {
    return CODE.matcher(name.base());
  }

  private static String metric(StatName name) {
    String base = name.base();
    Matcher code = code(name);
    if (code.find()) {
      base = base.substring(0, code.start()) + (code.group(1).endsWith("xx") ? "_rq_xx" : "_rq");
    }
    return "envoy_" + sanitized(base);
  }

  private static StringBuilder labels(StatName name) {
    StringBuilder labels = new StringBuilder();
    Matcher code = code(name);
    if (code.find()) {
      String value = code.group(1);
      boolean exact = !value.endsWith("xx");
      label(
          exact ? "envoy_response_code" : "envoy_response_code_class",
          exact ? value : value.substring(0, 1),
          labels);
    }
    for (int i = name.tags().size() - 1; i >= 0; i--) {
      Tag tag = name.tags().get(i);
      label(sanitized(tag.name()), tag.value(), labels);
    }
    return labels;
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

  private static CharSequence number(String metric, StatName name, long value) {
    return metric + '{' + labels(name) + "} " + Long.toUnsignedString(value) + '\n';
  }

  private static CharSequence text(String metric, TextReadout readout) {
    StringBuilder labels = labels(readout.name());
    label("text_value", readout.value(), labels);
    return metric + '{' + labels + "} 0\n";
  }

  private static CharSequence histogram(String metric, Histogram histogram) {
    org.HdrHistogram.Histogram values = histogram.cumulative();
    CharSequence labels = labels(histogram.name());
    String before = labels + (labels.isEmpty() ? "" : ",");
    StringBuilder out = new StringBuilder();
    for (double bound : HistogramShape.BOUNDS) {
      long count = HistogramShape.atMost(values, bound);
      bucket(out, metric, before, HistogramShape.plain(bound), count);
    }
    bucket(out, metric, before, "+Inf", values.getTotalCount());
    out.append(metric).append("_sum{").append(labels).append("} ");
    out.append(HistogramShape.sum(values)).append('\n');
    out.append(metric).append("_count{").append(labels).append("} ");
    return out.append(values.getTotalCount()).append('\n');
  }

  private static void bucket(
      StringBuilder out, String metric, String labels, String bound, long count) {
    out.append(metric).append("_bucket{").append(labels).append("le=\"").append(bound);
    out.append("\"} ").append(count).append('\n');
  }
}
