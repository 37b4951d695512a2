package io.bifocal.dataplane.runtime;

import com.google.protobuf.Struct;
import io.bifocal.api.ConfigException;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One layer's values.
 *
 * @param values by dotted key
 */
public record RuntimeLayer(String name, SortedMap<String, RuntimeValue> values) {
  public RuntimeLayer {
    values = Collections.unmodifiableSortedMap(values);
  }

  static RuntimeLayer empty(String name) {
    return new RuntimeLayer(name, Collections.emptySortedMap());
  }

  /** A key may be written with dots, as nested objects, or as a mix of both. */
  static RuntimeLayer of(String name, Struct struct) throws ConfigException {
    SortedMap<String, RuntimeValue> values = new TreeMap<>();
    flatten("", struct, values);
    return new RuntimeLayer(name, values);
  }

  private static void flatten(String prefix, Struct struct, Map<String, RuntimeValue> into)
      throws ConfigException {
    for (var field : struct.getFieldsMap().entrySet()) {
      String key = prefix + field.getKey();
      Struct nested = field.getValue().getStructValue();
      if (field.getValue().hasStructValue() && !RuntimeValue.isValue(nested)) {
        flatten(key + ".", nested, into);
      } else {
        into.put(key, RuntimeValue.of(key, field.getValue()));
      }
    }
  }
}
