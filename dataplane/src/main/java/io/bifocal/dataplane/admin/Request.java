package io.bifocal.dataplane.admin;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.bifocal.api.ConfigException;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was asked.
 *
 * @param query the first value of each parameter, in order; empty for one without a value
 */
record Request(String method, String path, Map<String, String> query) {
  static Request of(String method, String target) {
    QueryStringDecoder decoder = new QueryStringDecoder(target);
    Map<String, String> query = new LinkedHashMap<>();
    decoder.parameters().forEach((name, values) -> query.put(name, values.get(0)));
    return new Request(method, decoder.path(), query);
  }

  boolean has(String parameter) {
    return query.containsKey(parameter);
  }

  /** A parameter's value, or the empty string. */
  String get(String parameter) {
    return query.getOrDefault(parameter, "");
  }

  /** A parameter as a regular expression in RE2's syntax; null when it is not given. */
  @Nullable Pattern pattern(String parameter) throws ConfigException {
    String regex = get(parameter);
    if (regex.isEmpty()) {
      return null;
    }
    try {
      return Pattern.compile(regex);
    } catch (PatternSyntaxException e) {
      String what = e.getDescription().replace("missing closing ", "missing ");
      throw new ConfigException(what + ": " + (e.getPattern() == null ? regex : e.getPattern()), e);
    }
  }
}
