package io.bifocal.dataplane.format;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.stream.StreamInfo;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * {@code %DYNAMIC_METADATA(bifocal.connect:KEY)%}: the race that made a request's upstream
 * connection, or the last one that failed to. Envoy knows no such metadata: where it reads the same
 * format it writes a hyphen, or null.
 */
final class RaceMetadata {
  private static final String COMMAND = "DYNAMIC_METADATA";
  private static final String NAMESPACE = "bifocal.connect";

  private static final Map<String, Command> KEYS = new TreeMap<>();

  static {
    KEYS.put("attempts", attempts());
    KEYS.put("attempt_count", number(RaceReport::attemptCount));
    KEYS.put("duration_ms", number(race -> race.nanos() / 1_000_000));
    KEYS.put("memory", bool((race, stream) -> race.plan().advice().reordered()));
    KEYS.put("result", text(race -> Attempts.word(race.result())));
    KEYS.put("reused", bool((race, stream) -> race.endedAt() - stream.startNanos < 0));
    KEYS.put("winner", winner((race, won) -> won.address().text()));
    KEYS.put("winner_family", winner((race, won) -> Attempts.word(won.address().family())));
    KEYS.put(
        "winner_transport", winner((race, won) -> Attempts.word(race.start(won.attempt()).over())));
  }

  private static final Command EVERYTHING = everything();

  private RaceMetadata() {}

  /** Whether an invocation asks for something about races that there is not. */
  static boolean isUnknown(Token.Invocation invocation) {
    return invocation.name().equals(COMMAND)
        && invocation.parameters().startsWith(NAMESPACE + ":")
        && of(invocation) == null;
  }

  /** The command that an invocation means; null when it is about something else. */
  static @Nullable Command of(Token.Invocation invocation) {
    String parameters = invocation.parameters();
    if (!invocation.name().equals(COMMAND) || !parameters.startsWith(NAMESPACE)) {
      return null;
    }
    if (parameters.length() == NAMESPACE.length()) {
      return EVERYTHING;
    }
    return parameters.charAt(NAMESPACE.length()) == ':'
        ? KEYS.get(parameters.substring(NAMESPACE.length() + 1))
        : null;
  }

  /** What of a stream's race is written; false if there is nothing to write. */
  @FunctionalInterface
  private interface Value {
    boolean append(RaceReport race, StreamInfo stream, StringBuilder out);
  }

  private static Command command(Value value) {
    return (stream, out) -> {
      RaceReport race = stream.race;
      return race != null && value.append(race, stream, out);
    };
  }

  /** All keys, as an object of JSON; those without a value are missing. */
  private static Command everything() {
    return Command.json(
        command(
            (race, stream, out) -> {
              String separator = "{";
              for (Map.Entry<String, Command> key : KEYS.entrySet()) {
                int before = out.length();
                out.append(separator).append('"').append(key.getKey()).append("\":");
                if (key.getValue().inJson().append(stream, out)) {
                  separator = ",";
                } else {
                  out.setLength(before);
                }
              }
              out.append('}');
              return true;
            }));
  }

  private static Command attempts() {
    Command text =
        command(
            (race, stream, out) -> {
              Attempts.text(race.attempts(), out);
              return !race.attempts().isEmpty();
            });
    Command array =
        command(
            (race, stream, out) -> {
              Attempts.json(race.attempts(), out);
              return true;
            });
    return new Command() {
      @Override
      public boolean append(StreamInfo stream, StringBuilder out) {
        return text.append(stream, out);
      }

      @Override
      public Command inJson() {
        return array;
      }
    };
  }

  private static Command number(ToLongFunction<RaceReport> value) {
    return Command.number(stream -> stream.race == null ? -1 : value.applyAsLong(stream.race));
  }

  private static Command bool(BiPredicate<RaceReport, StreamInfo> value) {
    return Command.json(
        command(
            (race, stream, out) -> {
              out.append(value.test(race, stream));
              return true;
            }));
  }

  private static Command text(Function<RaceReport, @Nullable String> value) {
    return Command.text(stream -> stream.race == null ? null : value.apply(stream.race));
  }

  private static Command winner(BiFunction<RaceReport, AttemptEvent.Won, String> value) {
    return text(
        race -> {
          AttemptEvent.Won winner = race.winner();
          return winner == null ? null : value.apply(race, winner);
        });
  }
}
