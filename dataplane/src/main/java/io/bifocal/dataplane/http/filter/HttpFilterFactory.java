package io.bifocal.dataplane.http.filter;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;

/** Makes filters of one kind from their configuration. Confined to the control loop. */
public interface HttpFilterFactory {
  /** The kind's name, such as {@code envoy.filters.http.buffer}. */
  String kind();

  /** The type of {@code typed_config}, with its prefix. */
  String typeUrl();

  /** The type of {@code typed_per_filter_config}, with its prefix; empty when it has none. */
  default String routeTypeUrl() {
    return "";
  }

  /**
   * Whether filters of this kind may also stand between the router and an upstream, each try of a
   * request having its own. What such a filter knows of the client is what the request's filters
   * know; what it answers is not tried again.
   */
  default boolean upstream() {
    return false;
  }

  /**
   * Reads a configuration.
   *
   * @return makes a filter for each stream, on any worker
   * @throws ConfigException when it cannot be taken, in Envoy's words where it has any
   */
  HttpFilter.Maker create(Any config, HttpFilterContext context) throws ConfigException;

  /**
   * Reads what a route says for filters of this kind.
   *
   * @return what {@link FilterStream#routeConfigs} hands out
   * @throws ConfigException when it cannot be taken
   */
  default Object routeConfig(Any config) throws ConfigException {
    throw new ConfigException(
        "The filter %s doesn't support virtual host or route specific configurations"
            .formatted(kind()));
  }
}
