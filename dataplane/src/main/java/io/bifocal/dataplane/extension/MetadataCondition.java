package io.bifocal.dataplane.extension;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.match.StringMatch;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.accesslog.v3.MetadataFilter;
import io.envoyproxy.envoy.type.matcher.v3.DoubleMatcher;
import io.envoyproxy.envoy.type.matcher.v3.MetadataMatcher;
import io.envoyproxy.envoy.type.matcher.v3.ValueMatcher;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A condition on what filters have said of a request. */
final class MetadataCondition implements LogFilter {
  /** Whether a value is as wanted. */
  @FunctionalInterface
  private interface Test {
    boolean holds(Value value);
  }

  private final String namespace;
  private final List<String> path;
  private final @Nullable Test test;
  private final boolean inverted;
  private final boolean withoutValue;

  private MetadataCondition(MetadataMatcher matcher, @Nullable Test test, boolean withoutValue) {
    this.namespace = matcher.getFilter();
    this.path = matcher.getPathList().stream().map(MetadataMatcher.PathSegment::getKey).toList();
    this.inverted = matcher.getInvert();
    this.test = test;
    this.withoutValue = withoutValue;
  }

  static MetadataCondition of(MetadataFilter config) throws ConfigException {
    Test test = config.hasMatcher() ? of(config.getMatcher().getValue()) : null;
    boolean withoutValue =
        !config.hasMatchIfKeyNotFound() || config.getMatchIfKeyNotFound().getValue();
    return new MetadataCondition(config.getMatcher(), test, withoutValue);
  }

  private static Test of(ValueMatcher config) throws ConfigException {
    return switch (config.getMatchPatternCase()) {
      case NULL_MATCH -> Value::hasNullValue;
      case BOOL_MATCH ->
          value -> value.hasBoolValue() && value.getBoolValue() == config.getBoolMatch();
      case STRING_MATCH -> {
        StringMatch match = StringMatch.of(config.getStringMatch(), "access log metadata filter");
        yield value -> value.hasStringValue() && match.matches(value.getStringValue());
      }
      case DOUBLE_MATCH -> {
        DoubleMatcher match = config.getDoubleMatch();
        yield value -> value.hasNumberValue() && holds(match, value.getNumberValue());
      }
      case PRESENT_MATCH -> value -> config.getPresentMatch();
      case LIST_MATCH -> {
        Test one = of(config.getListMatch().getOneOf());
        yield value -> value.getListValue().getValuesList().stream().anyMatch(one::holds);
      }
      case OR_MATCH, MATCHPATTERN_NOT_SET ->
          throw new ConfigException(
              "access log metadata filter: " + config.getMatchPatternCase() + " is not supported");
    };
  }

  private static boolean holds(DoubleMatcher match, double number) {
    return match.hasRange()
        ? number >= match.getRange().getStart() && number < match.getRange().getEnd()
        : number == match.getExact();
  }

  @Override
  public boolean passes(StreamInfo stream) {
    Value found = find(stream.dynamicMetadata.get(namespace));
    if (test == null || found == null) {
      return withoutValue;
    }
    return test.holds(found) != inverted;
  }

  private @Nullable Value find(@Nullable Struct metadata) {
    if (metadata == null || path.isEmpty()) {
      return null;
    }
    Value value = Value.newBuilder().setStructValue(metadata).build();
    for (int i = 0; i < path.size() && value != null; i++) {
      value = value.getStructValue().getFieldsMap().get(path.get(i));
    }
    return value;
  }
}
