package io.bifocal.dataplane.extension;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.match.StringMatch;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A condition on a header of a finished request, as those of routes are: of one that occurs several
 * times one value must match, and one that is missing matches no value, not even when that is
 * inverted.
 */
final class HeaderCondition implements LogFilter {
  private static final List<String> EMPTY = List.of("");

  private final String name;
  private final @Nullable StringMatch value;
  private final boolean wanted;
  private final boolean missingIsEmpty;

  private HeaderCondition(
      String name, @Nullable StringMatch value, boolean wanted, boolean missingIsEmpty) {
    this.name = name;
    this.value = value;
    this.wanted = wanted;
    this.missingIsEmpty = missingIsEmpty;
  }

  @SuppressWarnings("deprecation") // control planes still send the old specifiers
  static HeaderCondition of(HeaderMatcher config) throws ConfigException {
    boolean wanted = !config.getInvertMatch();
    StringMatch value =
        switch (config.getHeaderMatchSpecifierCase()) {
          case STRING_MATCH -> StringMatch.of(config.getStringMatch(), "access log header filter");
          case EXACT_MATCH -> StringMatch.exact(config.getExactMatch(), false);
          case PREFIX_MATCH -> StringMatch.prefix(config.getPrefixMatch(), false);
          case SUFFIX_MATCH -> StringMatch.suffix(config.getSuffixMatch(), false);
          case CONTAINS_MATCH -> StringMatch.contains(config.getContainsMatch(), false);
          case SAFE_REGEX_MATCH -> StringMatch.regex(config.getSafeRegexMatch());
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

  private static StringMatch range(long from, long before) {
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
    List<String> found = find(stream);
    if (found.isEmpty() && missingIsEmpty) {
      found = EMPTY;
    }
    StringMatch condition = value;
    if (condition == null) {
      return found.isEmpty() != wanted;
    }
    for (String each : found) {
      if (condition.matches(each)) {
        return wanted;
      }
    }
    return !found.isEmpty() && !wanted;
  }

  private List<String> find(StreamInfo stream) {
    return switch (name) {
      case ":method" -> List.of(stream.method);
      case ":path" -> List.of(stream.path);
      case ":authority", "host" -> List.of(stream.authority);
      default -> stream.requestHeaders == null ? List.of() : stream.requestHeaders.getAll(name);
    };
  }
}
