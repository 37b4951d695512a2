package io.bifocal.dataplane.cli.probe;

import io.bifocal.dataplane.observe.Waterfall;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code bifocal probe}: races to each target, and tells who raced whom. */
@Command(
    name = "bifocal probe",
    customSynopsis = "Usage: bifocal probe [OPTION...] TARGET...",
    synopsisHeading = "",
    description = {
      "",
      "Races to any host as the data plane would, and draws who raced whom: what the resolver said,",
      "each attempt, and the winner.",
      ""
    },
    sortOptions = false,
    footer = {
      "",
      "Exit status: 0 when every race had a winner, 1 when one had none, 2 when something could",
      "not be taken.",
      "",
      "Examples:",
      "  bifocal probe https://example.com/",
      "  bifocal probe db.internal:5432 --family v6_only",
      "  bifocal probe localhost:8080 --addresses '[::1]:8081,127.0.0.1' --attempt-delay 100ms",
      "  bifocal probe https://example.com/ --http3",
      "  bifocal probe https://example.com/ --repeat 20 --memory",
      "  bifocal probe https://example.com/ --json | jq .runs[0].winner_family"
    })
public final class ProbeCommand implements Callable<Integer> {
  private static final int DEFAULT_WIDTH = 100;
  private static final int FAILED = 1;
  private static final int BAD_USAGE = 2;

  private final Terminal terminal;

  @Parameters(
      paramLabel = "TARGET",
      arity = "1..*",
      description =
          "https://HOST[:PORT], http://HOST[:PORT], HOST[:PORT] (443 unless said otherwise),"
              + " an IPv4 address, an IPv6 address in brackets")
  List<String> targets = new ArrayList<>();

  @Option(
      names = "--addresses",
      paramLabel = "IP[:PORT],...",
      hideParamSyntax = true,
      split = ",",
      description = "race to these, and look up nothing")
  List<String> addresses = new ArrayList<>();

  @Mixin ResolverOptions resolver = new ResolverOptions();

  @Mixin TlsOptions tls = new TlsOptions();

  @Mixin RaceOptions race = new RaceOptions();

  @Mixin RepeatOptions repeat = new RepeatOptions();

  @Option(
      names = "--json",
      description = "one line of JSON for each target (docs/probe.md) instead of the picture")
  boolean json;

  @Option(names = "--no-color", description = "no colours; there are none but on a terminal")
  boolean noColor;

  @Option(
      names = "--width",
      paramLabel = "COLUMNS",
      description = "of the picture; default the terminal's, or 100")
  @Nullable Integer width;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "print this")
  boolean help;

  private ProbeCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs to the end, and tells the exit status. */
  public static int run(Terminal terminal, String... args) {
    return new CommandLine(new ProbeCommand(terminal))
        .setOut(terminal.out())
        .setErr(terminal.err())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setOverwrittenOptionsAllowed(true)
        .setUsageHelpWidth(DEFAULT_WIDTH)
        .setParameterExceptionHandler((e, given) -> refuse(terminal, e))
        .execute(args);
  }

  private static int refuse(Terminal terminal, ParameterException e) {
    return refuse(terminal, String.valueOf(e.getMessage()));
  }

  private static int refuse(Terminal terminal, String what) {
    terminal
        .err()
        .println("bifocal probe: " + what.replace('\n', ' ') + " (--help lists the options)");
    return BAD_USAGE;
  }

  @Override
  public Integer call() throws InterruptedException {
    try {
      repeat.check();
      Rules rules = race.rules(repeat.memory);
      List<Target> parsed = parsed();
      tls.check(parsed);
      try (Session session = new Session(rules, resolver.config(parsed), repeat, report())) {
        return session.probe(parsed, tls) ? 0 : FAILED;
      }
    } catch (BadUsage e) {
      return refuse(terminal, String.valueOf(e.getMessage()));
    }
  }

  private List<Target> parsed() throws BadUsage {
    List<Target> parsed = new ArrayList<>();
    for (String text : targets) {
      Target target = Target.parse(text, tls.tls);
      parsed.add(addresses.isEmpty() ? target : target.at(addresses));
    }
    return parsed;
  }

  private Report report() throws BadUsage {
    if (width != null && width < Waterfall.LEAST_WIDTH) {
      throw new BadUsage(
          "--width must be at least %d, not %d".formatted(Waterfall.LEAST_WIDTH, width));
    }
    if (json) {
      return new JsonReport(terminal.out(), repeat.memory);
    }
    int columns = terminal.columns() == 0 ? DEFAULT_WIDTH : terminal.columns();
    return new TextReport(
        terminal.out(),
        width == null ? columns : width,
        new Palette(terminal.coloured() && !noColor),
        repeat.memory);
  }
}
