package io.bifocal.dataplane.http.filter;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Extensions;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.TypedStructs;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The kinds of filters that there are, by the types of their configurations. */
public final class HttpFilters {
  private static final Logger log = LoggerFactory.getLogger(HttpFilters.class);
  private static final String ENVOYS = "envoy.extensions.filters.http.";

  private final Map<String, HttpFilterFactory> byType = new HashMap<>();
  private final Map<String, HttpFilterFactory> byRouteType = new HashMap<>();

  /** Adds a kind; before the first configuration is read. */
  public HttpFilters register(HttpFilterFactory factory) {
    if (byType.putIfAbsent(factory.typeUrl(), factory) != null) {
      throw new IllegalStateException("registered twice: " + factory.typeUrl());
    }
    if (!factory.routeTypeUrl().isEmpty()) {
      byRouteType.put(factory.routeTypeUrl(), factory);
    }
    return this;
  }

  public @Nullable HttpFilterFactory find(String typeUrl) {
    return byType.get(typeUrl);
  }

  /** The types of {@code typed_config} that are known. */
  public Set<String> typeUrls() {
    return Set.copyOf(byType.keySet());
  }

  /**
   * Reads an entry of {@code typed_per_filter_config}.
   *
   * @param filter the entry's key: the filter's name in the connection manager
   * @return null when it is for a kind of Envoy's that is not served, so that there can be no such
   *     filter here
   * @throws ConfigException in Envoy's words for any other kind
   */
  public @Nullable Object routeConfig(String filter, Any given) throws ConfigException {
    Any config = TypedStructs.unwrap(given);
    HttpFilterFactory factory = byRouteType.get(config.getTypeUrl());
    if (factory != null) {
      return factory.routeConfig(config);
    }
    HttpFilterFactory withoutRoutes = byType.get(config.getTypeUrl());
    if (withoutRoutes != null) {
      return withoutRoutes.routeConfig(config);
    }
    String type = MessageTypes.nameOf(config.getTypeUrl());
    if (!type.startsWith(ENVOYS)) {
      throw Extensions.unregistered(filter, config);
    }
    log.warn("typed_per_filter_config['{}'] is ignored: no filter here reads {}", filter, type);
    return null;
  }
}
