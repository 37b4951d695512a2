package io.bifocal.dataplane.grid;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What is known of origins as Envoy writes it to a file: for each a key and a value, and before
 * either its length and a line feed.
 *
 * <pre>
 * 21
 * https://shop.test:44330
 * h3=":443"; ma=168786|12000|0
 * </pre>
 *
 * <p>{@code ma} is when that ends, in seconds of the machine's monotonic clock; then come the
 * smoothed round trip in microseconds and a number of streams, which is 0.
 *
 * <p>Source: Envoy's {@code KeyValueStoreBase} and {@code HttpServerPropertiesCacheImpl}; measured.
 *
 * @param problem what is wrong with the text; empty for nothing
 */
record KnownOrigins(List<KnownOrigin> origins, String problem) {
  private static final String SCHEME = "https://";

  /** Of an origin without alternatives Envoy keeps the round trip. */
  private static final String NOTHING = "clear|";

  /** Others would not be read again as they were written: origins choose these words. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._:\\-\\[\\]]{0,255}");

  // ---- written

  static String write(List<KnownOrigin> origins) {
    StringBuilder out = new StringBuilder();
    for (KnownOrigin known : origins) {
      List<AlternateProtocol> plain =
          known.protocols().stream().filter(KnownOrigins::isPlain).toList();
      if (plain.isEmpty()) {
        continue;
      }
      entry(SCHEME + known.origin().host() + ":" + known.origin().port(), out);
      entry(
          plain.stream().map(KnownOrigins::text).collect(Collectors.joining(","))
              + "|"
              + TimeUnit.NANOSECONDS.toMicros(known.roundTrip().toNanos())
              + "|0",
          out);
    }
    return out.toString();
  }

  private static boolean isPlain(AlternateProtocol protocol) {
    return PLAIN.matcher(protocol.protocol()).matches() && PLAIN.matcher(protocol.host()).matches();
  }

  private static void entry(String text, StringBuilder out) {
    out.append(text.length()).append('\n').append(text);
  }

  private static String text(AlternateProtocol protocol) {
    return "%s=\"%s:%d\"; ma=%d"
        .formatted(
            protocol.protocol(),
            protocol.host(),
            protocol.port(),
            TimeUnit.NANOSECONDS.toSeconds(protocol.expiresAt()));
  }

  // ---- read

  /** Reads what is good; what is not is left out, and the first of it told. */
  static KnownOrigins read(String text) {
    List<KnownOrigin> origins = new ArrayList<>();
    String problem = "";
    int at = 0;
    try {
      while (at < text.length()) {
        String key = token(text, at);
        at = after(text, at, key);
        String value = token(text, at);
        at = after(text, at, value);
        if (value.startsWith(NOTHING)) {
          continue;
        }
        try {
          origins.add(origin(key, value));
        } catch (IllegalArgumentException e) {
          problem = problem.isEmpty() ? String.valueOf(e.getMessage()) : problem;
        }
      }
    } catch (IllegalArgumentException e) { // from here on it cannot be told what is what
      problem = problem.isEmpty() ? String.valueOf(e.getMessage()) : problem;
    }
    return new KnownOrigins(List.copyOf(origins), problem);
  }

  private static String token(String text, int at) {
    int end = text.indexOf('\n', at);
    if (end < 0) {
      throw new IllegalArgumentException("no length at character " + at);
    }
    int length = number(text.substring(at, end));
    if (length > text.length() - end - 1) {
      throw new IllegalArgumentException("it ends within the entry at character " + at);
    }
    return text.substring(end + 1, end + 1 + length);
  }

  private static int after(String text, int at, String token) {
    return text.indexOf('\n', at) + 1 + token.length();
  }

  private static KnownOrigin origin(String key, String value) {
    int colon = key.lastIndexOf(':');
    if (!key.startsWith(SCHEME) || colon <= SCHEME.length()) {
      throw new IllegalArgumentException("'" + key + "' is no origin of https");
    }
    String[] parts = value.split("\\|", -1);
    AltSvc said = parts.length == 3 ? AltSvc.parse(parts[0]).orElse(null) : null;
    if (!(said instanceof AltSvc.Services services)) {
      throw new IllegalArgumentException("'" + value + "' tells of no alternatives");
    }
    return new KnownOrigin(
        new Origin(key.substring(SCHEME.length(), colon), number(key.substring(colon + 1))),
        services.services().stream().map(KnownOrigins::protocol).toList(),
        Duration.ofNanos(TimeUnit.MICROSECONDS.toNanos(number(parts[1]))));
  }

  private static AlternateProtocol protocol(AltSvc.Service service) {
    return new AlternateProtocol(
        service.protocol(), service.host(), service.port(), service.maxAge().toNanos());
  }

  private static int number(String digits) {
    if (digits.isEmpty()
        || digits.length() > 9
        || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw new IllegalArgumentException("'" + digits + "' is no number that can be there");
    }
    return Integer.parseInt(digits);
  }
}
