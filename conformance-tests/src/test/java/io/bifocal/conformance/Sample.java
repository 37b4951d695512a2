package io.bifocal.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The set-ups that users start from, as files under {@code conformance-tests/samples}. */
public final class Sample {
  private static final Pattern PLACE = Pattern.compile("\\$\\{([a-z.]+)}");

  private Sample() {}

  /**
   * One of them, with its places filled: ports of upstreams, paths of files.
   *
   * @param name without {@code .yaml}
   */
  public static String of(String name, Map<String, ?> values) {
    String text;
    try {
      text =
          Files.readString(
              Peers.root().resolve("conformance-tests/samples").resolve(name + ".yaml"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Matcher place = PLACE.matcher(text);
    StringBuilder filled = new StringBuilder();
    while (place.find()) {
      Object value = values.get(place.group(1));
      if (value == null) {
        throw new IllegalArgumentException("%s: nothing for %s".formatted(name, place.group()));
      }
      place.appendReplacement(filled, Matcher.quoteReplacement(value.toString()));
    }
    return place.appendTail(filled).toString();
  }
}
