package io.bifocal.dataplane.cli.probe;

import io.bifocal.dataplane.host.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Numbers and sentences as people read them. */
final class Words {
  private static final int MOST_LISTED = 4;

  private Words() {}

  static String millis(long nanos) {
    return String.format(Locale.ROOT, "%.1f ms", nanos / 1e6);
  }

  static String family(Family family) {
    return switch (family) {
      case V4 -> "IPv4";
      case V6 -> "IPv6";
      case PIPE -> "pipe";
    };
  }

  static String count(int number, String one, String many) {
    return number + " " + (number == 1 ? one : many);
  }

  /** One after the other; of many, the first ones and how many more there are. */
  static String list(List<String> items) {
    if (items.size() <= MOST_LISTED) {
      return String.join(", ", items);
    }
    int more = items.size() - MOST_LISTED;
    return String.join(", ", items.subList(0, MOST_LISTED)) + " and " + more + " more";
  }

  /** The lines of a text; the second and later ones are indented. A long word stays whole. */
  static List<String> wrap(String text, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.split(" ")) {
      if (!line.toString().isBlank() && line.length() + 1 + word.length() > width) {
        lines.add(line.toString());
        line = new StringBuilder("   ");
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    lines.add(line.toString());
    return lines;
  }
}
