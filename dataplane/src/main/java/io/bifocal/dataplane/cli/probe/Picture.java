package io.bifocal.dataplane.cli.probe;

import io.bifocal.dataplane.cli.probe.Attempt.End;
import io.bifocal.dataplane.observe.Waterfall;
import io.bifocal.dataplane.observe.Waterfall.Bar;
import io.bifocal.dataplane.observe.Waterfall.Stretch;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Draws a run: the resolver's answers, and who raced whom.
 *
 * @param width of the drawing, in columns
 */
record Picture(int width, Palette palette) {

  /** The lines; none for a run in which nothing was asked and nothing tried. */
  List<String> of(Run run) {
    List<Bar> bars = new ArrayList<>();
    List<UnaryOperator<String>> colours = new ArrayList<>();
    for (Lookup lookup : run.lookups()) {
      bars.add(bar(lookup));
      colours.add(lookup.failure() == null ? UnaryOperator.identity() : palette::bad);
    }
    for (Attempt attempt : run.attempts()) {
      bars.add(bar(attempt));
      colours.add(colour(attempt.end()));
    }
    List<String> lines = new ArrayList<>(Waterfall.drawBars(bars, width));
    for (int i = 0; i < colours.size(); i++) {
      lines.set(i, colours.get(i).apply(lines.get(i)));
    }
    legend(bars).forEach(line -> lines.add(palette.faint(line)));
    return lines;
  }

  private UnaryOperator<String> colour(End end) {
    return switch (end) {
      case WON -> palette::good;
      case LOST -> UnaryOperator.identity();
      case FAILED -> palette::bad;
    };
  }

  private static Bar bar(Lookup lookup) {
    List<Stretch> stretches = new ArrayList<>();
    stretches.add(new Stretch('.', lookup.endedNanos()));
    if (lookup.failure() != null) {
      stretches.add(new Stretch('x', lookup.endedNanos()));
    }
    return new Bar(lookup.question(), lookup.askedNanos(), stretches, ending(lookup));
  }

  private static String ending(Lookup lookup) {
    if (!lookup.answered()) {
      return "no answer yet";
    }
    int found = lookup.addresses().size();
    String what =
        lookup.failure() != null
            ? lookup.failure().reason().words()
            : found == 0 ? "no address" : Words.count(found, "address", "addresses");
    return what + " after " + Words.millis(lookup.endedNanos() - lookup.askedNanos());
  }

  private static Bar bar(Attempt attempt) {
    boolean won = attempt.end() == End.WON;
    List<Stretch> stretches = new ArrayList<>();
    Long connected = attempt.connectedNanos();
    if (connected == null) {
      stretches.add(new Stretch(won ? '#' : '-', attempt.endedNanos()));
    } else {
      stretches.add(new Stretch(won ? '#' : '-', connected));
      stretches.add(new Stretch(won ? '=' : '~', attempt.endedNanos()));
    }
    if (attempt.end() == End.FAILED) {
      stretches.add(new Stretch('x', attempt.endedNanos()));
    }
    return new Bar(attempt.target(), attempt.startedNanos(), stretches, ending(attempt));
  }

  private static String ending(Attempt attempt) {
    String after = " after " + Words.millis(attempt.nanos());
    Failure failure = attempt.failure();
    if (failure != null) {
      return failure.reason().words() + after;
    }
    if (attempt.end() == End.LOST) {
      return "lost: another won";
    }
    Long connected = attempt.connectedNanos();
    return "won" + after + (connected == null ? "" : handshake(attempt, connected));
  }

  private static String handshake(Attempt attempt, long connected) {
    return ", TLS " + Words.millis(attempt.endedNanos() - connected) + " of it";
  }

  /** Only what is not plain from the words behind the bars. */
  private List<String> legend(List<Bar> bars) {
    boolean handshakes =
        bars.stream().flatMap(bar -> bar.stretches().stream()).anyMatch(s -> isHandshake(s.mark()));
    return handshakes ? Words.wrap("# - connecting, = ~ TLS handshake", width) : List.of();
  }

  private static boolean isHandshake(char mark) {
    return mark == '=' || mark == '~';
  }
}
