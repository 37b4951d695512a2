package io.bifocal.dataplane.observe;

import io.bifocal.dataplane.connect.AttemptEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Draws one race for a terminal: a line per attempt, in order of starting, over one scale of time.
 *
 * <pre>
 * [2001:db8::1]:80    +0.0 ms |-----------------------------------|  lost: another won
 * 192.0.2.1:80      +300.0 ms |                                ###|  won after 24.1 ms
 *                             0.0 ms                       324.1 ms
 * </pre>
 *
 * <p>The winner's bar is of {@code #}, others' of {@code -}; an {@code x} ends the bar of an
 * attempt that failed. Plain ASCII, as a terminal's character set is anybody's guess.
 */
public final class Waterfall {
  private static final int LEAST_BAR = 10;
  private static final int LEAST_WIDTH = 40;
  private static final String CUT = "...";

  private Waterfall() {}

  /**
   * Draws.
   *
   * @param events what happened to each attempt of one race, in order of time
   * @param width of the terminal, in columns; no line is longer (but 40 is the least)
   * @return the lines, the scale last; none for a race without attempts
   */
  public static List<String> draw(List<AttemptEvent> events, int width) {
    List<Row> rows = rows(events);
    if (rows.isEmpty()) {
      return List.of();
    }
    long span = events.stream().mapToLong(AttemptEvent::atNanos).max().orElse(0);
    int columns = Math.max(width, LEAST_WIDTH);
    int left = longest(rows.stream().map(Row::address).toList());
    int middle = longest(rows.stream().map(Row::offset).toList());
    int right = longest(rows.stream().map(Row::ending).toList());
    int bar =
        Math.max(LEAST_BAR, columns - left - middle - right - " |".length() - "|  ".length() - 1);

    List<String> lines = new ArrayList<>();
    for (Row row : rows) {
      String line =
          pad(row.address(), left)
              + " "
              + " ".repeat(middle - row.offset().length())
              + row.offset()
              + " |"
              + row.bar(bar, span)
              + "|  "
              + row.ending();
      lines.add(fit(line, columns));
    }
    String end = millis(span);
    String scale = pad("0.0 ms", Math.max(7, bar + 1 - end.length())) + end;
    lines.add(fit(" ".repeat(left + middle + 2) + scale, columns));
    return lines;
  }

  private static List<Row> rows(List<AttemptEvent> events) {
    Map<Integer, Row> rows = new TreeMap<>();
    for (AttemptEvent event : events) {
      if (event instanceof AttemptEvent.Started started) {
        rows.put(event.attempt(), new Row(started, null));
      } else {
        rows.computeIfPresent(event.attempt(), (n, row) -> new Row(row.started, event));
      }
    }
    return List.copyOf(rows.values());
  }

  private record Row(AttemptEvent.Started started, @Nullable AttemptEvent end) {
    String address() {
      return started.address().text();
    }

    String offset() {
      return "+" + millis(started.atNanos());
    }

    String ending() {
      if (end == null) {
        return "still trying";
      }
      String took = millis(end.atNanos() - started.atNanos());
      if (end instanceof AttemptEvent.Failed failed) {
        return "failed after " + took + ": " + failed.failure().detail();
      }
      if (end instanceof AttemptEvent.Lost lost) {
        return "lost: " + lost.reason().name().toLowerCase(Locale.ROOT).replace('_', ' ');
      }
      return "won after " + took;
    }

    String bar(int length, long span) {
      int from = column(started.atNanos(), length, span);
      int to = end == null ? length : Math.max(from + 1, column(end.atNanos(), length, span) + 1);
      char[] bar = " ".repeat(length).toCharArray();
      for (int i = from; i < to; i++) {
        bar[i] = end instanceof AttemptEvent.Won ? '#' : '-';
      }
      if (end instanceof AttemptEvent.Failed) {
        bar[to - 1] = 'x';
      }
      return new String(bar);
    }

    private static int column(long nanos, int length, long span) {
      return span == 0 ? 0 : (int) Math.min(length - 1, nanos * length / span);
    }
  }

  private static int longest(List<String> texts) {
    return texts.stream().mapToInt(String::length).max().orElse(0);
  }

  private static String pad(String text, int length) {
    return text + " ".repeat(Math.max(0, length - text.length()));
  }

  private static String fit(String line, int columns) {
    return line.length() <= columns ? line : line.substring(0, columns - CUT.length()) + CUT;
  }

  private static String millis(long nanos) {
    return String.format(Locale.ROOT, "%.1f ms", nanos / 1e6);
  }
}
