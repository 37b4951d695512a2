package io.bifocal.dataplane.expression;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.cel.common.values.NullValue;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Messages that stand for JSON, as maps and lists. */
final class Json {
  private Json() {}

  /** {@code metadata.filter_metadata[namespace][key]}. */
  static Map<String, Object> metadata(Map<String, Struct> byNamespace) {
    Map<String, Object> all = new LinkedHashMap<>();
    byNamespace.forEach((namespace, fields) -> all.put(namespace, of(fields)));
    return Map.of("filter_metadata", all);
  }

  static Map<String, Object> metadata(Metadata metadata) {
    return metadata(metadata.getFilterMetadataMap());
  }

  private static Map<String, Object> of(Struct struct) {
    Map<String, Object> fields = new LinkedHashMap<>();
    struct.getFieldsMap().forEach((key, value) -> fields.put(key, of(value)));
    return fields;
  }

  private static Object of(Value value) {
    return switch (value.getKindCase()) {
      case STRUCT_VALUE -> of(value.getStructValue());
      case LIST_VALUE -> list(value.getListValue().getValuesList());
      case STRING_VALUE -> value.getStringValue();
      case NUMBER_VALUE -> value.getNumberValue();
      case BOOL_VALUE -> value.getBoolValue();
      case NULL_VALUE, KIND_NOT_SET -> NullValue.NULL_VALUE;
    };
  }

  private static List<Object> list(List<Value> values) {
    return values.stream().map(Json::of).collect(Collectors.toList());
  }
}
