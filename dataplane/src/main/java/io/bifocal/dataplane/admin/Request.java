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
 * @param form the same of a form in the request's body
 */
record Request(String method, String path, Map<String, String> query, Map<String, String> form) {
  static Request of(String method, String target) {
    return of(method, target, "");
  }

  static Request of(String method, String target, String form) {
    QueryStringDecoder decoder = new QueryStringDecoder(target);
    return new Request(
        method, decoder.path(), first(decoder), first(new QueryStringDecoder(form, false)));
  }

  private static Map<String, String> first(QueryStringDecoder decoder) {
    Map<String, String> parameters = new LinkedHashMap<>();
    decoder.parameters().forEach((name, values) -> parameters.put(name, values.get(0)));
    return parameters;
  }

  /** Those of the query, or when it has none those of the form. */
  Map<String, String> parameters() {
    return query.isEmpty() ? form : query;
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
