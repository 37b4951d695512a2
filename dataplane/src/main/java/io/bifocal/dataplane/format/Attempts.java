package io.bifocal.dataplane.format;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.AttemptSpan;
import io.bifocal.dataplane.connect.AttemptSpan.Ending;
import io.bifocal.dataplane.connect.ConnectFailure;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** The attempts of a race, written on one line. */
public final class Attempts {
  private Attempts() {}

  /**
   * As text, e.g. {@code [2001:db8::1]:80+0ms/325ms=lost,192.0.2.1:80+300ms/25ms=won}: for each
   * attempt the address, {@code quic:} before it where it was over QUIC, when it started, how long
   * it took, and how it ended. Without a space, so that a line of a log still splits into its
   * fields.
   */
  static void text(List<AttemptEvent> events, StringBuilder out) {
    String separator = "";
    for (AttemptSpan span : AttemptSpan.of(events)) {
      out.append(separator).append(span.target());
      out.append('+').append(wholeMillis(span.start().atNanos())).append("ms");
      if (span.ending() != Ending.RUNNING) {
        out.append('/').append(wholeMillis(span.nanos())).append("ms=").append(word(span.ending()));
      }
      ConnectFailure failure = span.failure();
      if (failure != null) {
        out.append(':').append(word(failure.reason()));
      }
      separator = ",";
    }
  }

  /**
   * As an array of JSON with an object for each attempt: {@code address}, {@code family}, {@code
   * transport}, {@code cause} (why it started), {@code start_ms} (since the race began), {@code
   * duration_ms}, {@code ending}, and for a failure {@code reason} and {@code detail}.
   */
  public static void json(List<AttemptEvent> events, StringBuilder out) {
    out.append('[');
    String separator = "";
    for (AttemptSpan span : AttemptSpan.of(events)) {
      out.append(separator).append("{\"address\":");
      JsonString.quote(span.address().text(), out);
      out.append(",\"family\":\"").append(word(span.address().family()));
      out.append("\",\"transport\":\"").append(word(span.start().over()));
      out.append("\",\"cause\":\"").append(word(span.start().cause()));
      out.append("\",\"start_ms\":").append(millis(span.start().atNanos()));
      if (span.ending() != Ending.RUNNING) {
        out.append(",\"duration_ms\":").append(millis(span.nanos()));
      }
      out.append(",\"ending\":\"").append(word(span.ending())).append('"');
      ConnectFailure failure = span.failure();
      if (failure != null) {
        out.append(",\"reason\":\"").append(word(failure.reason())).append("\",\"detail\":");
        JsonString.quote(failure.detail(), out);
      }
      out.append('}');
      separator = ",";
    }
    out.append(']');
  }

  /** A constant as it is written in logs and statistics. */
  public static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static long wholeMillis(long nanos) {
    return nanos / 1_000_000;
  }

  /** Milliseconds to the microsecond. */
  private static double millis(long nanos) {
    return TimeUnit.NANOSECONDS.toMicros(nanos) / 1000.0;
  }
}
