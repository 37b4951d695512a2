package io.bifocal.dataplane.runtime;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.bootstrap.v3.LayeredRuntime;
import io.envoyproxy.envoy.config.bootstrap.v3.RuntimeLayer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the runtime's layers say together.
 *
 * @param values by dotted key
 * @param warnings what of the layers is accepted without effect
 */
public record RuntimeSnapshot(SortedMap<String, Value> values, List<String> warnings) {
  public RuntimeSnapshot {
    values = Collections.unmodifiableSortedMap(values);
    warnings = List.copyOf(warnings);
  }

  /**
   * The static layers of {@code Bootstrap.layered_runtime}; of two that name a key the later wins.
   */
  public static RuntimeSnapshot of(LayeredRuntime layers) {
    SortedMap<String, Value> values = new TreeMap<>();
    List<String> warnings = new ArrayList<>();
    for (RuntimeLayer layer : layers.getLayersList()) {
      if (layer.hasStaticLayer()) {
        flatten("", layer.getStaticLayer(), values);
      } else {
        warnings.add(
            "layered_runtime.layers '"
                + layer.getName()
                + "': only static layers are read yet, and this one is none");
      }
    }
    return new RuntimeSnapshot(values, warnings);
  }

  // A key may be written with dots, as nested objects, or as a mix of both.
  private static void flatten(String prefix, Struct struct, Map<String, Value> into) {
    struct
        .getFieldsMap()
        .forEach(
            (name, value) -> {
              if (value.hasStructValue()) {
                flatten(prefix + name + ".", value.getStructValue(), into);
              } else {
                into.put(prefix + name, value);
              }
            });
  }

  /** The values whose keys begin with {@code prefix} and a dot, by the rest of their keys. */
  public Map<String, Value> under(String prefix) {
    String start = prefix + ".";
    SortedMap<String, Value> found = new TreeMap<>();
    values.forEach(
        (key, value) -> {
          if (key.startsWith(start)) {
            found.put(key.substring(start.length()), value);
          }
        });
    return found;
  }
}
