package io.bifocal.dataplane.match;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import java.util.Locale;

/** A condition on a text; source: {@code envoy.type.matcher.v3.StringMatcher}. */
@FunctionalInterface
public interface StringMatch {
  /** Envoy's limit for the size of a compiled expression. */
  int MOST_INSTRUCTIONS = 100;

  boolean matches(String text);

  /**
   * The condition that a configuration asks for.
   *
   * @param path of the matcher, for what no matcher can do here
   * @throws ConfigException in Envoy's or RE2's words where they have any, else with the path
   */
  static StringMatch of(StringMatcher matcher, String path) throws ConfigException {
    boolean ignoreCase = matcher.getIgnoreCase();
    return switch (matcher.getMatchPatternCase()) {
      case EXACT -> exact(matcher.getExact(), ignoreCase);
      case PREFIX -> prefix(matcher.getPrefix(), ignoreCase);
      case SUFFIX -> suffix(matcher.getSuffix(), ignoreCase);
      case CONTAINS -> contains(matcher.getContains(), ignoreCase);
      case SAFE_REGEX -> {
        if (ignoreCase) {
          throw new ConfigException("ignore_case has no effect for safe_regex.");
        }
        yield regex(matcher.getSafeRegex());
      }
      default ->
          throw new ConfigException(path + ": " + matcher.getMatchPatternCase() + " not supported");
    };
  }

  static StringMatch exact(String wanted, boolean ignoreCase) {
    return ignoreCase ? wanted::equalsIgnoreCase : wanted::equals;
  }

  static StringMatch prefix(String wanted, boolean ignoreCase) {
    return text -> text.regionMatches(ignoreCase, 0, wanted, 0, wanted.length());
  }

  static StringMatch suffix(String wanted, boolean ignoreCase) {
    return text ->
        text.regionMatches(ignoreCase, text.length() - wanted.length(), wanted, 0, wanted.length());
  }

  static StringMatch contains(String wanted, boolean ignoreCase) {
    if (!ignoreCase) {
      return text -> text.contains(wanted);
    }
    String lower = wanted.toLowerCase(Locale.ROOT);
    return text -> text.toLowerCase(Locale.ROOT).contains(lower);
  }

  /** The whole text must match. */
  static StringMatch regex(RegexMatcher matcher) throws ConfigException {
    Pattern pattern = compile(matcher);
    return pattern::matches;
  }

  /**
   * Compiles in RE2's syntax.
   *
   * @throws ConfigException in RE2's words what is wrong; in Envoy's that it is too large
   */
  @SuppressWarnings("deprecation") // control planes still send the limit
  static Pattern compile(RegexMatcher matcher) throws ConfigException {
    Pattern pattern = compiled(matcher.getRegex());
    boolean own = matcher.getGoogleRe2().hasMaxProgramSize();
    int most = own ? matcher.getGoogleRe2().getMaxProgramSize().getValue() : MOST_INSTRUCTIONS;
    if (pattern.programSize() > most) {
      throw new ConfigException(
          "regex '%s' RE2 program size of %d > max program size of %d%s. Increase configured max program size if necessary."
              .formatted(
                  matcher.getRegex(),
                  pattern.programSize(),
                  most,
                  own ? "" : " set for the error level threshold"));
    }
    return pattern;
  }

  private static Pattern compiled(String regex) throws ConfigException {
    try {
      return Pattern.compile(regex);
    } catch (PatternSyntaxException e) {
      String what = e.getDescription();
      // The library says "missing closing )" where RE2 itself says "missing )".
      String re2 = what.replace("missing closing", "missing");
      String where = e.getPattern();
      throw new ConfigException(re2 + ": " + (where == null ? regex : where), e);
    }
  }
}
