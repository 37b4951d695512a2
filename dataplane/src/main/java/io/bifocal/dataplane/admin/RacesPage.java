package io.bifocal.dataplane.admin;

import com.google.gson.stream.JsonWriter;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.connect.RacePlan.Purpose;
import io.bifocal.dataplane.format.Attempts;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.observe.PastRace;
import io.bifocal.dataplane.observe.RaceHistory;
import io.bifocal.dataplane.observe.Waterfall;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * {@code /races}: the latest races for upstream connections, and the slowest ones of late.
 *
 * @param recent the newest first
 * @param slowest the slowest first
 */
record RacesPage(List<PastRace> recent, List<PastRace> slowest) {
  private static final int LIMIT = 20;
  private static final int WIDTH = 100;
  private static final DateTimeFormatter MILLIS =
      new DateTimeFormatterBuilder().appendInstant(3).toFormatter(Locale.ROOT);

  /**
   * What is asked for.
   *
   * @param now on the loops' clock, in nanoseconds
   */
  static RacesPage of(RaceHistory history, Request request, long now) throws ConfigException {
    int limit = limit(request.get("limit"));
    return new RacesPage(
        wanted(history.recent(), request, limit), wanted(history.slowest(now), request, limit));
  }

  private static int limit(String text) throws ConfigException {
    try {
      int limit = text.isEmpty() ? LIMIT : Integer.parseInt(text);
      if (limit > 0) {
        return limit;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw new ConfigException("usage: /races?limit=(a positive number)\n");
  }

  private static List<PastRace> wanted(List<PastRace> races, Request request, int limit) {
    return races.stream()
        .filter(race -> !request.has("cluster") || race.cluster().equals(request.get("cluster")))
        .limit(limit)
        .toList();
  }

  // ---- text

  CharSequence text() {
    StringBuilder out = new StringBuilder();
    draw("Latest races, the newest first", recent, out);
    draw("Slowest races of the last minutes, the slowest first", slowest, out.append('\n'));
    return out;
  }

  private static void draw(String title, List<PastRace> races, StringBuilder out) {
    out.append(title).append(races.isEmpty() ? ": none\n" : ":\n");
    for (PastRace race : races) {
      out.append('\n').append(heading(race)).append('\n');
      for (String line : Waterfall.draw(race.attempts(), WIDTH)) {
        out.append("  ").append(line).append('\n');
      }
    }
  }

  private static String heading(PastRace race) {
    StringBuilder out = new StringBuilder();
    MILLIS.formatTo(race.began(), out);
    out.append(' ').append(race.cluster()).append(' ').append(race.host().text());
    out.append(of(race.purpose())).append(": ");
    out.append(Attempts.word(race.result()).replace('_', ' '));
    out.append(String.format(Locale.ROOT, " after %.1f ms, ", race.nanos() / 1e6));
    out.append(race.attemptCount()).append(race.attemptCount() == 1 ? " attempt" : " attempts");
    out.append(", worker ").append(race.worker());
    if (!race.advice().putOff().isEmpty()) {
      out.append(", put off ").append(join(race.advice().putOff()));
    }
    out.append(race.advice().reordered() ? ", reordered by memory" : "");
    return out.append(race.isHttp3Broken() ? ", HTTP/3 is broken" : "").toString();
  }

  private static String of(Purpose purpose) {
    return switch (purpose) {
      case RETRY -> " background retry";
      case GRID -> " HTTP/3 and TCP";
      default -> "";
    };
  }

  private static String join(List<Address> addresses) {
    return addresses.stream().map(Address::text).collect(Collectors.joining(" and "));
  }

  // ---- JSON

  CharSequence json() {
    StringWriter text = new StringWriter();
    try (JsonWriter out = new JsonWriter(text)) {
      out.setIndent(" ");
      out.beginObject();
      write("recent", recent, out);
      write("slowest", slowest, out);
      out.endObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.getBuffer();
  }

  private static void write(String name, List<PastRace> races, JsonWriter out) throws IOException {
    out.name(name).beginArray();
    for (PastRace race : races) {
      write(race, out);
    }
    out.endArray();
  }

  private static void write(PastRace race, JsonWriter out) throws IOException {
    out.beginObject();
    out.name("began").value(MILLIS.format(race.began()));
    out.name("cluster").value(race.cluster());
    out.name("host").value(race.host().text());
    out.name("worker").value(race.worker());
    out.name("background_retry").value(race.purpose() == Purpose.RETRY);
    out.name("grid").value(race.purpose() == Purpose.GRID);
    out.name("http3_broken").value(race.isHttp3Broken());
    out.name("result").value(Attempts.word(race.result()));
    out.name("duration_ms").value(TimeUnit.NANOSECONDS.toMicros(race.nanos()) / 1e3);
    out.name("memory").beginObject().name("reordered").value(race.advice().reordered());
    out.name("put_off").beginArray();
    for (Address address : race.advice().putOff()) {
      out.value(address.text());
    }
    out.endArray().endObject();
    out.name("attempt_count").value(race.attemptCount());
    StringBuilder attempts = new StringBuilder();
    Attempts.json(race.attempts(), attempts);
    out.name("attempts").jsonValue(attempts.toString());
    out.endObject();
  }
}
