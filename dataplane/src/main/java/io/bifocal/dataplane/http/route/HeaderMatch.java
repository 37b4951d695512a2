package io.bifocal.dataplane.http.route;

import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.match.StringMatch;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.netty.util.AsciiString;
import java.util.Iterator;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A condition on a header. A header that occurs several times is one value joined by commas.
 *
 * @param name in lower case; pseudo-headers begin with a colon
 * @param value null when presence is all that counts
 * @param wantPresent what {@code present_match} says
 */
public record HeaderMatch(
    AsciiString name,
    @Nullable StringMatch value,
    boolean wantPresent,
    boolean invert,
    boolean missingIsEmpty) {

  private static final SupportedFields FIELDS =
      SupportedFields.of(HeaderMatcher.getDescriptor())
          .supports(
              "name",
              "exact_match",
              "safe_regex_match",
              "range_match",
              "present_match",
              "prefix_match",
              "suffix_match",
              "contains_match",
              "string_match",
              "invert_match",
              "treat_missing_header_as_empty");

  @SuppressWarnings("deprecation")
  public static HeaderMatch of(HeaderMatcher config, String path) throws ConfigException {
    FIELDS.check(config, path);
    StringMatch value =
        switch (config.getHeaderMatchSpecifierCase()) {
          case EXACT_MATCH -> StringMatch.exact(config.getExactMatch(), false);
          case SAFE_REGEX_MATCH -> StringMatch.regex(config.getSafeRegexMatch());
          case PREFIX_MATCH -> StringMatch.prefix(config.getPrefixMatch(), false);
          case SUFFIX_MATCH -> StringMatch.suffix(config.getSuffixMatch(), false);
          case CONTAINS_MATCH -> StringMatch.contains(config.getContainsMatch(), false);
          case STRING_MATCH -> StringMatch.of(config.getStringMatch(), path + ".string_match");
          case RANGE_MATCH ->
              range(config.getRangeMatch().getStart(), config.getRangeMatch().getEnd());
          case PRESENT_MATCH, HEADERMATCHSPECIFIER_NOT_SET -> null;
        };
    boolean wantPresent = !config.hasPresentMatch() || config.getPresentMatch();
    return new HeaderMatch(
        AsciiString.cached(config.getName().toLowerCase(Locale.ROOT)),
        value,
        wantPresent,
        config.getInvertMatch(),
        config.getTreatMissingHeaderAsEmpty());
  }

  // Half open, as in the API.
  private static StringMatch range(long start, long end) {
    return text -> {
      try {
        long number = Long.parseLong(text);
        return number >= start && number < end;
      } catch (NumberFormatException e) {
        return false;
      }
    };
  }

  public boolean matches(RequestHead head) {
    String found = value(head);
    if (found == null && missingIsEmpty) {
      found = "";
    }
    StringMatch condition = value;
    if (condition == null) {
      return (found != null) == (wantPresent != invert);
    }
    // A missing header matches nothing, not even an inverted condition on its value.
    return found != null && condition.matches(found) != invert;
  }

  private @Nullable String value(RequestHead head) {
    if (name.charAt(0) != ':') {
      return joined(head);
    }
    return switch (name.toString()) {
      case ":path" -> head.path;
      case ":method" -> head.method;
      case ":authority" -> head.authority;
      case ":scheme" -> "http";
      default -> null;
    };
  }

  private @Nullable String joined(RequestHead head) {
    Iterator<? extends CharSequence> values = head.headers.valueCharSequenceIterator(name);
    if (!values.hasNext()) {
      return null;
    }
    String first = values.next().toString();
    if (!values.hasNext()) {
      return first;
    }
    return String.join(",", head.headers.getAll(name));
  }
}
