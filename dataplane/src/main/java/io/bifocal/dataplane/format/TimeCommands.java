package io.bifocal.dataplane.format;

import io.bifocal.dataplane.format.CommandTable.Syntax;
import io.bifocal.dataplane.stream.StreamInfo;

/** When, and how long. */
final class TimeCommands {
  private TimeCommands() {}

  static void addTo(CommandTable table) {
    table.put(
        "START_TIME_LOCAL",
        Syntax.OPTIONAL_PARAMETERS,
        format -> {
          TimeFormat time = TimeFormat.local(format);
          return (stream, out) -> {
            time.append(stream.startEpochMillis, out);
            return true;
          };
        });
    table.put(
        "EMIT_TIME_LOCAL",
        Syntax.OPTIONAL_PARAMETERS,
        format -> {
          TimeFormat time = TimeFormat.local(format);
          return (stream, out) -> {
            time.append(emitted(stream), out);
            return true;
          };
        });
    table.put(
        "START_TIME",
        Syntax.OPTIONAL_PARAMETERS,
        format -> {
          TimeFormat time = TimeFormat.of(format);
          return (stream, out) -> {
            time.append(stream.startEpochMillis, out);
            return true;
          };
        });
    table.put(
        "EMIT_TIME",
        Syntax.OPTIONAL_PARAMETERS,
        format -> {
          TimeFormat time = TimeFormat.of(format);
          return (stream, out) -> {
            time.append(emitted(stream), out);
            return true;
          };
        });
    table.number("DURATION", s -> millis(s.startNanos, s.endNanos));
    table.ofRequest("REQUEST_DURATION", s -> millis(s.startNanos, s.lastDownstreamRxNanos));
    table.ofRequest("REQUEST_TX_DURATION", s -> millis(s.startNanos, s.lastUpstreamTxNanos));
    table.ofRequest("RESPONSE_DURATION", s -> millis(s.startNanos, s.firstUpstreamRxNanos));
    table.ofRequest(
        "RESPONSE_TX_DURATION",
        s -> s.firstUpstreamRxNanos < 0 ? -1 : millis(s.firstUpstreamRxNanos, s.endNanos));
    table.put("COMMON_DURATION", Syntax.PARAMETERS_AND_LENGTH, Durations::between);
  }

  private static long emitted(StreamInfo stream) {
    return stream.startEpochMillis + Math.max(0, millis(stream.startNanos, stream.endNanos));
  }

  private static long millis(long from, long to) {
    return to < 0 ? -1 : (to - from) / 1_000_000;
  }
}
