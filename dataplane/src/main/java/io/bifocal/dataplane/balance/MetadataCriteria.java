package io.bifocal.dataplane.balance;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which values a host's metadata {@code envoy.lb} must have, by key. Immutable, and cheap as the
 * key of a map: a route's are made once. Source: Envoy's {@code MetadataMatchCriteria}.
 */
public final class MetadataCriteria {
  /** The metadata in which hosts and requests say what they are and want. */
  public static final String NAMESPACE = "envoy.lb";

  private final SortedMap<String, Value> values;
  private final int hash;

  MetadataCriteria(SortedMap<String, Value> values) {
    this.values = Collections.unmodifiableSortedMap(values);
    this.hash = values.hashCode();
  }

  public static MetadataCriteria of(Struct fields) {
    return new MetadataCriteria(new TreeMap<>(fields.getFieldsMap()));
  }

  /** What a {@code metadata_match} says; null when it says nothing of hosts. */
  public static @Nullable MetadataCriteria of(Metadata metadata) {
    Struct fields = metadata.getFilterMetadataMap().get(NAMESPACE);
    return fields == null ? null : of(fields);
  }

  /** Both, of which {@code more} counts where they differ; null where neither says anything. */
  public static @Nullable MetadataCriteria merged(
      @Nullable MetadataCriteria some, @Nullable Struct more) {
    if (more == null) {
      return some;
    }
    return some == null ? of(more) : some.with(more);
  }

  /** These, and what a more specific place says. */
  public MetadataCriteria with(Struct more) {
    TreeMap<String, Value> both = new TreeMap<>(values);
    both.putAll(more.getFieldsMap());
    return new MetadataCriteria(both);
  }

  /** Of these only those with a key in {@code keys}. */
  MetadataCriteria only(Collection<String> keys) {
    TreeMap<String, Value> left = new TreeMap<>(values);
    left.keySet().retainAll(keys);
    return new MetadataCriteria(left);
  }

  MetadataCriteria without(String key) {
    TreeMap<String, Value> left = new TreeMap<>(values);
    left.remove(key);
    return new MetadataCriteria(left);
  }

  Map<String, Value> values() {
    return values;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof MetadataCriteria that
            && hash == that.hash
            && values.equals(that.values));
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public String toString() {
    return values.keySet().toString();
  }
}
