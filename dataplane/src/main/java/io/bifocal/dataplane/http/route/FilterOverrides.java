package io.bifocal.dataplane.http.route;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.Unpack;
import io.envoyproxy.envoy.config.route.v3.FilterConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads {@code typed_per_filter_config}, level by level, each over the one before. */
final class FilterOverrides {
  private static final String WRAPPER = MessageTypes.url(FilterConfig.getDescriptor());

  private final RouteContext.FilterConfigs reader;

  FilterOverrides(RouteContext.FilterConfigs reader) {
    this.reader = reader;
  }

  /**
   * Adds a level.
   *
   * @param above what less specific levels say; is not changed
   * @throws ConfigException in Envoy's words
   */
  Map<String, FilterOverride> over(Map<String, FilterOverride> above, Map<String, Any> level)
      throws ConfigException {
    if (level.isEmpty()) {
      return above;
    }
    Map<String, FilterOverride> merged = new HashMap<>(above);
    for (Map.Entry<String, Any> entry : level.entrySet()) {
      FilterOverride before = above.get(entry.getKey());
      FilterOverride now = read(entry.getKey(), entry.getValue(), before);
      if (now != null) {
        merged.put(entry.getKey(), now);
      }
    }
    return Map.copyOf(merged);
  }

  private @Nullable FilterOverride read(String filter, Any config, @Nullable FilterOverride before)
      throws ConfigException {
    if (!config.getTypeUrl().equals(WRAPPER)) {
      Object read = reader.read(filter, config);
      return read == null ? null : add(before, read);
    }
    FilterConfig wrapper = Unpack.as(FilterConfig.getDefaultInstance(), config);
    if (wrapper.getDisabled()) {
      return new FilterOverride(true, before == null ? List.of() : before.configs());
    }
    if (!wrapper.hasConfig()) {
      throw new ConfigException(
          "Empty route/virtual host per filter configuration for %s filter".formatted(filter));
    }
    if (wrapper.getConfig().getTypeUrl().isEmpty()) {
      return new FilterOverride(false, before == null ? List.of() : before.configs());
    }
    Object read;
    try {
      read = reader.read(filter, wrapper.getConfig());
    } catch (ConfigException e) {
      if (!wrapper.getIsOptional()) {
        throw e;
      }
      return before;
    }
    return read == null ? null : add(before, read);
  }

  private static FilterOverride add(@Nullable FilterOverride before, Object config) {
    List<Object> configs = new ArrayList<>(before == null ? List.of() : before.configs());
    configs.add(config);
    return new FilterOverride(false, configs);
  }
}
