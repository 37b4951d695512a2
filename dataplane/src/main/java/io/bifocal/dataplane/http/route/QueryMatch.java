package io.bifocal.dataplane.http.route;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.match.StringMatch;
import io.envoyproxy.envoy.config.route.v3.QueryParameterMatcher;
import org.jspecify.annotations.Nullable;

/**
 * A condition on a query parameter, taken as it is written, not decoded.
 *
 * @param value null when presence is all that counts
 */
public record QueryMatch(String name, @Nullable StringMatch value, boolean wantPresent) {

  /**
   * The condition that a configuration asks for.
   *
   * @param path of the matcher, for what no matcher can do here
   */
  public static QueryMatch of(QueryParameterMatcher config, String path) throws ConfigException {
    StringMatch value =
        config.hasStringMatch()
            ? StringMatch.of(config.getStringMatch(), path + ".string_match")
            : null;
    return new QueryMatch(
        config.getName(), value, !config.hasPresentMatch() || config.getPresentMatch());
  }

  /** Whether a path with its query matches. */
  public boolean matches(String path) {
    String found = find(path, name);
    StringMatch condition = value;
    if (condition == null) {
      return (found != null) == wantPresent;
    }
    return found != null && condition.matches(found);
  }

  /** The first value of a parameter; empty when it has none; null when it is not there. */
  public static @Nullable String find(String path, String name) {
    int at = path.indexOf('?');
    if (at < 0) {
      return null;
    }
    int stop = path.indexOf('#', at);
    int end = stop < 0 ? path.length() : stop;
    int start = at + 1;
    while (start < end) {
      int next = path.indexOf('&', start);
      int stopOfPair = next < 0 || next > end ? end : next;
      int equals = path.indexOf('=', start);
      int stopOfName = equals < 0 || equals > stopOfPair ? stopOfPair : equals;
      if (stopOfName - start == name.length()
          && path.regionMatches(start, name, 0, name.length())) {
        return stopOfName == stopOfPair ? "" : path.substring(stopOfName + 1, stopOfPair);
      }
      start = stopOfPair + 1;
    }
    return null;
  }
}
