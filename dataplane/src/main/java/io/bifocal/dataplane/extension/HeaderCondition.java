package io.bifocal.dataplane.extension;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import java.util.Locale;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A condition on a header of a finished request; values that repeat are joined by commas. */
final class HeaderCondition implements LogFilter {
  private final String name;
  private final @Nullable Predicate<String> value;
  private final boolean wanted;
  private final boolean missingIsEmpty;

  private HeaderCondition(
      String name, @Nullable Predicate<String> value, boolean wanted, boolean missingIsEmpty) {
    this.name = name;
    this.value = value;
    this.wanted = wanted;
    this.missingIsEmpty = missingIsEmpty;
  }

  @SuppressWarnings("deprecation") // control planes still send the old specifiers
  static HeaderCondition of(HeaderMatcher config) throws ConfigException {
    boolean wanted = !config.getInvertMatch();
    StringMatcher.Builder old = StringMatcher.newBuilder();
    Predicate<String> value =
        switch (config.getHeaderMatchSpecifierCase()) {
          case STRING_MATCH -> text(config.getStringMatch());
          case EXACT_MATCH -> text(old.setExact(config.getExactMatch()).build());
          case PREFIX_MATCH -> text(old.setPrefix(config.getPrefixMatch()).build());
          case SUFFIX_MATCH -> text(old.setSuffix(config.getSuffixMatch()).build());
          case CONTAINS_MATCH -> text(old.setContains(config.getContainsMatch()).build());
          case SAFE_REGEX_MATCH -> text(old.setSafeRegex(config.getSafeRegexMatch()).build());
          case RANGE_MATCH ->
              range(config.getRangeMatch().getStart(), config.getRangeMatch().getEnd());
          case PRESENT_MATCH, HEADERMATCHSPECIFIER_NOT_SET -> null;
        };
    if (config.hasPresentMatch() && !config.getPresentMatch()) {
      wanted = !wanted;
    }
    return new HeaderCondition(
        config.getName().toLowerCase(Locale.ROOT),
        value,
        wanted,
        config.getTreatMissingHeaderAsEmpty());
  }

  private static Predicate<String> text(StringMatcher matcher) throws ConfigException {
    boolean fold = matcher.getIgnoreCase();
    return switch (matcher.getMatchPatternCase()) {
      case EXACT -> folded(fold, matcher.getExact(), String::equals);
      case PREFIX -> folded(fold, matcher.getPrefix(), String::startsWith);
      case SUFFIX -> folded(fold, matcher.getSuffix(), String::endsWith);
      case CONTAINS -> folded(fold, matcher.getContains(), String::contains);
      case SAFE_REGEX -> regex(matcher.getSafeRegex().getRegex());
      default ->
          throw new ConfigException(
              "access log header filter: %s is not supported"
                  .formatted(matcher.getMatchPatternCase()));
    };
  }

  private static Predicate<String> folded(
      boolean fold, String wanted, BiPredicate<String, String> test) {
    if (!fold) {
      return text -> test.test(text, wanted);
    }
    String lower = wanted.toLowerCase(Locale.ROOT);
    return text -> test.test(text.toLowerCase(Locale.ROOT), lower);
  }

  /** The whole value must match. */
  private static Predicate<String> regex(String regex) throws ConfigException {
    try {
      Pattern pattern = Pattern.compile(regex);
      return pattern::matches;
    } catch (PatternSyntaxException e) {
      throw new ConfigException("access log header filter: " + e.getMessage(), e);
    }
  }

  private static Predicate<String> range(long from, long before) {
    return text -> {
      try {
        long number = Long.parseLong(text);
        return number >= from && number < before;
      } catch (NumberFormatException e) {
        return false;
      }
    };
  }

  @Override
  public boolean passes(StreamInfo stream) {
    String found = find(stream);
    if (found == null && missingIsEmpty) {
      found = "";
    }
    boolean matches = found != null && (value == null || value.test(found));
    return matches == wanted;
  }

  private @Nullable String find(StreamInfo stream) {
    return switch (name) {
      case ":method" -> stream.method;
      case ":path" -> stream.path;
      case ":authority", "host" -> stream.authority;
      default ->
          stream.requestHeaders == null || !stream.requestHeaders.contains(name)
              ? null
              : String.join(",", stream.requestHeaders.getAll(name));
    };
  }
}
