package io.bifocal.dataplane.expression;

import dev.cel.runtime.CelVariableResolver;
import io.bifocal.dataplane.stream.StreamInfo;
import java.util.AbstractMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What expressions may ask of a stream, by name. A value is worked out when it is asked for.
 *
 * <p>Source: Envoy's reference of attributes.
 */
final class Attributes {
  private static final Map<String, Function<StreamInfo, Object>> ROOTS = roots();

  private Attributes() {}

  static CelVariableResolver of(StreamInfo stream) {
    return name -> {
      Function<StreamInfo, Object> root = ROOTS.get(name);
      return root == null ? Optional.empty() : Optional.of(root.apply(stream));
    };
  }

  private static Map<String, Function<StreamInfo, Object>> roots() {
    Map<String, Function<StreamInfo, Object>> roots = new LinkedHashMap<>();
    group(roots, "request", RequestAttributes.table());
    group(roots, "response", ResponseAttributes.table());
    group(roots, "connection", ConnectionAttributes.ofConnection());
    group(roots, "source", ConnectionAttributes.ofSource());
    group(roots, "destination", ConnectionAttributes.ofDestination());
    group(roots, "upstream", UpstreamAttributes.table());
    group(roots, "xds", XdsAttributes.table());
    roots.put("metadata", stream -> Json.metadata(stream.dynamicMetadata));
    roots.put("filter_state", Kept::new);
    roots.put("upstream_filter_state", stream -> Map.of());
    return Map.copyOf(roots);
  }

  private static void group(
      Map<String, Function<StreamInfo, Object>> roots, String name, Table table) {
    roots.put(name, stream -> new Group(table.attributes, stream));
  }

  /** The attributes of one group. */
  static final class Table {
    private final Map<String, Value> attributes = new LinkedHashMap<>();

    Table put(String name, Value value) {
      attributes.put(name, value);
      return this;
    }
  }

  /** One attribute; null where a stream has none. */
  @FunctionalInterface
  interface Value {
    @Nullable Object of(StreamInfo stream);
  }

  /** A map whose values are worked out one by one. */
  abstract static class Lazy extends AbstractMap<String, Object> {
    @Override
    public abstract @Nullable Object get(@Nullable Object key);

    abstract Set<String> names();

    @Override
    public boolean containsKey(@Nullable Object key) {
      return get(key) != null;
    }

    @Override
    public Set<Map.Entry<String, Object>> entrySet() {
      Set<Map.Entry<String, Object>> entries = new HashSet<>();
      for (String name : names()) {
        Object value = get(name);
        if (value != null) {
          entries.add(Map.entry(name, value));
        }
      }
      return entries;
    }
  }

  private static final class Group extends Lazy {
    private final Map<String, Value> attributes;
    private final StreamInfo stream;

    Group(Map<String, Value> attributes, StreamInfo stream) {
      this.attributes = attributes;
      this.stream = stream;
    }

    @Override
    public @Nullable Object get(@Nullable Object key) {
      Value value = key instanceof String name ? attributes.get(name) : null;
      return value == null ? null : value.of(stream);
    }

    @Override
    Set<String> names() {
      return attributes.keySet();
    }
  }
}
