package io.bifocal.dataplane.cli.probe;

import java.io.PrintWriter;
import java.util.Map;

/**
 * Where the command writes.
 *
 * @param columns how wide the terminal is; 0 when there is none
 * @param coloured whether it takes colours
 */
public record Terminal(PrintWriter out, PrintWriter err, int columns, boolean coloured) {
  /** Set by the launcher when standard output is a terminal. */
  private static final String COLUMNS = "BIFOCAL_COLUMNS";

  /** As the environment describes it (<a href="https://no-color.org">NO_COLOR</a> included). */
  public static Terminal of(PrintWriter out, PrintWriter err, Map<String, String> environment) {
    String text = environment.getOrDefault(COLUMNS, "");
    int columns = text.matches("[1-9][0-9]{0,3}") ? Integer.parseInt(text) : 0;
    boolean coloured =
        columns > 0
            && environment.getOrDefault("NO_COLOR", "").isEmpty()
            && !environment.getOrDefault("TERM", "dumb").equals("dumb");
    return new Terminal(out, err, columns, coloured);
  }
}
