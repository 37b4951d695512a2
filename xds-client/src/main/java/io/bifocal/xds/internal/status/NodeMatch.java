package io.bifocal.xds.internal.status;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.type.matcher.v3.NodeMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StructMatcher;
import io.envoyproxy.envoy.type.matcher.v3.ValueMatcher;
import java.util.List;
import java.util.Locale;

/**
 * Whether a question is for this node.
 *
 * <p>Source: {@code envoy.type.matcher.v3.NodeMatcher}. Regular expressions, numbers and lists are
 * refused.
 */
final class NodeMatch {
  private NodeMatch() {}

  /**
   * Whether one matches; without any, the question is for everybody.
   *
   * @throws ConfigException when one is of a kind that is not served, matching or not
   */
  static boolean any(List<NodeMatcher> matchers, Node node) throws ConfigException {
    boolean any = matchers.isEmpty();
    for (int i = 0; i < matchers.size(); i++) {
      any |= matches(matchers.get(i), node, "node_matchers[" + i + "]");
    }
    return any;
  }

  private static boolean matches(NodeMatcher matcher, Node node, String path)
      throws ConfigException {
    boolean all =
        !matcher.hasNodeId() || matches(matcher.getNodeId(), node.getId(), path + ".node_id");
    for (int i = 0; i < matcher.getNodeMetadatasCount(); i++) {
      String where = path + ".node_metadatas[" + i + "]";
      all &= matches(matcher.getNodeMetadatas(i), node.getMetadata(), where);
    }
    return all;
  }

  private static boolean matches(StructMatcher matcher, Struct metadata, String path)
      throws ConfigException {
    Value value = Value.newBuilder().setStructValue(metadata).build();
    for (StructMatcher.PathSegment segment : matcher.getPathList()) {
      value =
          value.getStructValue().getFieldsOrDefault(segment.getKey(), Value.getDefaultInstance());
    }
    return matches(matcher.getValue(), value, path + ".value");
  }

  private static boolean matches(ValueMatcher matcher, Value value, String path)
      throws ConfigException {
    return switch (matcher.getMatchPatternCase()) {
      case NULL_MATCH -> value.hasNullValue();
      case STRING_MATCH ->
          matches(matcher.getStringMatch(), value.getStringValue(), path + ".string_match")
              && value.hasStringValue();
      case BOOL_MATCH -> value.hasBoolValue() && value.getBoolValue() == matcher.getBoolMatch();
      case PRESENT_MATCH ->
          matcher.getPresentMatch() == (value.getKindCase() != Value.KindCase.KIND_NOT_SET);
      default -> throw notServed(path, matcher.getMatchPatternCase());
    };
  }

  private static boolean matches(StringMatcher matcher, String text, String path)
      throws ConfigException {
    boolean ignoreCase = matcher.getIgnoreCase();
    String in = ignoreCase ? text.toLowerCase(Locale.ROOT) : text;
    return switch (matcher.getMatchPatternCase()) {
      case EXACT -> in.equals(wanted(matcher.getExact(), ignoreCase));
      case PREFIX -> in.startsWith(wanted(matcher.getPrefix(), ignoreCase));
      case SUFFIX -> in.endsWith(wanted(matcher.getSuffix(), ignoreCase));
      case CONTAINS -> in.contains(wanted(matcher.getContains(), ignoreCase));
      default -> throw notServed(path, matcher.getMatchPatternCase());
    };
  }

  private static String wanted(String text, boolean ignoreCase) {
    return ignoreCase ? text.toLowerCase(Locale.ROOT) : text;
  }

  private static ConfigException notServed(String path, Enum<?> kind) {
    return new ConfigException(path + ": " + kind + " is not supported");
  }
}
