package io.bifocal.dataplane.http.route;

import com.google.re2j.Pattern;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.match.StringMatch;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;

/** A condition on the path, without its query. */
sealed interface PathMatch {
  /**
   * Whether it holds.
   *
   * @param path with its query
   * @param end where the path to be looked at ends
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
      case SAFE_REGEX -> new Regex(StringMatch.compile(match.getSafeRegex()));
      case CONNECT_MATCHER -> new Connect();
      case PATH_MATCH_POLICY -> policy(match.getPathMatchPolicy());
      case PATHSPECIFIER_NOT_SET -> throw new ConfigException(where + ": no path_specifier");
    };
  }

  private static PathMatch policy(TypedExtensionConfig policy) throws ConfigException {
    return new Template(UriTemplate.of(policy));
  }

  /** Whether {@code part} stands at the beginning, where only ASCII letters have two cases. */
  static boolean startsWith(String path, String part, int end, boolean ignoreCase) {
    int length = part.length();
    if (length > end) {
      return false;
    }
    if (!ignoreCase) {
      return path.startsWith(part);
    }
    for (int i = 0; i < length; i++) {
      if (lower(path.charAt(i)) != lower(part.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
  }

  /** {@code prefix}. */
  record Prefix(String prefix, boolean ignoreCase) implements PathMatch {
    @Override
    public boolean matches(String path, int end) {
      return startsWith(path, prefix, end, ignoreCase);
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
      return wanted.length() == end && startsWith(path, wanted, end, ignoreCase);
    }

    @Override
    public int length(int end) {
      return wanted.length();
    }
  }

  /** {@code path_separated_prefix}: the prefix itself, or anything below it. */
  record Separated(String prefix, boolean ignoreCase) implements PathMatch {
    @Override
    public boolean matches(String path, int end) {
      int length = prefix.length();
      return startsWith(path, prefix, end, ignoreCase)
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

  /** {@code path_match_policy}. */
  record Template(UriTemplate template) implements PathMatch {
    @Override
    public boolean matches(String path, int end) {
      return template.matches(end == path.length() ? path : path.substring(0, end));
    }

    @Override
    public int length(int end) {
      return end;
    }
  }

  /** {@code connect_matcher}: whatever is asked for by CONNECT, whether or not it has a path. */
  record Connect() implements PathMatch {
    @Override
    public boolean matches(String path, int end) {
      return true;
    }

    @Override
    public int length(int end) {
      return end;
    }
  }
}
