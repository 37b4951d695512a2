package io.bifocal.dataplane.cli;

import io.bifocal.dataplane.cli.probe.ProbeCommand;
import io.bifocal.dataplane.cli.probe.Terminal;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** {@code main}. */
public final class Main {
  /** The one argument that is no flag of Envoy's: what follows is not for a proxy. */
  private static final String PROBE = "probe";

  private Main() {}

  public static void main(String[] args) {
    System.exit(run(args));
  }

  /**
   * Runs to the end, and tells the exit code: 0, or 1 when something could not be taken. A probe
   * has codes of its own.
   */
  static int run(String... args) {
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    if (args.length > 0 && args[0].equals(PROBE)) {
      String[] rest = Arrays.copyOfRange(args, 1, args.length);
      return ProbeCommand.run(Terminal.of(out, err, System.getenv()), rest);
    }
    return new CommandLine(new Serve(out, err))
        .setOut(out)
        .setErr(err)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setOverwrittenOptionsAllowed(true)
        .setParameterExceptionHandler(Main::refuse)
        .execute(args);
  }

  // One line, as for everything else that cannot be taken; the usage is for those who ask for it.
  private static int refuse(ParameterException e, String[] args) {
    StringBuilder line = new StringBuilder("bifocal: ").append(e.getMessage());
    if (e instanceof UnmatchedArgumentException unmatched) {
      var suggestions = unmatched.getSuggestions();
      if (!suggestions.isEmpty()) {
        line.append("; did you mean ").append(suggestions.get(0)).append('?');
      }
    }
    e.getCommandLine()
        .getErr()
        .println(line.append(" (--help lists the flags)").toString().replace('\n', ' '));
    return 1;
  }
}
