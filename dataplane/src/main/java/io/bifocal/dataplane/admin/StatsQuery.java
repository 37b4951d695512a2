package io.bifocal.dataplane.admin;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.stats.Histogram;
import io.bifocal.dataplane.stats.Sharded;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.stats.TextReadout;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which statistics are asked for, and how histograms are to be shown.
 *
 * <p>Source: the parameters of Envoy's {@code /stats}.
 */
record StatsQuery(
    boolean usedOnly, @Nullable Pattern filter, boolean invert, Type type, Buckets buckets) {
  /** No choice of beginnings, and no letter to which what follows it applies. */
  private static final Pattern ANCHORED =
      Pattern.compile("^\\^([A-Za-z0-9_]+)(?:(?:[.$]|\\\\[.])[^|]*)?$");

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

  /** What every name that is wanted begins with, as far as the filter says it in plain letters. */
  private String beginning() {
    if (filter == null || invert) {
      return "";
    }
    Matcher plain = ANCHORED.matcher(filter.pattern());
    return plain.find() ? plain.group(1) : "";
  }

  /** Counters and gauges, sorted by name; found one by one, as all that follow. */
  Stream<? extends Sharded> numbers(StatsStore store) {
    Collection<? extends Sharded> numbers =
        switch (type) {
          case ALL -> store.numbers(beginning());
          case COUNTERS -> store.counters(beginning());
          case GAUGES -> store.gauges();
          case HISTOGRAMS, TEXT_READOUTS -> List.of();
        };
    return numbers.stream().filter(n -> wants(n.name().full(), n.used()));
  }

  Stream<TextReadout> texts(StatsStore store) {
    return wants(Type.TEXT_READOUTS)
        ? store.texts(beginning()).stream()
            .filter(t -> wants(t.name().full(), !t.value().isEmpty()))
        : Stream.of();
  }

  Stream<Histogram> histograms(StatsStore store) {
    return wants(Type.HISTOGRAMS)
        ? store.histograms(beginning()).stream().filter(h -> wants(h.name().full(), h.used()))
        : Stream.of();
  }

  /** Whether a statistic is wanted whatever its kind (Prometheus has no {@code type}). */
  boolean wantsAny(String name, boolean used) {
    return wants(name, used);
  }
}
