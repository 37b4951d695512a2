package io.bifocal.dataplane.format;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.stream.StreamInfo;
import java.util.Map;
import java.util.function.ToLongFunction;

/** {@code COMMON_DURATION(from:to:unit)}: the time between two moments of a stream. */
final class Durations {
  private static final Map<String, ToLongFunction<StreamInfo>> MOMENTS =
      Map.of(
          "DS_RX_BEG", s -> s.startNanos,
          "DS_RX_END", s -> s.lastDownstreamRxNanos,
          "US_TX_BEG", s -> s.firstUpstreamTxNanos,
          "US_TX_END", s -> s.lastUpstreamTxNanos,
          "US_RX_BEG", s -> s.firstUpstreamRxNanos,
          "US_RX_END", s -> s.lastUpstreamRxNanos,
          "DS_TX_BEG", s -> s.firstDownstreamTxNanos,
          "DS_TX_END", s -> s.endNanos);

  private static final Map<String, Long> UNITS = Map.of("ms", 1_000_000L, "us", 1000L, "ns", 1L);

  private Durations() {}

  static Command between(String parameters) throws ConfigException {
    String[] parts = parameters.split(":", -1);
    if (parts.length != 3) {
      throw new ConfigException("Invalid common duration configuration: %s.".formatted(parameters));
    }
    // As in Envoy any other name may be a moment that some filter tells of; none does here.
    ToLongFunction<StreamInfo> from = MOMENTS.getOrDefault(parts[0], s -> -1);
    ToLongFunction<StreamInfo> to = MOMENTS.getOrDefault(parts[1], s -> -1);
    Long unit = UNITS.get(parts[2]);
    if (unit == null) {
      throw new ConfigException(
          "Invalid common duration precision '%s': it is one of ms, us, ns".formatted(parts[2]));
    }
    long divisor = unit;
    return Command.number(
        s -> {
          long begin = from.applyAsLong(s);
          long end = to.applyAsLong(s);
          return begin < 0 || end < 0 ? -1 : (end - begin) / divisor;
        });
  }
}
