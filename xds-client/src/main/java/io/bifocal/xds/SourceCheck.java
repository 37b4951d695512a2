package io.bifocal.xds;

import io.bifocal.api.ConfigException;
import io.bifocal.xds.internal.bootstrap.Servers;
import io.bifocal.xds.internal.bootstrap.SourceSettings;
import io.bifocal.xds.internal.bootstrap.StreamSettings;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;

/**
 * Checks the sources that a configuration names as a client would, and opens none: for whoever
 * validates a configuration before anything runs. May be used on any thread.
 */
public final class SourceCheck {
  private final Servers servers;

  SourceCheck(Servers servers) {
    this.servers = servers;
  }

  /** A check by the servers that a bootstrap has. */
  public static SourceCheck of(Bootstrap bootstrap) {
    return new SourceCheck(Servers.of(bootstrap));
  }

  /**
   * Checks a source of resources.
   *
   * @param path where it stands in the configuration
   * @throws ConfigException {@code PATH: what is wrong}, in Envoy's words where it has some
   */
  public void source(ConfigSource source, String path) throws ConfigException {
    try {
      var unused = SourceSettings.of(source, servers);
    } catch (IllegalArgumentException e) {
      throw wrong(path, e);
    }
  }

  /**
   * Checks the server of the aggregated stream, or one that load is reported to.
   *
   * @param path where it stands in the configuration
   * @throws ConfigException {@code PATH: what is wrong}, in Envoy's words where it has some
   */
  public void server(ApiConfigSource server, String path) throws ConfigException {
    try {
      var unused = StreamSettings.ofAds(server, servers);
    } catch (IllegalArgumentException e) {
      throw wrong(path, e);
    }
  }

  private static ConfigException wrong(String path, IllegalArgumentException e) {
    return new ConfigException(path + ": " + e.getMessage(), e);
  }
}
