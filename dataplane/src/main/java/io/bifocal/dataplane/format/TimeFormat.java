package io.bifocal.dataplane.format;

import io.bifocal.api.ConfigException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.TextStyle;
import java.time.temporal.ChronoField;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Moments as {@code %START_TIME(…)%} writes them, in UTC: {@code strftime}'s conversions, and
 * Envoy's {@code %s} (seconds of the epoch), {@code %1f} to {@code %9f} and {@code %E3S}
 * (fractions). Moments are kept to the millisecond.
 */
final class TimeFormat {
  /** {@code 2026-11-24T22:22:24.609Z}. */
  static final TimeFormat DEFAULT = new TimeFormat(null);

  private static final String LOCAL = "%Y-%m-%dT%H:%M:%E3S%z";

  private final @Nullable DateTimeFormatter formatter;

  private TimeFormat(@Nullable DateTimeFormatter formatter) {
    this.formatter = formatter;
  }

  /** The same in the machine's time zone; the empty format says which that is. */
  static TimeFormat local(String format) throws ConfigException {
    DateTimeFormatter utc = of(format.isEmpty() ? LOCAL : format).formatter;
    return new TimeFormat(utc == null ? null : utc.withZone(ZoneId.systemDefault()));
  }

  /** Compiles a format; the empty one is the default. */
  static TimeFormat of(String format) throws ConfigException {
    if (format.isEmpty()) {
      return DEFAULT;
    }
    DateTimeFormatterBuilder builder = new DateTimeFormatterBuilder();
    int at = 0;
    while (at < format.length()) {
      char c = format.charAt(at++);
      if (c != '%' || at == format.length()) {
        builder.appendLiteral(c);
        continue;
      }
      char conversion = format.charAt(at++);
      if (Character.isDigit(conversion) && format.startsWith("f", at)) {
        fraction(builder, conversion - '0');
        at++;
      } else if (conversion == 'E' && format.startsWith("S", at + 1)) {
        builder.appendPattern("ss");
        char digits = format.charAt(at);
        if (digits == '*') {
          builder.appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true);
        } else if (digits > '0' && digits <= '9') {
          builder.appendLiteral('.');
          fraction(builder, digits - '0');
        }
        at += 2;
      } else {
        conversion(builder, conversion, format);
      }
    }
    return new TimeFormat(builder.toFormatter(Locale.ROOT).withZone(ZoneOffset.UTC));
  }

  private static void fraction(DateTimeFormatterBuilder builder, int digits) {
    if (digits > 0) {
      builder.appendFraction(ChronoField.NANO_OF_SECOND, digits, digits, false);
    }
  }

  private static void conversion(DateTimeFormatterBuilder builder, char conversion, String format)
      throws ConfigException {
    switch (conversion) {
      case 'Y' -> builder.appendPattern("uuuu");
      case 'y' -> builder.appendPattern("uu");
      case 'm' -> builder.appendPattern("MM");
      case 'd' -> builder.appendPattern("dd");
      case 'e' -> builder.padNext(2).appendPattern("d");
      case 'j' -> builder.appendPattern("DDD");
      case 'H' -> builder.appendPattern("HH");
      case 'I' -> builder.appendPattern("hh");
      case 'M' -> builder.appendPattern("mm");
      case 'S' -> builder.appendPattern("ss");
      case 'p' -> builder.appendPattern("a");
      case 'a' -> builder.appendPattern("EEE");
      case 'A' -> builder.appendPattern("EEEE");
      case 'b', 'h' -> builder.appendPattern("MMM");
      case 'B' -> builder.appendPattern("MMMM");
      case 'F' -> builder.appendPattern("uuuu-MM-dd");
      case 'T' -> builder.appendPattern("HH:mm:ss");
      case 'R' -> builder.appendPattern("HH:mm");
      case 'D' -> builder.appendPattern("MM/dd/uu");
      case 'z' -> builder.appendOffset("+HHMM", "+0000");
      case 'Z' -> builder.appendZoneText(TextStyle.SHORT);
      case 's' -> builder.appendValue(ChronoField.INSTANT_SECONDS);
      case 'n' -> builder.appendLiteral('\n');
      case 't' -> builder.appendLiteral('\t');
      case '%' -> builder.appendLiteral('%');
      default ->
          throw new ConfigException(
              "Invalid time format: '%s' has the unsupported conversion %%%c"
                  .formatted(format, conversion));
    }
  }

  void append(long epochMillis, StringBuilder out) {
    if (formatter == null) {
      appendDefault(epochMillis, out);
    } else {
      formatter.formatTo(Instant.ofEpochMilli(epochMillis), out);
    }
  }

  /** By hand, as nearly every log line begins with it. */
  private static void appendDefault(long epochMillis, StringBuilder out) {
    long days = Math.floorDiv(epochMillis, 86_400_000L);
    int millis = (int) Math.floorMod(epochMillis, 86_400_000L);

    // The civil date, counted in years that begin in March, so that a leap day is a year's last.
    long shifted = days + 719_468;
    long era = Math.floorDiv(shifted, 146_097L);
    int dayOfEra = (int) Math.floorMod(shifted, 146_097L);
    int yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
    int dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    int fromMarch = (5 * dayOfYear + 2) / 153;
    int day = dayOfYear - (153 * fromMarch + 2) / 5 + 1;
    int month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
    long year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);

    out.append(year).append('-');
    two(month, out).append('-');
    two(day, out).append('T');
    two(millis / 3_600_000, out).append(':');
    two(millis / 60_000 % 60, out).append(':');
    two(millis / 1000 % 60, out).append('.');
    int fraction = millis % 1000;
    out.append((char) ('0' + fraction / 100));
    two(fraction % 100, out).append('Z');
  }

  private static StringBuilder two(int number, StringBuilder out) {
    return out.append((char) ('0' + number / 10)).append((char) ('0' + number % 10));
  }
}
