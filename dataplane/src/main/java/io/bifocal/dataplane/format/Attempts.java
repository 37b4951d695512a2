package io.bifocal.dataplane.format;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.stream.StreamInfo;
import java.util.List;
import java.util.Locale;

/**
 * {@code %DYNAMIC_METADATA(bifocal.connect:attempts)%}: the race that made the upstream connection,
 * e.g. {@code [2001:db8::1]:80+0ms/325ms=lost,192.0.2.1:80+300ms/25ms=won}: for each attempt the
 * address, when it started, how long it took, and how it ended. Without a space, so that a line
 * still splits into its fields; where Envoy reads the same format, it writes a hyphen.
 */
final class Attempts {
  static final String KEY = "bifocal.connect:attempts";

  private Attempts() {}

  static boolean append(StreamInfo stream, StringBuilder out) {
    boolean any = false;
    for (AttemptEvent event : stream.attempts) {
      if (event instanceof AttemptEvent.Started started) {
        out.append(any ? "," : "");
        append(started, stream.attempts, out);
        any = true;
      }
    }
    return any;
  }

  private static void append(
      AttemptEvent.Started started, List<AttemptEvent> events, StringBuilder out) {
    out.append(started.address().text()).append('+').append(millis(started.atNanos()));
    for (AttemptEvent event : events) {
      if (event.attempt() != started.attempt() || event instanceof AttemptEvent.Started) {
        continue;
      }
      out.append("ms/").append(millis(event.atNanos() - started.atNanos())).append("ms=");
      if (event instanceof AttemptEvent.Won) {
        out.append("won");
      } else if (event instanceof AttemptEvent.Failed failed) {
        out.append("failed:").append(failed.failure().kind().name().toLowerCase(Locale.ROOT));
      } else if (event instanceof AttemptEvent.Lost lost) {
        out.append(
            switch (lost.reason()) {
              case ANOTHER_WON -> "lost";
              case CANCELLED -> "cancelled";
              case TIMED_OUT -> "timed_out";
            });
      }
      return;
    }
    out.append("ms");
  }

  private static long millis(long nanos) {
    return nanos / 1_000_000;
  }
}
