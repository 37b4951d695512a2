package io.bifocal.dataplane.extension;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Extensions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Factories of one category (network filters, access logs, …) by the type of their configuration.
 */
public final class Registry<F> {
  private final Map<String, F> factories = new LinkedHashMap<>();

  /** Adds a factory for configurations of {@code typeUrl}. */
  public Registry<F> register(String typeUrl, F factory) {
    if (factories.putIfAbsent(typeUrl, factory) != null) {
      throw new IllegalStateException("registered twice: " + typeUrl);
    }
    return this;
  }

  /**
   * The factory for a configuration; the lookup is by type, names are free text.
   *
   * @throws ConfigException in Envoy's words when there is none
   */
  public F find(String name, Any config) throws ConfigException {
    F factory = factories.get(config.getTypeUrl());
    if (factory == null) {
      throw Extensions.unregistered(name, config);
    }
    return factory;
  }

  public Set<String> typeUrls() {
    return Set.copyOf(factories.keySet());
  }
}
