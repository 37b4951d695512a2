package io.bifocal.dataplane.http;

import io.netty.util.AsciiString;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The {@code date} header (RFC 9110, section 5.6.7), written once a second. */
final class DateHeader {
  private static final DateTimeFormatter FORMAT =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private long second = Long.MIN_VALUE;
  private AsciiString text = AsciiString.EMPTY_STRING;

  AsciiString at(long epochMillis) {
    long now = epochMillis / 1000;
    if (now != second) {
      second = now;
      text = new AsciiString(FORMAT.format(Instant.ofEpochSecond(now)));
    }
    return text;
  }
}
