package io.bifocal.dataplane.cli.probe;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A summary as a table for a terminal. */
final class SummaryText {
  private SummaryText() {}

  /**
   * The lines of the table.
   *
   * @param title which runs these are
   */
  static List<String> of(String title, Summary summary) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "%s: %d connected, %d not"
            .formatted(title, summary.connected(), summary.runs() - summary.connected()));
    Summary.Times times = summary.times();
    if (times != null) {
      lines.add(row("", "p50", "p90", "p99", "max"));
      if (times.lookup() != null) {
        lines.add(row("look-up", times.lookup()));
      }
      lines.add(row("race, to the winner", times.race()));
      lines.add(row("  of it lost on others", times.lost()));
      lines.add("winners: " + winners(summary));
    }
    if (!summary.failures().isEmpty()) {
      lines.add("failures: " + failures(summary));
    }
    return lines;
  }

  /** What remembering was good for; nothing when there is nothing to compare. */
  static List<String> gain(Summary first, Summary later) {
    return first.times() == null || later.times() == null
        ? List.of()
        : List.of(
            "the first run lost %s on others, the later ones %s (p50)"
                .formatted(
                    Words.millis(first.times().lost().max()),
                    Words.millis(later.times().lost().p50())));
  }

  private static String row(String label, Quantiles times) {
    return row(
        label,
        Words.millis(times.p50()),
        Words.millis(times.p90()),
        Words.millis(times.p99()),
        Words.millis(times.max()));
  }

  private static String row(String... cells) {
    return String.format(Locale.ROOT, "%-24s %10s %10s %10s %10s", (Object[]) cells);
  }

  private static String winners(Summary summary) {
    String families =
        summary.winners().entrySet().stream()
            .map(e -> share(Words.family(e.getKey()), e.getValue(), summary.connected()))
            .collect(Collectors.joining(", "));
    Integer http3 = summary.http3();
    return http3 == null ? families : families + "; " + share("HTTP/3", http3, summary.connected());
  }

  private static String share(String who, int won, int of) {
    return String.format(Locale.ROOT, "%s %.0f %% (%d)", who, 100.0 * won / of, won);
  }

  private static String failures(Summary summary) {
    return summary.failures().entrySet().stream()
        .map(e -> e.getKey().words() + " " + e.getValue())
        .collect(Collectors.joining(", "));
  }
}
