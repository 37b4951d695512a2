package io.bifocal.dataplane.runtime;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** A runtime of one layer that says what a test tells it to. Any thread may read it. */
public final class ScriptedRuntime implements RuntimeReader {
  private final SortedMap<String, RuntimeValue> values = new TreeMap<>();
  private volatile RuntimeSnapshot current = RuntimeSnapshot.EMPTY;

  /** From now on {@code key} has this value, as an operator would write it. */
  public void set(String key, String text) {
    values.put(key, RuntimeValue.of(text));
    current = new RuntimeSnapshot(List.of(new RuntimeLayer("scripted", new TreeMap<>(values))));
  }

  @Override
  public RuntimeSnapshot snapshot() {
    return current;
  }
}
