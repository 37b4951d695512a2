package io.bifocal.xds;

import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a bootstrap has under {@code static_resources}: as with Envoy, no control plane can change
 * or remove it. Its version is empty.
 */
final class StaticResources {
  static final StaticResources NONE = of(Bootstrap.getDefaultInstance());

  private final Map<ResourceType<?>, Map<String, Message>> byType = new HashMap<>();

  static StaticResources of(Bootstrap bootstrap) {
    StaticResources statics = new StaticResources();
    Bootstrap.StaticResources given = bootstrap.getStaticResources();
    statics.add(ResourceType.CLUSTER, given.getClustersList());
    statics.add(ResourceType.LISTENER, given.getListenersList());
    statics.add(ResourceType.SECRET, given.getSecretsList());
    return statics;
  }

  private <T extends Message> void add(ResourceType<T> type, List<T> values) {
    Map<String, Message> named = new HashMap<>();
    values.forEach(value -> named.putIfAbsent(type.nameOf().apply(value), value));
    byType.put(type, named);
  }

  <T extends Message> @Nullable Resource<T> find(ResourceType<T> type, String name) {
    Message value = byType.getOrDefault(type, Map.of()).get(name);
    if (value == null || name.isEmpty()) {
      return null;
    }
    @SuppressWarnings("unchecked") // it was added so
    T typed = (T) value;
    return new Resource<>(name, "", typed);
  }
}
