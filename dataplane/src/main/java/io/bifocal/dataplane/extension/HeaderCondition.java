package io.bifocal.dataplane.extension;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.match.StringMatch;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A condition on a header of a finished request; values that repeat are joined by commas. */
final class HeaderCondition implements LogFilter {
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
    String found = find(stream);
    if (found == null && missingIsEmpty) {
      found = "";
    }
    boolean matches = found != null && (value == null || value.matches(found));
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
