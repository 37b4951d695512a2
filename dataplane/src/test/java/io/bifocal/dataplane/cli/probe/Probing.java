package io.bifocal.dataplane.cli.probe;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * One call of the command within this process.
 *
 * @param out what it wrote to standard output
 * @param err what it wrote to standard error
 */
record Probing(int status, String out, String err) {
  static Probing run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Terminal terminal = new Terminal(new PrintWriter(out), new PrintWriter(err), 0, false);
    int status = ProbeCommand.run(terminal, args);
    return new Probing(status, out.toString(), err.toString());
  }

  /** The report on one target. */
  static JsonObject json(String... args) {
    Probing ran = run(with(args, "--json"));
    assertThat(ran.err).isEmpty();
    return JsonParser.parseString(ran.out).getAsJsonObject();
  }

  /** The one run that a report is about. */
  static JsonObject onlyRun(JsonObject report) {
    return report.getAsJsonArray("runs").get(0).getAsJsonObject();
  }

  static String[] with(String[] some, String... more) {
    List<String> all = new ArrayList<>(List.of(some));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }
}
