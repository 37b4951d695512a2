package io.bifocal.dataplane.match;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatchAndSubstitute;
import java.util.ArrayList;
import java.util.List;

/**
 * Replaces whatever matches, as RE2's {@code GlobalReplace} does: {@code \1} in the replacement is
 * the first group, {@code \0} all that has matched. Source: {@code RegexMatchAndSubstitute}.
 */
public final class Substitution {
  private final Pattern pattern;
  private final List<Part> parts;
  private final boolean possible;

  /** A text, or a group when the number is not negative. */
  private record Part(String text, int group) {}

  private Substitution(Pattern pattern, List<Part> parts) {
    this.pattern = pattern;
    this.parts = List.copyOf(parts);
    this.possible = parts.stream().allMatch(part -> part.group <= pattern.groupCount());
  }

  /** Throws in RE2's words. */
  public static Substitution of(RegexMatchAndSubstitute config) throws ConfigException {
    Pattern pattern = StringMatch.compile(config.getPattern());
    String written = config.getSubstitution();
    List<Part> parts = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < written.length(); i++) {
      char c = written.charAt(i);
      char next = i + 1 < written.length() ? written.charAt(i + 1) : ' ';
      if (c == '\\' && next >= '0' && next <= '9') {
        parts.add(new Part(text.toString(), -1));
        parts.add(new Part("", next - '0'));
        text.setLength(0);
        i++;
      } else if (c == '\\' && next == '\\') {
        text.append('\\');
        i++;
      } else {
        text.append(c);
      }
    }
    parts.add(new Part(text.toString(), -1));
    return new Substitution(pattern, parts);
  }

  /** The text with the replacements. */
  public String of(String text) {
    Matcher matcher = pattern.matcher(text);
    StringBuilder out = null;
    int copied = 0;
    boolean first = true;
    while (possible && matcher.find()) {
      // Nothing matches where something has just matched.
      if (matcher.end() == matcher.start() && matcher.start() == copied && !first) {
        continue;
      }
      if (out == null) {
        out = new StringBuilder(text.length() + 16);
      }
      first = false;
      out.append(text, copied, matcher.start());
      for (int i = 0; i < parts.size(); i++) {
        Part part = parts.get(i);
        String group = part.group < 0 ? part.text : matcher.group(part.group);
        out.append(group == null ? "" : group);
      }
      copied = matcher.end();
    }
    return out == null ? text : out.append(text, copied, text.length()).toString();
  }
}
