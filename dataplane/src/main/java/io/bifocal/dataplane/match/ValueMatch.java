package io.bifocal.dataplane.match;

import com.google.protobuf.Value;
import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.type.matcher.v3.DoubleMatcher;
import io.envoyproxy.envoy.type.matcher.v3.ValueMatcher;
import java.util.ArrayList;
import java.util.List;

/** A condition on a value of JSON; source: {@code envoy.type.matcher.v3.ValueMatcher}. */
@FunctionalInterface
public interface ValueMatch {
  /** Whether it holds; a value without a kind stands for one that is not there. */
  boolean matches(Value value);

  /**
   * The condition that a configuration asks for.
   *
   * @param path of the matcher, for what no matcher can do here
   */
  static ValueMatch of(ValueMatcher config, String path) throws ConfigException {
    return switch (config.getMatchPatternCase()) {
      case NULL_MATCH -> Value::hasNullValue;
      case DOUBLE_MATCH -> number(config.getDoubleMatch());
      case STRING_MATCH -> {
        StringMatch text = StringMatch.of(config.getStringMatch(), path + ".string_match");
        yield value -> value.hasStringValue() && text.matches(value.getStringValue());
      }
      case BOOL_MATCH -> {
        boolean wanted = config.getBoolMatch();
        yield value -> value.hasBoolValue() && value.getBoolValue() == wanted;
      }
      case PRESENT_MATCH -> {
        boolean wanted = config.getPresentMatch();
        yield value -> (value.getKindCase() != Value.KindCase.KIND_NOT_SET) == wanted;
      }
      case LIST_MATCH -> {
        ValueMatch one = of(config.getListMatch().getOneOf(), path + ".list_match.one_of");
        yield value -> {
          List<Value> values = value.getListValue().getValuesList();
          for (int i = 0; i < values.size(); i++) {
            if (one.matches(values.get(i))) {
              return true;
            }
          }
          return false;
        };
      }
      case OR_MATCH -> any(config.getOrMatch().getValueMatchersList(), path + ".or_match");
      case MATCHPATTERN_NOT_SET -> throw new ConfigException(path + ": no match_pattern");
    };
  }

  private static ValueMatch number(DoubleMatcher config) {
    if (config.hasExact()) {
      return value -> value.hasNumberValue() && value.getNumberValue() == config.getExact();
    }
    double start = config.getRange().getStart();
    double end = config.getRange().getEnd();
    return value ->
        value.hasNumberValue() && value.getNumberValue() >= start && value.getNumberValue() < end;
  }

  private static ValueMatch any(List<ValueMatcher> configs, String path) throws ConfigException {
    List<ValueMatch> any = new ArrayList<>();
    for (ValueMatcher config : configs) {
      any.add(of(config, path));
    }
    return value -> {
      for (int i = 0; i < any.size(); i++) {
        if (any.get(i).matches(value)) {
          return true;
        }
      }
      return false;
    };
  }
}
