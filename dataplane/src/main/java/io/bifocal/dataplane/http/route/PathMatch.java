package io.bifocal.dataplane.http.route;

import com.google.re2j.Pattern;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.match.StringMatch;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;

/** A condition on the path, without its query. */
sealed interface PathMatch {
  /**
   * Whether it holds.
   *
   * @param end where the query begins, or the path's length
   */
  boolean matches(String path, int end);

  /** How many characters a {@code prefix_rewrite} replaces. */
  int length(int end);

  static PathMatch of(RouteMatch match, String where) throws ConfigException {
    boolean ignoreCase = match.hasCaseSensitive() && !match.getCaseSensitive().getValue();
    return switch (match.getPathSpecifierCase()) {
      case PREFIX -> new Prefix(match.getPrefix(), ignoreCase);
      case PATH -> new Exact(match.getPath(), ignoreCase);
      case PATH_SEPARATED_PREFIX -> new Separated(match.getPathSeparatedPrefix(), ignoreCase);
      case SAFE_REGEX -> new Regex(StringMatch.compile(match.getSafeRegex().getRegex()));
      default ->
          throw new ConfigException(where + ": " + match.getPathSpecifierCase() + " not supported");
    };
  }

  /** {@code prefix}. */
  record Prefix(String prefix, boolean ignoreCase) implements PathMatch {
    @Override
    public boolean matches(String path, int end) {
      int length = prefix.length();
      return length <= end && path.regionMatches(ignoreCase, 0, prefix, 0, length);
    }

    @Override
    public int length(int end) {
      return prefix.length();
    }
  }

  /** {@code path}. */
  record Exact(String wanted, boolean ignoreCase) implements PathMatch {
    @Override
    public boolean matches(String path, int end) {
      return wanted.length() == end && path.regionMatches(ignoreCase, 0, wanted, 0, end);
    }

    @Override
    public int length(int end) {
      return end;
    }
  }

  /** {@code path_separated_prefix}: the prefix itself, or anything below it. */
  record Separated(String prefix, boolean ignoreCase) implements PathMatch {
    @Override
    public boolean matches(String path, int end) {
      int length = prefix.length();
      return length <= end
          && path.regionMatches(ignoreCase, 0, prefix, 0, length)
          && (length == end || path.charAt(length) == '/');
    }

    @Override
    public int length(int end) {
      return prefix.length();
    }
  }

  /** {@code safe_regex}: the whole path must match. */
  record Regex(Pattern pattern) implements PathMatch {
    @Override
    public boolean matches(String path, int end) {
      return pattern.matches(end == path.length() ? path : path.substring(0, end));
    }

    @Override
    public int length(int end) {
      return end;
    }
  }
}
