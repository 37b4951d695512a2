package io.bifocal.dataplane.http.route;

import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.match.StringMatch;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A condition on a header. Of one that occurs several times one value must match.
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

  static final SupportedFields FIELDS =
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

  /**
   * The condition that a configuration asks for.
   *
   * @param path of the matcher, for what no matcher can do here
   */
  @SuppressWarnings("deprecation")
  public static HeaderMatch of(HeaderMatcher config, String path) throws ConfigException {
    RouteFields.check(FIELDS, config, path);
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

  public static List<HeaderMatch> all(List<HeaderMatcher> configs, String path)
      throws ConfigException {
    List<HeaderMatch> all = new ArrayList<>();
    for (HeaderMatcher config : configs) {
      all.add(of(config, path));
    }
    return List.copyOf(all);
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

  /** Whether a request matches. */
  public boolean matches(RequestHead head) {
    return isPseudo() ? holds(value(head)) : holds(head.headers);
  }

  /** Whether the headers of an answer match. */
  public boolean matches(int status, HttpHeaders headers) {
    return name.contentEquals(":status") ? holds(Integer.toString(status)) : holds(headers);
  }

  private boolean isPseudo() {
    return name.charAt(0) == ':' || name.contentEquals("host");
  }

  private boolean holds(@Nullable String found) {
    StringMatch condition = value;
    if (found == null) {
      return missing();
    }
    return condition == null ? wantPresent != invert : condition.matches(found) != invert;
  }

  private boolean holds(HttpHeaders headers) {
    Iterator<? extends CharSequence> values = headers.valueCharSequenceIterator(name);
    if (!values.hasNext()) {
      return missing();
    }
    StringMatch condition = value;
    if (condition == null) {
      return wantPresent != invert;
    }
    do {
      if (condition.matches(values.next().toString())) {
        return !invert;
      }
    } while (values.hasNext());
    return invert;
  }

  // It matches nothing, not even an inverted condition on its value.
  private boolean missing() {
    StringMatch condition = value;
    if (missingIsEmpty) {
      return condition == null ? wantPresent != invert : condition.matches("") != invert;
    }
    return condition == null && wantPresent == invert;
  }

  /** Whether a header is there. */
  public static HeaderMatch named(String name) {
    return new HeaderMatch(
        AsciiString.cached(name.toLowerCase(Locale.ROOT)), null, true, false, false);
  }

  /** What a request has there, several values joined by commas; null for nothing. */
  public @Nullable String value(RequestHead head) {
    if (name.charAt(0) != ':') {
      return name.contentEquals("host") ? head.authority : joined(head.headers);
    }
    return switch (name.toString()) {
      case ":path" -> head.path.isEmpty() ? null : head.path;
      case ":method" -> head.method;
      case ":authority" -> head.authority;
      case ":scheme" -> head.scheme;
      default -> null;
    };
  }

  private @Nullable String joined(HttpHeaders headers) {
    Iterator<? extends CharSequence> values = headers.valueCharSequenceIterator(name);
    if (!values.hasNext()) {
      return null;
    }
    String first = values.next().toString();
    if (!values.hasNext()) {
      return first;
    }
    return String.join(",", headers.getAll(name));
  }
}
