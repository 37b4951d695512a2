package io.bifocal.dataplane.grid;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.envoyproxy.envoy.config.core.v3.AlternateProtocolsCacheOptions;

/**
 * What the grids of one cluster obey on all workers.
 *
 * @param cache what is known of origins
 * @param runtime where Envoy's guards are set
 */
public record GridOptions(AlternateProtocolsCache cache, RuntimeReader runtime) {

  /** Reads them. On the control loop. */
  @FunctionalInterface
  public interface Reader {
    /**
     * Reads what a cluster says of its cache.
     *
     * @param path of the message, for errors
     */
    GridOptions read(AlternateProtocolsCacheOptions options, String path) throws ConfigException;
  }
}
