package io.bifocal.dataplane.admin;

import com.google.re2j.Pattern;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.stats.Histogram;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.stats.TextReadout;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which statistics are asked for, and how histograms are to be shown.
 *
 * <p>Source: the parameters of Envoy's {@code /stats}.
 */
record StatsQuery(
    boolean usedOnly, @Nullable Pattern filter, boolean invert, Type type, Buckets buckets) {
  /** Kinds of statistics; the texts are Envoy's values of {@code type}. */
  enum Type {
    ALL("All"),
    COUNTERS("Counters"),
    GAUGES("Gauges"),
    HISTOGRAMS("Histograms"),
    TEXT_READOUTS("TextReadouts");

    private final String text;

    Type(String text) {
      this.text = text;
    }
  }

  /** How a histogram is shown. */
  enum Buckets {
    SUMMARY,
    CUMULATIVE,
    DISJOINT,
    DETAILED
  }

  /** Reads a query; texts of errors as Envoy has them. */
  static StatsQuery of(Request request) throws ConfigException {
    Pattern filter;
    try {
      filter = request.pattern("filter");
    } catch (ConfigException e) {
      throw new ConfigException("Invalid re2 regex: " + e.reason(), e);
    }
    return new StatsQuery(
        request.has("usedonly"),
        filter,
        request.has("invert_filter"),
        type(request.get("type")),
        buckets(request.get("histogram_buckets")));
  }

  private static Type type(String text) throws ConfigException {
    for (Type type : Type.values()) {
      if (text.isEmpty() || type.text.equals(text)) {
        return type;
      }
    }
    throw new ConfigException("invalid &type= param");
  }

  private static Buckets buckets(String text) throws ConfigException {
    return switch (text) {
      case "", "none", "summary", "prometheusnative" -> Buckets.SUMMARY;
      case "cumulative" -> Buckets.CUMULATIVE;
      case "disjoint" -> Buckets.DISJOINT;
      case "detailed" -> Buckets.DETAILED;
      default ->
          throw new ConfigException(
              "usage: /stats?histogram_buckets="
                  + "(cumulative|disjoint|detailed|summary|prometheusnative)\n");
    };
  }

  boolean wants(Type kind) {
    return type == Type.ALL || type == kind;
  }

  private boolean wants(String name, boolean used) {
    return (!usedOnly || used) && (filter == null || filter.matcher(name).find() != invert);
  }

  /** Counters and gauges, each as an unsigned number, sorted by name. */
  SortedMap<String, Long> numbers(StatsStore store) {
    SortedMap<String, Long> numbers = new TreeMap<>();
    if (wants(Type.COUNTERS)) {
      store.counters().stream()
          .filter(c -> wants(c.name().full(), c.used()))
          .forEach(c -> numbers.put(c.name().full(), c.value()));
    }
    if (wants(Type.GAUGES)) {
      store.gauges().stream()
          .filter(g -> wants(g.name().full(), g.used()))
          .forEach(g -> numbers.put(g.name().full(), g.value()));
    }
    return numbers;
  }

  List<TextReadout> texts(StatsStore store) {
    return wants(Type.TEXT_READOUTS)
        ? store.texts().stream().filter(t -> wants(t.name().full(), !t.value().isEmpty())).toList()
        : List.of();
  }

  List<Histogram> histograms(StatsStore store) {
    return wants(Type.HISTOGRAMS)
        ? store.histograms().stream().filter(h -> wants(h.name().full(), h.used())).toList()
        : List.of();
  }

  /** Whether a statistic is wanted whatever its kind (Prometheus has no {@code type}). */
  boolean wantsAny(String name, boolean used) {
    return wants(name, used);
  }
}
