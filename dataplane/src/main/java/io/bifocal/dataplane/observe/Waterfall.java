package io.bifocal.dataplane.observe;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.AttemptSpan;
import io.bifocal.dataplane.connect.AttemptSpan.Ending;
import io.bifocal.dataplane.connect.ConnectFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

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
    List<Row> rows = AttemptSpan.of(events).stream().map(Row::new).toList();
    if (rows.isEmpty()) {
      return List.of();
    }
    long span = events.stream().mapToLong(AttemptEvent::atNanos).max().orElse(0);
    int columns = Math.max(width, LEAST_WIDTH);
    // What is longer than these is cut, so that there is room for a bar to be seen.
    int left = Math.min(columns / 2, longest(rows.stream().map(Row::address).toList()));
    int middle = longest(rows.stream().map(Row::offset).toList());
    int right = Math.min(columns * 2 / 5, longest(rows.stream().map(Row::ending).toList()));
    int bar =
        Math.max(LEAST_BAR, columns - left - middle - right - " |".length() - "|  ".length() - 1);

    List<String> lines = new ArrayList<>();
    for (Row row : rows) {
      String line =
          pad(last(row.address(), left), left)
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

  private record Row(AttemptSpan attempt) {
    String address() {
      return attempt.address().text();
    }

    String offset() {
      return "+" + millis(attempt.start().atNanos());
    }

    String ending() {
      String took = millis(attempt.nanos());
      ConnectFailure failure = attempt.failure();
      if (failure != null) {
        return "failed after " + took + ": " + failure.phrase();
      }
      return switch (attempt.ending()) {
        case WON -> "won after " + took;
        case FAILED -> "failed after " + took;
        case LOST -> "lost: another won";
        case TIMED_OUT -> "timed out after " + took;
        case CANCELLED -> "given up after " + took;
        case RUNNING -> "still trying";
      };
    }

    String bar(int length, long span) {
      int from = column(attempt.start().atNanos(), length, span);
      AttemptEvent end = attempt.end();
      int to = end == null ? length : Math.max(from + 1, column(end.atNanos(), length, span) + 1);
      char[] bar = " ".repeat(length).toCharArray();
      for (int i = from; i < to; i++) {
        bar[i] = attempt.ending() == Ending.WON ? '#' : '-';
      }
      if (attempt.ending() == Ending.FAILED) {
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

  /** The end of an address tells it from others: the port, a pipe's name. */
  private static String last(String address, int columns) {
    return address.length() <= columns
        ? address
        : CUT + address.substring(address.length() - columns + CUT.length());
  }

  private static String fit(String line, int columns) {
    return line.length() <= columns ? line : line.substring(0, columns - CUT.length()) + CUT;
  }

  private static String millis(long nanos) {
    return String.format(Locale.ROOT, "%.1f ms", nanos / 1e6);
  }
}
