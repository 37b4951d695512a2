package io.bifocal.dataplane.observe;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.AttemptSpan;
import io.bifocal.dataplane.connect.ConnectFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Draws what happened side by side for a terminal: a line each over one scale of time. Of a race,
 * that is a line per attempt, in order of starting:
 *
 * <pre>
 * [2001:db8::1]:80    +0.0 ms |-----------------------------------|  lost: another won
 * 192.0.2.1:80      +300.0 ms |                                ###|  won after 24.1 ms
 *                             0.0 ms                       324.1 ms
 * </pre>
 *
 * <p>Over QUIC, {@code quic:} stands before the address. The winner's bar is of {@code #}, others'
 * of {@code -}; an {@code x} ends the bar of an attempt that failed. Plain ASCII, as a terminal's
 * character set is anybody's guess.
 */
public final class Waterfall {
  /** The least width of a drawing, in columns. */
  public static final int LEAST_WIDTH = 40;

  private static final int LEAST_BAR = 10;
  private static final String CUT = "...";

  private Waterfall() {}

  /**
   * One line.
   *
   * @param label what it stands for
   * @param fromNanos when it began
   * @param stretches what it was made of, in order of time; at least one
   * @param ending how it ended, in a few words
   */
  public record Bar(String label, long fromNanos, List<Stretch> stretches, String ending) {
    private long untilNanos() {
      return stretches.get(stretches.size() - 1).untilNanos();
    }

    private String offset() {
      return "+" + millis(fromNanos);
    }

    /** A later stretch goes over an earlier one, so that the last is always seen. */
    private String draw(int length, long span) {
      char[] bar = " ".repeat(length).toCharArray();
      long from = fromNanos;
      for (Stretch stretch : stretches) {
        int last = Math.max(column(from, length, span), column(stretch.untilNanos, length, span));
        for (int i = column(from, length, span); i <= last; i++) {
          bar[i] = stretch.mark;
        }
        from = stretch.untilNanos;
      }
      return new String(bar);
    }

    private static int column(long nanos, int length, long span) {
      return span == 0 ? 0 : (int) Math.min(length - 1, nanos * length / span);
    }
  }

  /**
   * A part of a bar, from where the one before it ended.
   *
   * @param mark what it is drawn with
   * @param untilNanos when it ended; a moment is a stretch that ends where it began
   */
  public record Stretch(char mark, long untilNanos) {}

  /**
   * Draws one race.
   *
   * @param events what happened to each attempt, in order of time
   * @param width of the terminal, in columns; no line is longer (but {@link #LEAST_WIDTH})
   * @return the lines, the scale last; none for a race without attempts
   */
  public static List<String> draw(List<AttemptEvent> events, int width) {
    long now = events.stream().mapToLong(AttemptEvent::atNanos).max().orElse(0);
    return drawBars(AttemptSpan.of(events).stream().map(a -> bar(a, now)).toList(), width);
  }

  /**
   * Draws anything.
   *
   * @param width of the terminal, in columns; no line is longer (but {@link #LEAST_WIDTH})
   * @return a line for each bar, and the scale; nothing for nothing
   */
  public static List<String> drawBars(List<Bar> bars, int width) {
    if (bars.isEmpty()) {
      return List.of();
    }
    long span = bars.stream().mapToLong(Bar::untilNanos).max().orElse(0);
    int columns = Math.max(width, LEAST_WIDTH);
    // What is longer than these is cut, so that there is room for a bar to be seen.
    int left = Math.min(columns / 2, longest(bars.stream().map(Bar::label).toList()));
    int middle = longest(bars.stream().map(Bar::offset).toList());
    int right = Math.min(columns * 2 / 5, longest(bars.stream().map(Bar::ending).toList()));
    int length =
        Math.max(LEAST_BAR, columns - left - middle - right - " |".length() - "|  ".length() - 1);

    List<String> lines = new ArrayList<>();
    for (Bar bar : bars) {
      String line =
          pad(last(bar.label(), left), left)
              + " "
              + " ".repeat(middle - bar.offset().length())
              + bar.offset()
              + " |"
              + bar.draw(length, span)
              + "|  "
              + bar.ending();
      lines.add(fit(line, columns));
    }
    String end = millis(span);
    String scale = pad("0.0 ms", Math.max(7, length + 1 - end.length())) + end;
    lines.add(fit(" ".repeat(left + middle + 2) + scale, columns));
    return lines;
  }

  private static Bar bar(AttemptSpan attempt, long now) {
    AttemptEvent end = attempt.end();
    long until = end == null ? now : end.atNanos();
    List<Stretch> stretches =
        switch (attempt.ending()) {
          case WON -> List.of(new Stretch('#', until));
          case FAILED -> List.of(new Stretch('-', until), new Stretch('x', until));
          default -> List.of(new Stretch('-', until));
        };
    return new Bar(attempt.target(), attempt.start().atNanos(), stretches, ending(attempt));
  }

  private static String ending(AttemptSpan attempt) {
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
