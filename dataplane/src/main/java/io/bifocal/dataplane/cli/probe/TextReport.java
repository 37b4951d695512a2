package io.bifocal.dataplane.cli.probe;

import java.io.PrintWriter;
import java.util.List;

/** For people: a picture of the first run, a line for each other one, and a table. */
final class TextReport implements Report {
  private static final String INDENT = "  ";

  private final PrintWriter out;
  private final Palette palette;
  private final Picture picture;
  private final Story story;
  private final boolean memory;
  private int run;

  /**
   * @param memory whether a run learns from those before
   */
  TextReport(PrintWriter out, int width, Palette palette, boolean memory) {
    this.out = out;
    this.palette = palette;
    this.picture = new Picture(width - INDENT.length(), palette);
    this.story = new Story(width - INDENT.length(), palette);
    this.memory = memory;
  }

  @Override
  public void begin(Target target) {
    out.println(palette.strong(target.text() + (target.tls() ? " over TLS" : "")));
    out.println();
    run = 0;
  }

  @Override
  public void onRun(Run told) {
    run++;
    if (run > 1) {
      out.println(INDENT + "run " + run + ": " + story.inShort(told));
      return;
    }
    List<String> lines = picture.of(told);
    print(lines);
    if (!lines.isEmpty()) {
      out.println();
    }
    print(story.of(told));
    out.println();
  }

  @Override
  public void end(Target target, List<Run> runs) {
    if (runs.size() == 1) {
      return;
    }
    out.println();
    if (memory) {
      Summary later = Summary.of(runs.subList(1, runs.size()));
      print(SummaryText.of("runs 2 to " + runs.size() + ", which remember", later));
      print(SummaryText.gain(Summary.of(runs.subList(0, 1)), later));
    } else {
      print(SummaryText.of(runs.size() + " runs", Summary.of(runs)));
    }
    out.println();
  }

  private void print(List<String> lines) {
    lines.forEach(line -> out.println(INDENT + line));
  }
}
