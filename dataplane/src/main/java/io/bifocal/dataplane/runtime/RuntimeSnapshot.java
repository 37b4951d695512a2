package io.bifocal.dataplane.runtime;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the runtime's layers say together, at one time. Immutable. A value that cannot be read as
 * what it is asked for counts as none.
 */
public final class RuntimeSnapshot {
  /** No layers. */
  public static final RuntimeSnapshot EMPTY = new RuntimeSnapshot(List.of());

  private final List<RuntimeLayer> layers;
  private final Map<String, RuntimeValue> values;

  /** Of two layers that name a key the later wins. */
  public RuntimeSnapshot(List<RuntimeLayer> layers) {
    this.layers = List.copyOf(layers);
    Map<String, RuntimeValue> merged = new HashMap<>();
    layers.forEach(layer -> merged.putAll(layer.values()));
    this.values = Map.copyOf(merged);
  }

  public List<RuntimeLayer> layers() {
    return layers;
  }

  /** Every value in force, by dotted key. */
  public Map<String, RuntimeValue> values() {
    return values;
  }

  /** A flag, such as one under {@code envoy.reloadable_features}. */
  public boolean flag(String key, boolean otherwise) {
    RuntimeValue value = values.get(key);
    return (value == null || value.flag() == null) ? otherwise : value.flag();
  }

  /** A whole number that is not negative; digits behind the point are cut off. */
  public long number(String key, long otherwise) {
    RuntimeValue value = values.get(key);
    Long number = value == null ? null : value.unsigned();
    return number == null ? otherwise : number;
  }

  /** A number. */
  public double real(String key, double otherwise) {
    RuntimeValue value = values.get(key);
    Double number = value == null ? null : value.number();
    return number == null ? otherwise : number;
  }

  /** A share; a plain number is one of a hundred. */
  public Fraction fraction(String key, Fraction otherwise) {
    RuntimeValue value = values.get(key);
    if (value == null) {
      return otherwise;
    }
    if (value.fraction() != null) {
      return value.fraction();
    }
    Long percent = value.unsigned();
    return percent == null ? otherwise : new Fraction(percent, 100);
  }

  public @Nullable String text(String key) {
    RuntimeValue value = values.get(key);
    return value == null ? null : value.text();
  }

  /** Whether there is a key that begins so. */
  public boolean names(String prefix) {
    for (String key : values.keySet()) {
      if (key.startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }

  /** The values whose keys begin with {@code prefix} and a dot, by the rest of their keys. */
  public SortedMap<String, RuntimeValue> under(String prefix) {
    String start = prefix + ".";
    SortedMap<String, RuntimeValue> found = new TreeMap<>();
    values.forEach(
        (key, value) -> {
          if (key.startsWith(start)) {
            found.put(key.substring(start.length()), value);
          }
        });
    return found;
  }
}
