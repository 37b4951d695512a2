package io.bifocal.dataplane.format;

import io.bifocal.api.ConfigException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A piece of a format string: text, or a command as it is written. */
sealed interface Token {
  /** Text to be copied. */
  record Literal(String text) implements Token {}

  /**
   * {@code %NAME(parameters):length%}.
   *
   * @param parameters empty when there are none
   * @param length −1 when there is none
   */
  record Invocation(String name, String parameters, int length) implements Token {}

  /** One command. Its parameters end where what follows is a length, a number, or its end. */
  Pattern INVOCATION = Pattern.compile("%([A-Z0-9_]+)(?:\\((.*?)\\))?(?::([0-9]{1,9}))?%");

  /**
   * Splits a format string.
   *
   * @throws ConfigException in Envoy's words when a percent sign starts no command
   */
  static List<Token> split(String format) throws ConfigException {
    List<Token> tokens = new ArrayList<>();
    StringBuilder literal = new StringBuilder();
    Matcher matcher = INVOCATION.matcher(format);
    int at = 0;
    while (at < format.length()) {
      if (format.charAt(at) != '%') {
        literal.append(format.charAt(at++));
      } else if (format.startsWith("%%", at)) {
        literal.append('%');
        at += 2;
      } else if (matcher.region(at, format.length()).lookingAt()) {
        flush(literal, tokens);
        String parameters = matcher.group(2);
        String length = matcher.group(3);
        tokens.add(
            new Invocation(
                matcher.group(1),
                parameters == null ? "" : parameters,
                length == null ? -1 : Integer.parseInt(length)));
        at = matcher.end();
      } else {
        throw new ConfigException(
            "Incorrect configuration: %s. Couldn't find valid command at position %d"
                .formatted(format, at));
      }
    }
    flush(literal, tokens);
    return tokens;
  }

  private static void flush(StringBuilder literal, List<Token> tokens) {
    if (literal.length() > 0) {
      tokens.add(new Literal(literal.toString()));
      literal.setLength(0);
    }
  }
}
